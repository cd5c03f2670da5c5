/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits and their commit, looked at through wimlib-imagex and 7-Zip. */
#include <sys/file.h>

#include "tests/unit/image/wim_rich.h"

static void commit(struct image_edit **edit)
{
	ok(image_edit_commit(*edit, NULL, &err));
	image_edit_closep(edit);
}

/* wimlib's extraction of path must have these bytes. */
static void assert_contents(const char *wim, unsigned index, const char *path, const void *data, size_t len)
{
	struct strbuf theirs = STRBUF_INIT;

	assert_int_equal(run("wimlib-imagex extract %s %u '%s' --to-stdout > extracted", wim, index, path), 0);
	read_file("extracted", &theirs);
	assert_int_equal(theirs.len, len);
	if (len)
		assert_memory_equal(theirs.data, data, len);
	strbuf_release(&theirs);
}

static void a_replaced_file_keeps_all_but_its_contents(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(wim_kinds); i++) {
		char data[100000];

		noise(data, 50000, (uint32_t)i + 3);
		memset(data + 50000, 'x', 50000);
		capture_rich("r.wim", wim_kinds[i].options);
		assert_verifies("r.wim");

		char *before = rich_facts("r.wim", RICH_PATH);
		struct image_edit *edit = open_edit("r.wim", "1");

		assert_non_null(strstr(before, "\"SYS~1.HIV\""));
		assert_non_null(strstr(before, "Security Descriptor = 010000801400"));
		assert_non_null(strstr(before, "FILE_ATTRIBUTE_HIDDEN"));
		assert_non_null(strstr(before, "Zone.Identifier"));
		ok(image_edit_put(edit, "/windows/system32/config/system", data, sizeof(data), false, &err));
		commit(&edit);

		char *after = rich_facts("r.wim", RICH_PATH);

		assert_string_equal(before, after);
		assert_verifies("r.wim");
		assert_contents("r.wim", 1, RICH_PATH, data, sizeof(data));
		free(before);
		free(after);
	}
}

static void tagged_items_and_named_streams_stay_when_a_file_is_replaced_or_renamed(void **state UNUSED)
{
	struct image_entry entry;

	capture_rich("r.wim", "--compress=XPRESS");

	struct image_edit *edit = open_edit("r.wim", "1");

	ok(image_edit_put(edit, RICH_PATH, "new", 3, false, &err));
	ok(image_edit_rename(edit, RICH_PATH, "/Windows/other name.dat", &err));
	commit(&edit);
	assert_verifies("r.wim");

	struct image_file *file = open_wim("r.wim");
	const struct wim_tree *tree = image_tree(file, 1, NULL);
	const struct wim_node *node = image_lookup(tree, "/Windows/other name.dat", NULL);

	struct bytes security;

	assert_non_null(node);
	assert_true(wim_tree_security(tree, 1, &security) && security.len == sizeof(rich_sd_1));
	assert_memory_equal(security.data, rich_sd_1, sizeof(rich_sd_1));
	assert_false(wim_tree_security(tree, 2, &security) || wim_tree_security(tree, -1, &security));
	assert_memory_equal(node->raw + node->entry_len - sizeof(rich_tag), rich_tag, sizeof(rich_tag));
	ok(image_stat(file, 1, "/Windows/other name.dat", &entry, &err));
	assert_int_equal(entry.n_named_streams, 1);
	assert_int_equal(entry.created, RICH_CREATED);
	assert_int_equal(entry.security_id, 1);
	assert_int_equal(entry.attributes, RICH_ATTRIBUTES);
	/* the short name belonged to the old name */
	assert_string_equal(entry.short_name, "");
	image_file_closep(&file);
}

static void a_change_of_case_keeps_the_short_name(void **state UNUSED)
{
	struct image_entry entry;

	capture_rich("r.wim", "--compress=none");

	struct image_edit *edit = open_edit("r.wim", "1");

	ok(image_edit_rename(edit, RICH_PATH, "/Windows/System32/config/System", &err));
	commit(&edit);
	assert_verifies("r.wim");

	struct image_file *file = open_wim("r.wim");

	ok(image_stat(file, 1, RICH_PATH, &entry, &err));
	assert_string_equal(entry.name, "System");
	assert_string_equal(entry.short_name, "SYS~1.HIV");
	image_file_closep(&file);
}

static void new_entries_get_the_security_descriptor_of_their_folder(void **state UNUSED)
{
	struct image_entry entry;

	capture_rich("r.wim", "--compress=LZX:20");
	setenv("SOURCE_DATE_EPOCH", "1700000000", 1);

	struct image_edit *edit = open_edit("r.wim", "1");

	ok(image_edit_put(edit, "/Windows/System32/config/new/deep/file.txt", "text", 4, true, &err));
	commit(&edit);
	unsetenv("SOURCE_DATE_EPOCH");
	assert_verifies("r.wim");

	struct image_file *file = open_wim("r.wim");

	ok(image_stat(file, 1, "/Windows/System32/config/new/deep/file.txt", &entry, &err));
	assert_int_equal(entry.security_id, 0);
	assert_int_equal(entry.attributes, 0x20);
	/* 2023-11-14 22:13:20 UTC */
	assert_int_equal(entry.created, 133444736000000000ULL);
	assert_int_equal(entry.written, entry.created);
	ok(image_stat(file, 1, "/Windows/System32/config/new", &entry, &err));
	assert_int_equal(entry.security_id, 0);
	assert_int_equal(entry.attributes, 0x10);
	image_file_closep(&file);
	assert_contents("r.wim", 1, "/Windows/System32/config/new/deep/file.txt", "text", 4);
}

static void all_hard_links_get_the_new_contents(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(wim_kinds); i++) {
		capture("a.wim", wim_kinds[i].options);

		struct image_edit *edit = open_edit("a.wim", NULL);

		ok(image_edit_put(edit, "/Windows/one-link", "changed", 7, false, &err));
		commit(&edit);
		assert_verifies("a.wim");
		assert_contents("a.wim", 1, "/one", "changed", 7);
		assert_contents("a.wim", 1, "/empty-no", "changed", 7);

		char *count = output_of("wimlib-imagex dir a.wim 1 --detailed --path=/one | grep -c 'Link Count *= 3'");

		assert_string_equal(count, "1\n");
		free(count);
	}
}

static void counts_become_those_that_wimlib_makes(void **state UNUSED)
{
	static const char commands[] = "add src/chunk /empty/file\ndelete --recursive /Windows\nrename /copy /renamed\n"
				       "add src/4096 /nothing\n";
	static const char facts[] =
		"wimlib-imagex info %s 1 | grep -E '^(Directory Count|File Count|Total Bytes|Hard Link)'";

	for (size_t i = 0; i < ARRAY_SIZE(wim_kinds); i++) {
		capture("a.wim", wim_kinds[i].options);
		assert_int_equal(run("cp a.wim b.wim"), 0);
		write_file("commands", commands, strlen(commands));
		assert_int_equal(run("wimlib-imagex update b.wim 1 < commands"), 0);

		struct image_edit *edit = open_edit("a.wim", NULL);
		struct strbuf chunk = STRBUF_INIT;
		struct strbuf page = STRBUF_INIT;

		read_file("src/chunk", &chunk);
		read_file("src/4096", &page);
		ok(image_edit_put(edit, "/empty/file", chunk.data, chunk.len, false, &err));
		ok(image_edit_delete(edit, "/Windows", true, &err));
		ok(image_edit_rename(edit, "/copy", "/renamed", &err));
		ok(image_edit_put(edit, "/nothing", page.data, page.len, false, &err));
		commit(&edit);
		assert_verifies("a.wim");

		char *mine = output_of(facts, "a.wim");
		char *theirs = output_of(facts, "b.wim");

		assert_string_equal(mine, theirs);
		assert_int_equal(
			run("wimlib-imagex dir a.wim > mine; wimlib-imagex dir b.wim > theirs; diff mine theirs >&2"),
			0);
		free(mine);
		free(theirs);
		strbuf_release(&chunk);
		strbuf_release(&page);
	}
}

static const char tree_facts[] =
	"find %s -mindepth 1 \\( -type d -printf '%%P|d\\n' -o -printf '%%P|%%y|%%n|%%l|%%s|%%T@\\n' \\) | "
	"sed 's/[0-9]\\{3\\}$//' | sort > %s"; /* Windows counts in 100 ns */

static void a_host_tree_comes_out_as_it_went_in(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(wim_kinds); i++) {
		assert_int_equal(run("rm -rf bare out h.wim; mkdir bare; wimlib-imagex capture bare h.wim Bare %s",
				     wim_kinds[i].options), 0);

		struct image_edit *edit = open_edit("h.wim", NULL);

		ok(image_edit_add_host_tree(edit, "src", "/", NULL, &err));
		commit(&edit);
		assert_verifies("h.wim");
		assert_int_equal(run("wimlib-imagex apply h.wim 1 out && diff -r --no-dereference src out"), 0);
		assert_int_equal(run(tree_facts, "src", "mine"), 0);
		assert_int_equal(run(tree_facts, "out", "theirs"), 0);
		assert_int_equal(run("test -s mine && diff mine theirs >&2"), 0);
	}
}

static void a_link_of_the_host_becomes_what_wimlib_makes_of_it(void **state UNUSED)
{
	static const char facts[] =
		"wimlib-imagex dir %s 1 --detailed --path=%s | grep -E '^(Attr|Reparse|Hash)|FILE_'";

	assert_int_equal(
		run("mkdir -p links bare; ln -sfn ../a/b links/rel; ln -sfn /abs/dir links/abs; mkdir -p links/d; "
		    "ln -sfn d links/todir"),
		0);
	assert_int_equal(run("wimlib-imagex capture links l.wim --norpfix; wimlib-imagex capture bare h.wim"), 0);

	struct image_edit *edit = open_edit("h.wim", NULL);

	ok(image_edit_add_host_tree(edit, "links", "/", NULL, &err));
	commit(&edit);
	for (size_t i = 0; i < 3; i++) {
		static const char *const paths[] = { "/rel", "/abs", "/todir" };
		char *mine = output_of(facts, "h.wim", paths[i]);
		char *theirs = output_of(facts, "l.wim", paths[i]);

		assert_string_equal(mine, theirs);
		free(mine);
		free(theirs);
	}
}

static void other_images_and_the_boot_index_stay(void **state UNUSED)
{
	capture("m.wim", "--compress=LZX:20 --check");
	assert_int_equal(run("wimlib-imagex append src/Windows m.wim Two --boot --check; wimlib-imagex append src "
			     "m.wim Three --check"),
			 0);

	char *one = output_of("wimlib-imagex dir m.wim 1 --detailed | grep -vE 'Offset|Reference'");
	char *three = output_of("wimlib-imagex dir m.wim 3 --detailed | grep -vE 'Offset|Reference'");
	struct image_edit *edit = open_edit("m.wim", "Two");

	ok(image_edit_delete(edit, "/System32", true, &err));
	ok(image_edit_put(edit, "/x", "y", 1, false, &err));
	commit(&edit);
	assert_verifies("m.wim");
	assert_int_equal(run("wimlib-imagex info m.wim --check"), 0);

	char *one_after = output_of("wimlib-imagex dir m.wim 1 --detailed | grep -vE 'Offset|Reference'");
	char *three_after = output_of("wimlib-imagex dir m.wim 3 --detailed | grep -vE 'Offset|Reference'");
	char *boot =
		output_of("wimlib-imagex info m.wim --header | grep -E '^Boot (Index|Metadata Off)|Integrity Size'");
	char *list = output_of("wimlib-imagex dir m.wim 2");

	assert_string_equal(one, one_after);
	assert_string_equal(three, three_after);
	assert_string_equal(list, "/\n/one-link\n/x\n");
	assert_non_null(strstr(boot, "= 2\n"));
	free(one);
	free(three);
	free(one_after);
	free(three_after);
	free(boot);
	free(list);
}

static void the_boot_image_is_named_anew_in_the_header(void **state UNUSED)
{
	uint8_t header[208];
	struct strbuf data = STRBUF_INIT;

	capture("a.wim", "--compress=XPRESS --boot");

	struct image_edit *edit = open_edit("a.wim", NULL);

	ok(image_edit_put(edit, "/x", "y", 1, false, &err));
	commit(&edit);
	read_file("a.wim", &data);
	memcpy(header, data.data, sizeof(header));

	/* the row of the metadata is the only one with flag 2 */
	const uint8_t *table = (const uint8_t *)data.data + load_le64(header + 0x30 + 8);
	uint64_t rows = load_le64(header + 0x30 + 16) / 50;
	unsigned found = 0;

	for (uint64_t i = 0; i < rows; i++) {
		if (!(table[i * 50 + 7] & 2))
			continue;
		found++;
		assert_memory_equal(header + 0x60, table + i * 50, 24);
	}
	assert_int_equal(found, 1);
	strbuf_release(&data);
}

static void contents_that_the_wim_has_are_not_stored_again(void **state UNUSED)
{
	struct image_commit_stats stats;
	struct strbuf data = STRBUF_INIT;

	capture("a.wim", "--compress=XPRESS");
	read_file("src/Windows/System32/config/SOFTWARE", &data);

	struct image_edit *edit = open_edit("a.wim", NULL);

	ok(image_edit_put(edit, "/twice", data.data, data.len, false, &err));
	ok(image_edit_put(edit, "/a", "same", 4, false, &err));
	ok(image_edit_put(edit, "/b", "same", 4, false, &err));
	ok(image_edit_put(edit, "/c", "overwritten", 11, false, &err));
	ok(image_edit_put(edit, "/c", "", 0, false, &err));
	ok(image_edit_commit(edit, &stats, &err));
	assert_int_equal(stats.blobs_added, 1);
	assert_true(stats.bytes_appended < 20000);
	image_edit_closep(&edit);
	assert_verifies("a.wim");
	assert_contents("a.wim", 1, "/twice", data.data, data.len);
	assert_contents("a.wim", 1, "/c", "", 0);
	strbuf_release(&data);
}

static void nothing_to_do_writes_nothing(void **state UNUSED)
{
	struct image_commit_stats stats;

	capture("a.wim", "--compress=XPRESS");

	char *before = sum_of("a.wim");
	struct image_edit *edit = open_edit("a.wim", NULL);

	ok(image_edit_put(edit, "/one", "1", 1, false, &err));
	ok(image_edit_commit(edit, &stats, &err));
	assert_int_equal(stats.bytes_appended, 0);
	image_edit_closep(&edit);

	char *after = sum_of("a.wim");

	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void impossible_edits_are_refused_and_change_nothing(void **state UNUSED)
{
	capture("a.wim", "--compress=XPRESS");
	assert_int_equal(
		run("mkdir -p clash/Windows/deep; printf x > clash/one; printf x > clash/Windows/System32; "
		    "mkdir -p bad; printf x > 'bad/a:b'; mkdir -p twins; printf x > twins/A; printf x > twins/a; "
		    "mkfifo fifo"),
		0);

	char *before = sum_of("a.wim");
	struct image_edit *edit = open_edit("a.wim", NULL);

	refused(image_edit_put(edit, "/no/parent", "x", 1, false, &err), ERR_NOT_FOUND);
	refused(image_edit_put(edit, "/Windows", "x", 1, false, &err), ERR_USAGE);
	refused(image_edit_put(edit, "/one/x", "x", 1, true, &err), ERR_USAGE);
	refused(image_edit_put(edit, "/link", "x", 1, true, &err), ERR_REFUSED);
	refused(image_edit_put(edit, "/new/../x", "x", 1, true, &err), ERR_USAGE);
	refused(image_edit_put(edit, "/a:b", "x", 1, true, &err), ERR_USAGE);
	refused(image_edit_put(edit, "/\xff", "x", 1, true, &err), ERR_FORMAT);
	refused(image_edit_put(edit, "", "x", 1, true, &err), ERR_USAGE);
	refused(image_edit_mkdir(edit, "/Windows", &err), ERR_REFUSED);
	refused(image_edit_mkdir(edit, "/x/y", &err), ERR_NOT_FOUND);
	refused(image_edit_delete(edit, "/Windows", false, &err), ERR_REFUSED);
	refused(image_edit_delete(edit, "/", true, &err), ERR_REFUSED);
	refused(image_edit_delete(edit, "/nowhere", true, &err), ERR_NOT_FOUND);
	refused(image_edit_rename(edit, "/one", "/4096", &err), ERR_REFUSED);
	refused(image_edit_rename(edit, "/Windows", "/Windows/System32/x", &err), ERR_REFUSED);
	refused(image_edit_rename(edit, "/nowhere", "/x", &err), ERR_NOT_FOUND);
	refused(image_edit_rename(edit, "/one", "/a/b", &err), ERR_NOT_FOUND);
	refused(image_edit_rename_over(edit, "/one", "/Windows", &err), ERR_REFUSED);
	refused(image_edit_rename_over(edit, "/empty", "/Windows", &err), ERR_REFUSED);
	refused(image_edit_rename_over(edit, "/empty", "/one", &err), ERR_REFUSED);
	refused(image_edit_rename_over(edit, "/one", "/", &err), ERR_REFUSED);
	refused(image_edit_add_host_tree(edit, "src/one", "/one", &(struct image_host_rules){ .no_replace = true }, &err),
		ERR_REFUSED);
	refused(image_edit_add_host_tree(edit, "clash", "/", NULL, &err), ERR_USAGE);
	refused(image_edit_add_host_tree(edit, "bad", "/b", NULL, &err), ERR_USAGE);
	refused(image_edit_add_host_tree(edit, "twins", "/t", NULL, &err), ERR_REFUSED);
	refused(image_edit_add_host_tree(edit, "fifo", "/f", NULL, &err), ERR_UNSUPPORTED);
	refused(image_edit_add_host_tree(edit, "nowhere", "/f", NULL, &err), ERR_NOT_FOUND);
	commit(&edit);

	char *after = sum_of("a.wim");

	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void deleted_contents_leave_the_table_and_shared_ones_stay(void **state UNUSED)
{
	capture("a.wim", "--compress=none");

	struct image_edit *edit = open_edit("a.wim", NULL);

	ok(image_edit_delete(edit, "/copy", false, &err)); /* the same contents as /chunk+1 */
	ok(image_edit_delete(edit, "/chunk", false, &err));
	commit(&edit);
	assert_verifies("a.wim");

	char *gone = output_of("sha1sum src/chunk | cut -c1-40");
	char *kept = output_of("sha1sum src/copy | cut -c1-40");
	char *blobs = output_of("wimlib-imagex info a.wim --blobs");

	gone[40] = kept[40] = '\0';
	assert_null(strstr(blobs, gone));
	assert_non_null(strstr(blobs, kept));
	free(gone);
	free(kept);
	free(blobs);
}

static void a_blob_with_a_wrong_count_is_not_lost_for_another_image(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;
	uint8_t hash[20];

	capture("m.wim", "--compress=none");
	assert_int_equal(run("wimlib-imagex append src m.wim Two"), 0);
	read_file("m.wim", &data);
	wim_sha1("smile", 5, hash);

	uint8_t *row = memmem(data.data, data.len, hash, sizeof(hash));

	/* the metadata has it too: take the one in the blob table, which follows its count of 2 */
	while (row && load_le32(row - 4) != 2)
		row = memmem(row + 1, data.len - (size_t)(row + 1 - (uint8_t *)data.data), hash, sizeof(hash));
	assert_non_null(row);
	store_le32(row - 4, 1);
	write_file("m.wim", data.data, data.len);
	strbuf_release(&data);

	struct image_edit *edit = open_edit("m.wim", "1");

	ok(image_edit_delete(edit, "/Gr\303\274\303\237e \342\202\254", true, &err));
	commit(&edit);
	assert_verifies("m.wim");
	assert_contents("m.wim", 2, "/Gr\303\274\303\237e \342\202\254/\360\237\230\200.txt", "smile", 5);
}

static void commits_of_ours_and_of_libwim_take_turns(void **state UNUSED)
{
	capture("a.wim", "--solid --solid-chunk-size=128K --check");
	for (unsigned i = 0; i < 5; i++) {
		struct image_edit *edit = open_edit("a.wim", "Source");
		char text[32];

		snprintf(text, sizeof(text), "round %u", i);
		ok(image_edit_put(edit, "/round", text, strlen(text), false, &err));
		if (i == 2)
			ok(image_edit_delete(edit, "/Windows/System32", true, &err));
		commit(&edit);
		assert_verifies("a.wim");
		assert_contents("a.wim", 1, "/round", text, strlen(text));
		write_noise("src/empty/more", 5000, i + 11);
		assert_int_equal(run("wimlib-imagex append src/empty a.wim 'Append %u' --solid --check", i), 0);
		assert_verifies("a.wim");
	}
	unlink("src/empty/more");
}

#define ROW 50

/* Puts the row that is not solid between the two solid resources, each with its own run, as other writers have it. */
static void part_solid_runs(const char *wim)
{
	struct strbuf data = STRBUF_INIT;
	struct strbuf rows = STRBUF_INIT;
	uint64_t first_size = 0;
	const uint8_t *middle = NULL;
	unsigned n_solid = 0;

	read_file(wim, &data);

	uint8_t *table = (uint8_t *)data.data + load_le64((uint8_t *)data.data + 0x38);
	size_t n = (size_t)load_le64((uint8_t *)data.data + 0x40) / ROW;

	for (size_t i = 0; i < n; i++)
		if (table[i * ROW + 7] == 0 || table[i * ROW + 7] == 4)
			middle = table + i * ROW;
	assert_non_null(middle);
	for (size_t i = 0; i < n; i++) {
		uint8_t *row = table + i * ROW;

		if (row == middle)
			continue;
		if ((row[7] & 0x10) && load_le64(row + 16) == 1ULL << 32) {
			if (n_solid++ == 0)
				first_size = load_le64((uint8_t *)data.data + load_le64(row + 8));
			else
				strbuf_add(&rows, middle, ROW);
		} else if ((row[7] & 0x10) && n_solid == 2) {
			assert_true(load_le64(row + 8) >= first_size);
			store_le64(row + 8, load_le64(row + 8) - first_size);
		}
		strbuf_add(&rows, row, ROW);
	}
	assert_int_equal(n_solid, 2);
	assert_int_equal(rows.len, n * ROW);
	memcpy(table, rows.data, rows.len);
	write_file(wim, data.data, data.len);
	strbuf_release(&data);
	strbuf_release(&rows);
}

static void runs_of_solid_resources_stay_apart(void **state UNUSED)
{
	capture("a.wim", "--solid --solid-chunk-size=128K");

	struct image_edit *edit = open_edit("a.wim", "1");

	ok(image_edit_put(edit, "/between", "not solid", 9, false, &err));
	commit(&edit);
	write_noise("src/empty/more", 5000, 77);
	assert_int_equal(run("wimlib-imagex append src/empty a.wim Two --solid; rm src/empty/more"), 0);
	part_solid_runs("a.wim");
	assert_verifies("a.wim");

	edit = open_edit("a.wim", "1");
	ok(image_edit_delete(edit, "/between", false, &err));
	commit(&edit);
	assert_verifies("a.wim");
}

static void what_cannot_be_changed_in_place_is_refused_with_the_way_out(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;
	struct err err = { 0 };

	capture("a.wim", "--compress=none");
	capture("p.wim", "--compress=none --pipable");
	assert_int_equal(run("wimlib-imagex split a.wim s.swm 0.4"), 0);
	read_file("a.wim", &data);
	data.data[0x10] |= 0x04;
	write_file("a.wim", data.data, data.len);
	strbuf_release(&data);
	assert_null(image_edit_open("a.wim", NULL, &err));
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_true(err.hint[0]);
	assert_null(image_edit_open("p.wim", NULL, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_true(err.hint[0]);
	assert_null(image_edit_open("s.swm", NULL, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_null(image_edit_open("nowhere.wim", NULL, &err));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
}

static void a_locked_wim_is_busy(void **state UNUSED)
{
	struct err err = { 0 };

	capture("a.wim", "--compress=none");

	struct image_edit *first = open_edit("a.wim", NULL);

	assert_null(image_edit_open("a.wim", NULL, &err));
	assert_int_equal(err.kind, ERR_BUSY);
	/* libwim sees the lock too */
	assert_int_not_equal(run("wimlib-imagex update a.wim 1 --command='add src/one /x'"), 0);
	image_edit_closep(&first);
	assert_int_equal(run("wimlib-imagex update a.wim 1 --command='add src/one /x'"), 0);
}

static void a_stale_write_mark_is_cleared(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;
	struct image_file_info info;

	capture("a.wim", "--compress=XPRESS");
	read_file("a.wim", &data);
	data.data[0x10] |= 0x40;
	write_file("a.wim", data.data, data.len);

	struct image_edit *edit = open_edit("a.wim", NULL);

	image_file_info(image_edit_file(edit), &info);
	assert_true(info.write_in_progress);
	ok(image_edit_put(edit, "/x", "y", 1, false, &err));
	commit(&edit);
	assert_verifies("a.wim");

	struct image_file *file = open_wim("a.wim");

	image_file_info(file, &info);
	assert_false(info.write_in_progress);
	image_file_closep(&file);
	strbuf_release(&data);
}

static void a_host_file_that_changes_before_the_commit_is_noticed(void **state UNUSED)
{
	capture("a.wim", "--compress=XPRESS");
	write_words("moving", 50000);

	char *before = sum_of("a.wim");
	struct image_edit *edit = open_edit("a.wim", NULL);

	ok(image_edit_add_host_tree(edit, "moving", "/moving", NULL, &err));
	write_noise("moving", 50000, 9);
	refused(image_edit_commit(edit, NULL, &err), ERR_BUSY);
	image_edit_closep(&edit);

	char *after = sum_of("a.wim");

	assert_string_equal(before, after);
	assert_int_not_equal(access("a.wim.goldwim-undo", F_OK), 0);
	free(before);
	free(after);
}

static void many_files_in_one_folder_are_quick(void **state UNUSED)
{
	struct strbuf theirs = STRBUF_INIT;

	capture("a.wim", "--compress=XPRESS");

	struct image_edit *edit = open_edit("a.wim", NULL);

	for (unsigned i = 0; i < 20000; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/many/%u.txt", i * 7919u % 20000u);
		ok(image_edit_put(edit, path, "same", 4, true, &err));
	}
	commit(&edit);
	assert_int_equal(run("wimlib-imagex verify a.wim; wimlib-imagex dir a.wim 1 | grep -c /many/ > count"), 0);
	read_file("count", &theirs);
	assert_string_equal(theirs.data, "20000\n");
	strbuf_release(&theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replaced_file_keeps_all_but_its_contents),
		cmocka_unit_test(tagged_items_and_named_streams_stay_when_a_file_is_replaced_or_renamed),
		cmocka_unit_test(a_change_of_case_keeps_the_short_name),
		cmocka_unit_test(new_entries_get_the_security_descriptor_of_their_folder),
		cmocka_unit_test(all_hard_links_get_the_new_contents),
		cmocka_unit_test(counts_become_those_that_wimlib_makes),
		cmocka_unit_test(a_host_tree_comes_out_as_it_went_in),
		cmocka_unit_test(a_link_of_the_host_becomes_what_wimlib_makes_of_it),
		cmocka_unit_test(other_images_and_the_boot_index_stay),
		cmocka_unit_test(the_boot_image_is_named_anew_in_the_header),
		cmocka_unit_test(contents_that_the_wim_has_are_not_stored_again),
		cmocka_unit_test(nothing_to_do_writes_nothing),
		cmocka_unit_test(impossible_edits_are_refused_and_change_nothing),
		cmocka_unit_test(deleted_contents_leave_the_table_and_shared_ones_stay),
		cmocka_unit_test(a_blob_with_a_wrong_count_is_not_lost_for_another_image),
		cmocka_unit_test(commits_of_ours_and_of_libwim_take_turns),
		cmocka_unit_test(runs_of_solid_resources_stay_apart),
		cmocka_unit_test(what_cannot_be_changed_in_place_is_refused_with_the_way_out),
		cmocka_unit_test(a_locked_wim_is_busy),
		cmocka_unit_test(a_stale_write_mark_is_cleared),
		cmocka_unit_test(a_host_file_that_changes_before_the_commit_is_noticed),
		cmocka_unit_test(many_files_in_one_folder_are_quick),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
