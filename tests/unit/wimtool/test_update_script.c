/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/update_script.h"

#include <stdio.h>

#include "tests/unit/cmocka_all.h"

static struct update_script script;
static struct err err;

static int empty(void **state UNUSED)
{
	update_script_release(&script);
	err = (struct err){ 0 };
	return 0;
}

static int parse_bytes(const void *data, size_t len)
{
	return update_script_parse(&script, bytes_of(data, len), "changes.txt", &err);
}

static int parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void assert_command(size_t i, enum update_op op, unsigned line, const char *first, const char *second)
{
	const struct update_command *c = &script.commands.items[i];

	assert_int_equal(c->op, op);
	assert_int_equal(c->line, line);
	assert_string_equal(c->first, first);
	if (second)
		assert_string_equal(c->second, second);
	else
		assert_null(c->second);
	assert_string_equal(c->origin, "changes.txt");
}

static void commands_keep_their_line_numbers(void **state UNUSED)
{
	assert_int_equal(parse("# first\n\nadd a /b\r\n\t delete /c\n  # more\nrename /d /e"), 0);
	assert_int_equal(script.commands.len, 3);
	assert_command(0, UPDATE_ADD, 3, "a", "/b");
	assert_command(1, UPDATE_DELETE, 4, "/c", NULL);
	assert_command(2, UPDATE_RENAME, 6, "/d", "/e");
}

static void quotes_keep_blanks_and_the_other_quote(void **state UNUSED)
{
	assert_int_equal(parse("add 'it is \"here\"' \"/Program Files/it's\"\nadd a' b'c /d"), 0);
	assert_command(0, UPDATE_ADD, 1, "it is \"here\"", "/Program Files/it's");
	assert_command(1, UPDATE_ADD, 2, "a bc", "/d");
}

static void a_hash_inside_a_line_is_part_of_a_name(void **state UNUSED)
{
	assert_int_equal(parse("delete /c#\n"), 0);
	assert_command(0, UPDATE_DELETE, 1, "/c#", NULL);
}

static void delete_takes_its_options_anywhere(void **state UNUSED)
{
	assert_int_equal(parse("delete --force /a --recursive\ndelete /b\n"), 0);
	assert_true(script.commands.items[0].force);
	assert_true(script.commands.items[0].recursive);
	assert_false(script.commands.items[1].force);
	assert_false(script.commands.items[1].recursive);
}

static void utf16_with_and_without_its_mark_is_read(void **state UNUSED)
{
	static const char marked[] = "\xff\xfe" "d\0e\0l\0e\0t\0e\0 \0/\0\xe4\0\r\0\n";
	static const char bare[] = "a\0d\0d\0 \0x\0 \0/\0y";

	assert_int_equal(parse_bytes(marked, sizeof(marked)), 0);
	assert_int_equal(parse_bytes(bare, sizeof(bare)), 0);
	assert_command(0, UPDATE_DELETE, 1, "/\xc3\xa4", NULL);
	assert_command(1, UPDATE_ADD, 1, "x", "/y");
}

static void the_mark_of_utf8_is_no_part_of_the_first_word(void **state UNUSED)
{
	assert_int_equal(parse("\xef\xbb\xbf" "delete /a"), 0);
	assert_command(0, UPDATE_DELETE, 1, "/a", NULL);
}

static void an_empty_script_has_no_commands(void **state UNUSED)
{
	assert_int_equal(parse(""), 0);
	assert_int_equal(parse("\n \r\n#\n"), 0);
	assert_int_equal(script.commands.len, 0);
}

static void a_wrong_line_is_named(void **state UNUSED)
{
	static const char *const wrong[] = {
		"copy a b", "add a", "add a b c", "delete", "delete /a /b", "rename /a", "delete --all /a",
		"add --force a /b", "add 'a /b", "add \"a /b'", "add '' /b", "''", "add a b c d e f g h i j",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		char text[100];

		snprintf(text, sizeof(text), "delete /x\n%s\n", wrong[i]);
		assert_int_equal(parse(text), -1);
		assert_int_equal(err.kind, ERR_FORMAT);
		assert_memory_equal(err.text, "line 2: ", 8);
	}
}

static void a_nul_character_is_refused(void **state UNUSED)
{
	static const char text[] = "delete /a\0b";

	assert_int_equal(parse_bytes(text, sizeof(text) - 1), -1);
	assert_int_equal(err.kind, ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(commands_keep_their_line_numbers, empty),
		cmocka_unit_test_teardown(quotes_keep_blanks_and_the_other_quote, empty),
		cmocka_unit_test_teardown(a_hash_inside_a_line_is_part_of_a_name, empty),
		cmocka_unit_test_teardown(delete_takes_its_options_anywhere, empty),
		cmocka_unit_test_teardown(utf16_with_and_without_its_mark_is_read, empty),
		cmocka_unit_test_teardown(the_mark_of_utf8_is_no_part_of_the_first_word, empty),
		cmocka_unit_test_teardown(an_empty_script_has_no_commands, empty),
		cmocka_unit_test_teardown(a_wrong_line_is_named, empty),
		cmocka_unit_test_teardown(a_nul_character_is_refused, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
