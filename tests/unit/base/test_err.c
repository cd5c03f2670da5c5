/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/err.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/cmocka_all.h"

static void contexts_stand_in_front_outermost_first(void **state UNUSED)
{
	struct err err = { 0 };

	assert_int_equal(err_at(&err, ERR_FORMAT, 0x70204, "record size %u does not fit", 9u), -1);
	err_context(&err, "chunk %d", 7);
	err_context(&err, "app.evtx");
	assert_string_equal(err.text, "app.evtx: chunk 7: offset 0x70204: record size 9 does not fit");
	assert_int_equal(err.kind, ERR_FORMAT);
	assert_true(err.has_offset);
	assert_int_equal(err.offset, 0x70204);
}

static void what_stands_in_front_already_is_not_said_twice(void **state UNUSED)
{
	struct err err = { 0 };

	err_set(&err, ERR_IO, "a.wim:1: bad");
	err_context(&err, "a.wim");
	assert_string_equal(err.text, "a.wim:1: bad");
	err_context(&err, "a");
	assert_string_equal(err.text, "a: a.wim:1: bad");
}

static void errno_gives_kind_and_text_of_the_system(void **state UNUSED)
{
	struct err err;

	err_errno(&err, ENOENT, "cannot open %s", "x");
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_string_equal(err.text, "cannot open x: No such file or directory");
	err_errno(&err, ENOSPC, "cannot write");
	assert_int_equal(err.kind, ERR_NO_SPACE);
	err_errno(&err, EACCES, "cannot open");
	assert_int_equal(err.kind, ERR_PERMISSION);
}

static void text_longer_than_its_room_is_cut_not_overrun(void **state UNUSED)
{
	char long_text[3000];
	struct err err;

	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	err_set(&err, ERR_IO, "%s", long_text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	memset(long_text, 'b', sizeof(long_text) - 1);
	err_context(&err, "%s", long_text);
	assert_true(strlen(err.text) < sizeof(err.text));
	assert_int_equal(err.text[0], 'b');
	err_context(&err, "ab");
	assert_memory_equal(err.text, "ab: bbb", 7);
}

static void what_is_wrong_is_told_however_long_the_path(void **state UNUSED)
{
	struct err err = { 0 };
	char path[4096];

	memset(path, 'x', sizeof(path) - 1);
	memcpy(path, "begin", 5);
	path[sizeof(path) - 1] = '\0';
	err_errno(&err, ENAMETOOLONG, "%s", path);
	assert_true(strlen(err.text) < sizeof(err.text));
	assert_int_equal(strncmp(err.text, "beginxxx", 8), 0);
	assert_non_null(strstr(err.text, "x[...]x"));
	assert_non_null(strstr(err.text, "x: File name too long"));
	err_set(&err, ERR_LIMIT, "%s: too deep", path);
	err_context(&err, "%s", path);
	err_context(&err, "outer");
	assert_true(strlen(err.text) < sizeof(err.text));
	assert_int_equal(strncmp(err.text, "outer: beginxxx", 15), 0);
	assert_string_equal(err.text + strlen(err.text) - 10, ": too deep");
}

static void the_first_hint_stays(void **state UNUSED)
{
	struct err err = { 0 };

	err_set(&err, ERR_IO, "x");
	err_hint(&err, "do %s", "this");
	err_hint(&err, "do that");
	assert_string_equal(err.hint, "do this");
}

static void a_null_err_is_accepted(void **state UNUSED)
{
	assert_int_equal(err_set(NULL, ERR_IO, "x"), -1);
	assert_int_equal(err_at(NULL, ERR_IO, 1, "x"), -1);
	assert_int_equal(err_errno(NULL, EIO, "x"), -1);
	assert_int_equal(err_context(NULL, "x"), -1);
	assert_int_equal(err_hint(NULL, "x"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contexts_stand_in_front_outermost_first),
		cmocka_unit_test(what_stands_in_front_already_is_not_said_twice),
		cmocka_unit_test(errno_gives_kind_and_text_of_the_system),
		cmocka_unit_test(text_longer_than_its_room_is_cut_not_overrun),
		cmocka_unit_test(what_is_wrong_is_told_however_long_the_path),
		cmocka_unit_test(the_first_hint_stays),
		cmocka_unit_test(a_null_err_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
