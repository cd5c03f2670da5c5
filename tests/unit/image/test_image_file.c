/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading, compared with the source tree and with wimlib-imagex. */
#include "tests/unit/image/wim_case.h"

static void assert_file_equals(struct image_file *file, const char *path, const char *host)
{
	struct strbuf mine = STRBUF_INIT;
	struct strbuf theirs = STRBUF_INIT;
	struct image_entry entry;

	ok(image_read(file, 1, path, 1u << 28, &mine, &err));
	read_file(host, &theirs);
	assert_int_equal(mine.len, theirs.len);
	if (theirs.len)
		assert_memory_equal(mine.data, theirs.data, theirs.len);
	ok(image_stat(file, 1, path, &entry, &err));
	assert_int_equal(entry.size, theirs.len);
	strbuf_release(&mine);
	strbuf_release(&theirs);
}

static void every_kind_of_wim_reads_as_its_source(void **state UNUSED)
{
	static const char *const files[] = {
		"/Windows/System32/config/SYSTEM",
		"/Windows/System32/config/SOFTWARE",
		"/chunk",
		"/chunk+1",
		"/4096",
		"/one",
		"/nothing",
		"/copy",
		"/Windows/one-link",
		"/Gr\303\274\303\237e \342\202\254/\360\237\230\200.txt",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wim_kinds); i++) {
		capture("a.wim", wim_kinds[i].options);

		struct image_file *file = open_wim("a.wim");

		for (size_t j = 0; j < ARRAY_SIZE(files); j++) {
			char host[256];

			snprintf(host, sizeof(host), "src%s", files[j]);
			assert_file_equals(file, files[j], host);
		}
		image_file_closep(&file);
	}
}

static void a_pipable_wim_reads_as_its_source(void **state UNUSED)
{
	capture("p.wim", "--pipable --compress=XPRESS");

	struct image_file *file = open_wim("p.wim");
	struct image_file_info info;

	image_file_info(file, &info);
	assert_true(info.pipable);
	assert_file_equals(file, "/Windows/System32/config/SYSTEM", "src/Windows/System32/config/SYSTEM");
	assert_file_equals(file, "/chunk", "src/chunk");
	image_file_closep(&file);
}

static int add_line(void *context, const char *path, const struct image_entry *entry)
{
	char hash[WIM_HASH_TEXT_LEN + 1];

	strbuf_addf(context, "%s|%08x|%llu|%s\n", path, entry->attributes, (unsigned long long)entry->size,
		    entry->size ? wim_hash_format(entry->sha1, hash) : "");
	return 0;
}

/* wimlib-imagex dir --detailed in the form of add_line; the data of a link is not unnamed data. */
static const char detailed[] =
	"wimlib-imagex dir %s 1 --detailed | awk -F' += ' '"
	"function show() { if (path != \"\") print path \"|\" attributes \"|\" (size + 0) \"|\" (size ? hash : \"\") }"
	"/^Full Path/ { show(); path = $2; gsub(/\"/, \"\", path); size = 0; hash = \"\"; reparse = 0 }"
	"/^Attributes/ { attributes = substr($2, 3) }"
	"/Reparse point stream/ { reparse = 1 } /Unnamed data stream/ { reparse = 0 }"
	"/^Hash/ && !reparse { hash = substr($2, 3) }"
	"/^Uncompressed size/ && !reparse { split($2, a, \" \"); size = a[1] }"
	"END { show() }'";

static void a_walk_lists_what_wimlib_lists(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(wim_kinds); i++) {
		struct strbuf mine = STRBUF_INIT;

		capture("a.wim", wim_kinds[i].options);

		char *theirs = output_of(detailed, "a.wim");
		struct image_file *file = open_wim("a.wim");

		ok(image_walk(file, 1, "/", add_line, &mine, &err));
		write_file("mine", mine.data, mine.len);
		write_file("theirs", theirs, strlen(theirs));
		assert_true(mine.len > 500);
		assert_int_equal(run("sort -o mine mine; sort -o theirs theirs; diff mine theirs >&2"), 0);
		image_file_closep(&file);
		strbuf_release(&mine);
		free(theirs);
	}
}

static void facts_of_file_and_image_are_those_of_wimlib(void **state UNUSED)
{
	struct image_file_info info;
	struct image_info image;

	capture("a.wim", "--compress=LZX:20 --check --boot --image-property 'DESCRIPTION=what it is' "
			 "--image-property WINDOWS/ARCH=9 --image-property WINDOWS/EDITIONID=Professional "
			 "--image-property WINDOWS/VERSION/MAJOR=10 --image-property WINDOWS/VERSION/MINOR=0 "
			 "--image-property WINDOWS/VERSION/BUILD=19045 --image-property WINDOWS/VERSION/SPBUILD=2965 "
			 "--image-property WINDOWS/LANGUAGES/LANGUAGE[1]=en-US --image-property "
			 "WINDOWS/LANGUAGES/LANGUAGE[2]=de-DE "
			 "--image-property WINDOWS/LANGUAGES/DEFAULT=de-DE");
	struct image_file *file = open_wim("a.wim");

	image_file_info(file, &info);
	assert_int_equal(info.image_count, 1);
	assert_int_equal(info.boot_index, 1);
	assert_string_equal(info.compression, "LZX");
	assert_int_equal(info.chunk_size, 32768);
	assert_true(info.has_integrity && !info.solid && !info.read_only && info.parts == 1);
	ok(image_info(file, 1, &image, &err));
	assert_string_equal(image.name, "Source");
	assert_string_equal(image.description, "what it is");
	assert_string_equal(image.arch, "amd64");
	assert_string_equal(image.edition, "Professional");
	assert_string_equal(image.version, "10.0.19045.2965");
	assert_string_equal(image.languages, "de-DE en-US");

	char *lines = output_of(
		"wimlib-imagex info a.wim 1 | awk -F': +' '/^(Directory|File) Count|^(Total|Hard Link) Bytes/ "
		"{ printf \"%%s \", $2 }'");
	char mine[128];

	snprintf(mine, sizeof(mine), "%llu %llu %llu %llu ", (unsigned long long)image.dir_count,
		 (unsigned long long)image.file_count, (unsigned long long)image.total_bytes,
		 (unsigned long long)image.hard_link_bytes);
	assert_string_equal(mine, lines);
	free(lines);
	assert_int_equal(image_info(file, 2, &image, NULL), -1);
	assert_non_null(strstr(image_xml(file), "<EDITIONID>Professional</EDITIONID>"));
	image_file_closep(&file);
}

static void paths_are_found_in_any_spelling(void **state UNUSED)
{
	static const char *const spellings[] = {
		"Windows/System32/config/SYSTEM",
		"/windows/SYSTEM32/Config/system",
		"C:\\WINDOWS\\system32\\config\\System",
		"\\Windows//System32\\config/SYSTEM/",
	};
	struct image_entry entry;

	capture("a.wim", "--compress=none");

	struct image_file *file = open_wim("a.wim");

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		ok(image_stat(file, 1, spellings[i], &entry, &err));
		assert_string_equal(entry.name, "SYSTEM");
	}
	ok(image_stat(file, 1, "/gr\303\234\303\237E \342\202\254", &entry, &err));
	assert_true(entry.is_dir);
	ok(image_stat(file, 1, "", &entry, &err));
	assert_true(entry.is_dir);
	refused(image_stat(file, 1, "/Windows/nothere/x", &entry, &err), ERR_NOT_FOUND);
	refused(image_stat(file, 1, "/one/x", &entry, &err), ERR_NOT_FOUND);
	refused(image_stat(file, 1, "/Windows/../one", &entry, &err), ERR_NOT_FOUND);
	image_file_closep(&file);
}

static void the_exact_name_wins_over_another_case(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;

	assert_int_equal(run("mkdir case; printf 1 > case/Name; printf 2 > case/NAME; printf 3 > case/name"), 0);
	assert_int_equal(run("wimlib-imagex capture case c.wim"), 0);

	struct image_file *file = open_wim("c.wim");

	ok(image_read(file, 1, "/Name", 10, &data, &err));
	ok(image_read(file, 1, "/NAME", 10, &data, &err));
	ok(image_read(file, 1, "/name", 10, &data, &err));
	assert_string_equal(data.data, "123");
	ok(image_read(file, 1, "/nAMe", 10, &data, &err));
	strbuf_release(&data);
	image_file_closep(&file);
}

static void hard_links_share_a_group_and_single_files_have_none(void **state UNUSED)
{
	struct image_entry one;
	struct image_entry link;
	struct image_entry single;

	capture("a.wim", "--compress=none");

	struct image_file *file = open_wim("a.wim");

	ok(image_stat(file, 1, "/one", &one, &err));
	ok(image_stat(file, 1, "/Windows/one-link", &link, &err));
	ok(image_stat(file, 1, "/chunk", &single, &err));
	assert_int_not_equal(one.link_group, 0);
	assert_int_equal(one.link_group, link.link_group);
	assert_int_equal(single.link_group, 0);
	/* 2019-03-04 05:06:07.1234567 UTC */
	assert_int_equal(one.written, 131961495671234567ULL);
	image_file_closep(&file);
}

static void a_symbolic_link_is_shown_and_not_read(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;
	struct image_entry entry;

	capture("a.wim", "--compress=none");

	struct image_file *file = open_wim("a.wim");

	ok(image_stat(file, 1, "/link", &entry, &err));
	assert_int_equal(entry.reparse_tag, 0xa000000c);
	refused(image_read(file, 1, "/link", 100, &data, &err), ERR_UNSUPPORTED);
	refused(image_read(file, 1, "/Windows", 100, &data, &err), ERR_USAGE);
	refused(image_read(file, 1, "/chunk", 32767, &data, &err), ERR_LIMIT);
	assert_int_equal(data.len, 0);
	image_file_closep(&file);
}

static int stop_at_second(void *context, const struct image_entry *entry UNUSED)
{
	return ++*(int *)context == 2 ? 42 : 0;
}

static int stop_at_once(void *context UNUSED, const void *data UNUSED, size_t len UNUSED)
{
	return 43;
}

static void callbacks_can_stop(void **state UNUSED)
{
	int calls = 0;

	capture("a.wim", "--compress=XPRESS");

	struct image_file *file = open_wim("a.wim");

	assert_int_equal(image_dir(file, 1, "/", stop_at_second, &calls, NULL), 42);
	assert_int_equal(calls, 2);
	assert_int_equal(image_stream(file, 1, "/chunk+1", stop_at_once, NULL, NULL), 43);
	image_file_closep(&file);
}

static void images_are_chosen_by_number_or_name(void **state UNUSED)
{
	unsigned index = 0;

	capture("m.wim", "--compress=none");
	assert_int_equal(
		run("wimlib-imagex append src/Windows m.wim 'Second image'; wimlib-imagex append src/empty m.wim 2024"),
		0);

	struct image_file *file = open_wim("m.wim");
	struct err named = { 0 };

	ok(image_select(file, "3", &index, &err));
	assert_int_equal(index, 3);
	ok(image_select(file, "second IMAGE", &index, &err));
	assert_int_equal(index, 2);
	ok(image_select(file, "2024", &index, &err));
	assert_int_equal(index, 3);
	refused(image_select(file, NULL, &index, &err), ERR_USAGE);
	refused(image_select(file, "0", &index, &err), ERR_NOT_FOUND);
	assert_int_equal(image_select(file, "nobody", &index, &named), -1);
	assert_non_null(strstr(named.text, "2 \"Second image\""));
	image_file_closep(&file);
}

static void a_name_that_several_images_have_chooses_none(void **state UNUSED)
{
	unsigned index = 0;

	capture("m.wim", "--compress=none");
	assert_int_equal(run("wimlib-imagex append src/Windows m.wim Pro; wimlib-imagex append src/empty m.wim PRO"), 0);

	struct image_file *file = open_wim("m.wim");

	ok(image_select(file, "PRO", &index, &err));
	assert_int_equal(index, 3);
	refused(image_select(file, "pro", &index, &err), ERR_REFUSED);
	assert_int_equal(index, 3);
	image_file_closep(&file);
}

static void a_target_is_split_at_its_last_colon(void **state UNUSED)
{
	static const struct {
		const char *target, *path, *image;
	} rows[] = {
		{"install.wim:2", "install.wim", "2"},
		{"install.wim", "install.wim", NULL},
		{"a:b/install.wim", "a:b/install.wim", NULL},
		{"install.wim:Windows 10 Pro", "install.wim", "Windows 10 Pro"},
		{"install.wim:", "install.wim", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *path;
		char *image;

		image_split_target(rows[i].target, &path, &image);
		assert_string_equal(path, rows[i].path);
		if (rows[i].image)
			assert_string_equal(image, rows[i].image);
		else
			assert_null(image);
		free(path);
		free(image);
	}
	write_file("odd:1", "x", 1);

	char *path;
	char *image;

	image_split_target("odd:1", &path, &image);
	assert_string_equal(path, "odd:1");
	assert_null(image);
	free(path);

	/* names of images may hold what parts paths */
	image_split_target("odd:1:Pro: x64/de", &path, &image);
	assert_string_equal(path, "odd:1");
	assert_string_equal(image, "Pro: x64/de");
	free(path);
	free(image);
}

static void a_part_of_a_split_wim_says_what_is_missing(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;
	struct image_file_info info;

	capture("a.wim", "--compress=none");
	assert_int_equal(run("wimlib-imagex split a.wim s.swm 0.4"), 0);

	struct image_file *first = open_wim("s.swm");
	struct image_file *second = open_wim("s2.swm");

	image_file_info(first, &info);
	assert_true(info.parts >= 2 && info.part == 1);
	refused(image_read(second, 1, "/one", 10, &data, &err), ERR_UNSUPPORTED);

	int missing = image_read(first, 1, "/Windows/System32/config/SYSTEM", 1u << 20, &data, NULL);
	int missing_too = image_read(first, 1, "/Windows/System32/config/SOFTWARE", 1u << 20, &data, NULL);

	assert_true(missing < 0 || missing_too < 0);
	strbuf_release(&data);
	image_file_closep(&first);
	image_file_closep(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_wim_reads_as_its_source),
		cmocka_unit_test(a_pipable_wim_reads_as_its_source),
		cmocka_unit_test(a_walk_lists_what_wimlib_lists),
		cmocka_unit_test(facts_of_file_and_image_are_those_of_wimlib),
		cmocka_unit_test(paths_are_found_in_any_spelling),
		cmocka_unit_test(the_exact_name_wins_over_another_case),
		cmocka_unit_test(hard_links_share_a_group_and_single_files_have_none),
		cmocka_unit_test(a_symbolic_link_is_shown_and_not_read),
		cmocka_unit_test(callbacks_can_stop),
		cmocka_unit_test(images_are_chosen_by_number_or_name),
		cmocka_unit_test(a_name_that_several_images_have_chooses_none),
		cmocka_unit_test(a_target_is_split_at_its_last_colon),
		cmocka_unit_test(a_part_of_a_split_wim_says_what_is_missing),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
