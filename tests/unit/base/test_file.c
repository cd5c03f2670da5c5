/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"

static char path[] = "/tmp/goldwim-file.XXXXXX";

static int make_file(void **state UNUSED)
{
	snprintf(path, sizeof(path), "/tmp/goldwim-file.XXXXXX");
	int fd = mkstemp(path);

	return fd >= 0 && write(fd, "0123456789", 10) == 10 && close(fd) == 0 ? 0 : -1;
}

static int remove_file(void **state UNUSED)
{
	return remove(path);
}

static void a_file_is_read_whole_or_refused_for_its_size(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;
	struct err err;

	assert_int_equal(file_read_all(path, 10, &data, NULL), 0);
	assert_string_equal(data.data, "0123456789");
	strbuf_clear(&data);
	assert_int_equal(file_read_all(path, 9, &data, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	strbuf_release(&data);
}

static void what_is_no_file_is_named(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;
	struct err err;

	assert_int_equal(file_read_all("/", 10, &data, &err), -1);
	assert_int_equal(err.kind, ERR_FORMAT);
	assert_int_equal(file_read_all("/nowhere/x", 10, &data, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	remove(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(file_read_all(path, 10, &data, &err), -1); /* and does not wait for a writer */
	assert_int_equal(err.kind, ERR_FORMAT);
	strbuf_release(&data);
}

static void reading_past_the_end_says_where(void **state UNUSED)
{
	int fd = file_open_read(path, NULL);
	char data[8];
	struct err err;

	assert_int_equal(file_pread(fd, data, 4, 6, NULL), 0);
	assert_memory_equal(data, "6789", 4);
	assert_int_equal(file_pread(fd, data, 8, 6, &err), -1);
	assert_int_equal(err.kind, ERR_TRUNCATED);
	assert_int_equal(err.offset, 10);
	close(fd);
}

static void a_mapped_file_shows_its_bytes_and_an_empty_one_none(void **state UNUSED)
{
	struct file_map map;

	assert_int_equal(file_map_open(path, &map, NULL), 0);
	assert_int_equal(map.bytes.len, 10);
	assert_memory_equal(map.bytes.data, "0123456789", 10);
	file_map_release(&map);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(file_map_open(path, &map, NULL), 0);
	assert_int_equal(map.bytes.len, 0);
	file_map_release(&map);
}

static void a_slice_never_leaves_its_bytes(void **state UNUSED)
{
	static const uint8_t data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct bytes all = bytes_of(data, sizeof(data)), part;

	all.offset = 0x100;
	assert_true(bytes_slice(all, 2, 6, &part));
	assert_int_equal(part.offset, 0x102);
	assert_int_equal(bytes_le32(part, 0), 0x06050403);
	assert_false(bytes_slice(all, 2, 7, &part));
	assert_false(bytes_slice(all, 9, 0, &part));
	assert_false(bytes_slice(all, UINT64_MAX, 2, &part));
	assert_false(bytes_slice(all, 2, UINT64_MAX, &part));
	assert_int_equal(part.len, 6);
	assert_int_equal(bytes_from(all, 8).len, 0);
	assert_int_equal(bytes_from(all, 9).len, 0);
}

static void paths_are_split_and_joined(void **state UNUSED)
{
	char *folder = path_folder("a/b/c"), *root = path_folder("/c"), *here = path_folder("c"), *both = path_join("a/", "b");

	assert_string_equal(folder, "a/b");
	assert_string_equal(root, "/");
	assert_string_equal(here, ".");
	assert_string_equal(both, "a/b");
	assert_string_equal(path_name("a/b"), "b");
	free(folder);
	free(root);
	free(here);
	free(both);
}

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, make_file, remove_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILE(a_file_is_read_whole_or_refused_for_its_size),
		WITH_FILE(what_is_no_file_is_named),
		WITH_FILE(reading_past_the_end_says_where),
		WITH_FILE(a_mapped_file_shows_its_bytes_and_an_empty_one_none),
		cmocka_unit_test(a_slice_never_leaves_its_bytes),
		cmocka_unit_test(paths_are_split_and_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
