/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that want to crash, hang or fill the memory get one clear line. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/image/wim_case.h"

#define MUTATIONS 400
#define MEMORY_MAX (96u << 20) /* of data; stacks of a few threads are in it */
#define SECONDS_MAX 60

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif

static void assert_refused(const char *path, enum err_kind kind)
{
	struct err err = { 0 };
	struct image_file *file = image_file_open(path, &err);

	assert_null(file);
	assert_int_equal(err.kind, kind);
	assert_true(err.text[0] && !strchr(err.text, '\n'));
	assert_null(image_edit_open(path, NULL, &err));
}

static void what_is_no_wim_is_refused(void **state UNUSED)
{
	write_file("empty.wim", "", 0);
	write_file("jpeg.wim", "\xff\xd8\xff\xe0 and so on", 14);
	write_file("short.wim", "MSWIM\0\0", 7);
	write_file("magic.wim", "MSWIM\0\0\0", 8);
	assert_refused("empty.wim", ERR_FORMAT);
	assert_refused("jpeg.wim", ERR_FORMAT);
	assert_refused("short.wim", ERR_FORMAT);
	assert_refused("magic.wim", ERR_TRUNCATED);
	assert_refused("src", ERR_FORMAT);
	assert_refused("nowhere.wim", ERR_NOT_FOUND);
}

static void put_reshdr(uint8_t *at, uint64_t stored, uint8_t flags, uint64_t offset, uint64_t size)
{
	store_le64(at, stored | (uint64_t)flags << 56);
	store_le64(at + 8, offset);
	store_le64(at + 16, size);
}

/* A header of 208 bytes in a file of 4 KB. */
static void make_header(uint8_t file[4096])
{
	memset(file, 0, 4096);
	memcpy(file, "MSWIM", 5);
	store_le32(file + 0x08, 208);
	store_le32(file + 0x0c, 0x10d00);
	store_le32(file + 0x10, 0x20002);
	store_le32(file + 0x14, 32768);
	store_le16(file + 0x28, 1);
	store_le16(file + 0x2a, 1);
	store_le32(file + 0x2c, 1);
	put_reshdr(file + 0x30, 100, 2, 300, 100);
	put_reshdr(file + 0x48, 200, 2, 600, 200);
}

static void claims_beyond_the_file_are_refused(void **state UNUSED)
{
	static const struct {
		size_t at;
		uint64_t stored, offset, size;
		uint8_t flags;
	} rows[] = {
		{ 0x30, 2ULL << 40, 300, 2ULL << 40, 2 }, /* blob table of 2 TB */
		{ 0x30, 100, 300, 2ULL << 40, 4 },        /* 2 TB out of 100 bytes */
		{ 0x30, 100, UINT64_MAX - 50, 100, 2 },
		{ 0x30, 0xffffffffffffffULL, 300, UINT64_MAX, 4 },
		{ 0x48, 2ULL << 40, 600, 2ULL << 40, 2 }, /* XML of 2 TB */
		{ 0x48, 3000, 600, 1ULL << 31, 4 },
		{ 0x7c, 2ULL << 40, 600, 2ULL << 40, 2 }, /* integrity table */
	};
	uint8_t file[4096];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = { 0 };

		make_header(file);
		put_reshdr(file + rows[i].at, rows[i].stored, rows[i].flags, rows[i].offset, rows[i].size);
		write_file("huge.wim", file, sizeof(file));
		assert_null(image_file_open("huge.wim", &err));
		assert_true(err.kind == ERR_TRUNCATED || err.kind == ERR_FORMAT || err.kind == ERR_LIMIT);
	}
}

static void numbers_of_the_header_are_checked(void **state UNUSED)
{
	static const struct {
		size_t at;
		uint32_t value;
	} rows[] = {
		{ 0x08, 212 }, { 0x0c, 0x10e00 }, { 0x10, 0x2 }, { 0x14, 0 }, { 0x14, 12345 }, { 0x14, 1u << 31 },
		{ 0x28, 0 }, { 0x28, 0x10002 }, { 0x2c, 0xffffffff },
	};
	uint8_t file[4096];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		make_header(file);
		store_le32(file + rows[i].at, rows[i].value);
		write_file("number.wim", file, sizeof(file));
		assert_null(image_file_open("number.wim", NULL));
	}
}

static void make_tiny(void)
{
	assert_int_equal(run("rm -rf tiny; mkdir -p tiny/a/b; printf hello > tiny/a/hello; seq 1 4000 > tiny/a/b/seq; "
			     "ln tiny/a/hello tiny/link; ln -s a/b tiny/sym"), 0);
}

static void every_truncation_is_refused(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;

	make_tiny();
	assert_int_equal(run("rm -f t.wim; wimlib-imagex capture tiny t.wim Tiny --compress=XPRESS --check"), 0);
	read_file("t.wim", &data);
	for (size_t len = 0; len < data.len; len += len < 300 ? 1 : 17) {
		struct err err = { 0 };

		write_file("cut.wim", data.data, len);
		assert_null(image_file_open("cut.wim", &err));
		assert_true(err.text[0] && !strchr(err.text, '\n'));
	}
	strbuf_release(&data);
}

struct reading {
	struct image_file *file;
	unsigned index;
};

static int read_each(void *context, const char *path, const struct image_entry *entry UNUSED)
{
	const struct reading *reading = context;
	struct strbuf data = STRBUF_INIT;
	struct err err = { 0 };

	if (image_read(reading->file, reading->index, path, 1u << 20, &data, &err) < 0 &&
	    (!err.text[0] || strchr(err.text, '\n')))
		abort();
	strbuf_release(&data);
	return 0;
}

static void ignore_problem(void *context UNUSED, enum wim_problem kind UNUSED, const char *what, const char *place)
{
	if (!*what || !*place)
		abort();
}

static void use_all(const char *path)
{
	const struct wim_verify_options options = { .problem = ignore_problem, .threads = 1 };
	struct wim_verify_result result;
	struct image_file *file = image_file_open(path, NULL);
	struct image_file_info info;

	if (!file)
		return;
	image_file_info(file, &info);
	for (unsigned i = 1; i <= info.image_count; i++) {
		struct reading reading = { .file = file, .index = i };
		struct image_info image;

		image_info(file, i, &image, NULL);
		image_walk(file, i, "/", read_each, &reading, NULL);
	}
	image_file_closep(&file);
	image_verify(path, &options, &result, NULL);

	/* a commit on a damaged WIM either fails or leaves one that opens */
	struct image_edit *edit = image_edit_open(path, "1", NULL);

	if (edit && image_edit_put(edit, "/a/hello", "other", 5, true, NULL) == 0 &&
	    image_edit_commit(edit, NULL, NULL) == 0) {
		file = image_file_open(path, NULL);
		if (!file)
			abort();
		image_file_closep(&file);
	}
	image_edit_closep(&edit);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* One to four bytes, or a run of 0xff or 0, somewhere. */
static void mutate(uint8_t *data, size_t len, uint32_t *seed)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
	unsigned n = 1 + next_random(seed) % 4;
	size_t at = next_random(seed) % len;

	for (unsigned i = 0; i < n; i++) {
		if (next_random(seed) % 3)
			at = next_random(seed) % len;
		else
			at = (at + 1) % len;
		if (next_random(seed) % 2)
			data[at] = values[next_random(seed) % sizeof(values)];
		else
			data[at] = (uint8_t)(data[at] ^ (1u << (next_random(seed) % 8)));
	}
}

static void mutate_in_child(const struct strbuf *good, uint32_t seed)
{
	uint8_t *data = malloc(good->len);

	for (unsigned i = 0; data && i < MUTATIONS; i++) {
		memcpy(data, good->data, good->len);
		mutate(data, good->len, &seed);
		write_file("mutant.wim", data, good->len);
		unlink("mutant.wim.goldwim-undo");
		use_all("mutant.wim");
	}
	free(data);
}

static void mutants_of(const char *options, uint32_t seed)
{
	struct strbuf good = STRBUF_INIT;
	int status;

	make_tiny();
	assert_int_equal(run("rm -f t.wim; wimlib-imagex capture tiny t.wim Tiny %s", options), 0);
	read_file("t.wim", &good);

	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
#ifndef UNDER_ASAN
		const struct rlimit limit = { .rlim_cur = MEMORY_MAX, .rlim_max = MEMORY_MAX };

		setrlimit(RLIMIT_DATA, &limit);
#endif
		alarm(SECONDS_MAX);
		mutate_in_child(&good, seed);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s: ended by signal %d or with status %d; the file is in mutant.wim", options,
			 WIFSIGNALED(status) ? WTERMSIG(status) : 0, WEXITSTATUS(status));
	strbuf_release(&good);
}

static void mutants_do_no_harm(void **state UNUSED)
{
	mutants_of("--compress=none", 1);
	mutants_of("--compress=none --check", 2);
	mutants_of("--compress=XPRESS", 3);
	mutants_of("--compress=LZX:20", 4);
	mutants_of("--compress=LZMS:20", 5);
	mutants_of("--solid --solid-chunk-size=32K", 6);
	mutants_of("--pipable --compress=XPRESS", 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_wim_is_refused),
		cmocka_unit_test(claims_beyond_the_file_are_refused),
		cmocka_unit_test(numbers_of_the_header_are_checked),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(mutants_do_no_harm),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
