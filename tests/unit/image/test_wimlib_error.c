/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wimlib_error.h"

#include <string.h>

#include <wimlib.h>

#include "tests/unit/cmocka_all.h"

static void a_code_becomes_a_kind_and_one_line(void **state UNUSED)
{
	static const struct {
		int code;
		enum err_kind kind;
	} rows[] = {
		{ WIMLIB_ERR_NOT_A_WIM_FILE, ERR_FORMAT },
		{ WIMLIB_ERR_PATH_DOES_NOT_EXIST, ERR_NOT_FOUND },
		{ WIMLIB_ERR_ALREADY_LOCKED, ERR_BUSY },
		{ WIMLIB_ERR_UNSUPPORTED, ERR_UNSUPPORTED },
		{ WIMLIB_ERR_NOMEM, ERR_MEMORY },
		{ WIMLIB_ERR_WRITE, ERR_IO },
		{ WIMLIB_ERR_WIM_IS_READONLY, ERR_PERMISSION },
		{ WIMLIB_ERR_ABORTED_BY_PROGRESS, ERR_CANCELLED },
		{ 9999, ERR_IO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = { 0 };

		assert_int_equal(image_error_from_wimlib(&err, rows[i].code, "capturing"), -1);
		assert_int_equal(err.kind, rows[i].kind);
		assert_int_equal(strncmp(err.text, "capturing: ", 11), 0);
		assert_null(strchr(err.text, '\n'));
	}
	assert_int_equal(image_error_from_wimlib(NULL, WIMLIB_ERR_WRITE, "x"), -1);
}

static void the_text_names_the_code(void **state UNUSED)
{
	struct err err = { 0 };

	image_error_from_wimlib(&err, WIMLIB_ERR_OPEN, "opening");
	assert_non_null(strstr(err.text, "(wimlib error 47)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_becomes_a_kind_and_one_line),
		cmocka_unit_test(the_text_names_the_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
