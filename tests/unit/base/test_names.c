/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"

static void make_names(const char *folder, const char *const *names, size_t n)
{
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(chdir(folder), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(close(creat(names[i], 0600)), 0);
}

static void remove_names(const char *folder, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(unlink(names[i]), 0);
	assert_int_equal(chdir(".."), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void the_names_of_a_folder_are_sorted_and_replace_what_was_there(void **state UNUSED)
{
	static const char *const made[] = { "b", "a", "C", "B", ".x" };
	static const char *const by_bytes[] = { ".x", "B", "C", "a", "b" };
	static const char *const by_letters[] = { ".x", "a", "B", "b", "C" };
	CLEANUP(names_release) struct names names = { 0 };

	make_names("names.tmp", made, ARRAY_SIZE(made));
	names_add(&names, "old");
	assert_int_equal(names_of_folder(".", names_by_bytes, &names, NULL), 0);
	assert_int_equal(names.len, ARRAY_SIZE(by_bytes));
	for (size_t i = 0; i < names.len; i++)
		assert_string_equal(names.items[i], by_bytes[i]);
	assert_int_equal(names_of_folder(".", names_by_letters, &names, NULL), 0);
	assert_int_equal(names.len, ARRAY_SIZE(by_letters));
	for (size_t i = 0; i < names.len; i++)
		assert_string_equal(names.items[i], by_letters[i]);
	remove_names("names.tmp", made, ARRAY_SIZE(made));
}

static void a_folder_that_cannot_be_read_is_an_error(void **state UNUSED)
{
	CLEANUP(names_release) struct names names = { 0 };
	struct err err = { 0 };

	assert_int_equal(names_of_folder("/nowhere", names_by_bytes, &names, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(names_of_folder("/dev/null", names_by_bytes, &names, &err), -1);
}

static void paths_of_a_pattern_are_sorted_by_their_bytes(void **state UNUSED)
{
	static const char *const made[] = { "b.swm", "a.swm", "B.swm", "a10.swm", "a2.swm", "c.wim", ".d.swm" };
	static const char *const found[] = { "./B.swm", "./a.swm", "./a10.swm", "./a2.swm", "./b.swm" };
	CLEANUP(names_release) struct names names = { 0 };
	struct err err = { 0 };

	make_names("pattern.tmp", made, ARRAY_SIZE(made));
	names_add(&names, "old");
	assert_int_equal(names_of_pattern("./*.swm", &names, NULL), 0);
	assert_int_equal(names.len, ARRAY_SIZE(found));
	for (size_t i = 0; i < names.len; i++)
		assert_string_equal(names.items[i], found[i]);
	assert_int_equal(names_of_pattern("c.wim", &names, NULL), 0);
	assert_int_equal(names.len, 1);
	assert_int_equal(names_of_pattern("*.esd", &names, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	remove_names("pattern.tmp", made, ARRAY_SIZE(made));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_names_of_a_folder_are_sorted_and_replace_what_was_there),
		cmocka_unit_test(a_folder_that_cannot_be_read_is_an_error),
		cmocka_unit_test(paths_of_a_pattern_are_sorted_by_their_bytes),
	};
	char dir[] = "/tmp/goldwim-names.XXXXXX";
	int failed;

	if (!mkdtemp(dir) || chdir(dir) < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
