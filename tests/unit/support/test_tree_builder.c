/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/tree_builder.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "tests/support/pe_builder.h"
#include "tests/support/run_command.h"
#include "tests/support/write_file.h"
#include "tests/unit/cmocka_all.h"

static char *folder;

static int setup(void **state UNUSED)
{
	folder = new_folder();
	return 0;
}

static int teardown(void **state UNUSED)
{
	remove_folder(folder);
	return 0;
}

static char *build(const char *name, const struct tree_options *options)
{
	char *path = path_join(folder, name);
	struct err err = { 0 };

	if (tree_build(path, options, &err) < 0)
		fail_msg("%s", err.text);
	return path;
}

static unsigned long number_of(const char *command, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	assert_int_equal(run_command(&text, "cd '%s' && %s", path, command), 0);
	return strtoul(strbuf_text(&text), NULL, 10);
}

static int compare(const char *a, const char *b)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	return run_command(&text, "/usr/bin/python3 tests/support/cmp_tree.py '%s' '%s'", a, b);
}

static void tree_has_the_wanted_number_of_files(void **state UNUSED)
{
	CLEANUP(freep) char *path = build("count", &(struct tree_options){ .files = 300, .seed = 1, .identity = 1 });

	assert_int_equal(number_of("find . -type f | wc -l", path), 300);
	assert_int_equal(number_of("find . -type f -links 2 | wc -l", path), 30);
	assert_int_equal(number_of("find . -type l | wc -l", path), 2);
	assert_true(number_of("find . -type f -empty | wc -l", path) > 2);
	assert_true(number_of("find . -type f -newermt 2023-01-01 | wc -l", path) == 0);
}

static void same_options_give_the_same_tree(void **state UNUSED)
{
	const struct tree_options options = { .files = 250, .seed = 7, .identity = 7 };
	CLEANUP(freep) char *a = build("same-a", &options), *b = build("same-b", &options);

	assert_int_equal(compare(a, b), 0);
}

static void comparison_sees_a_changed_byte_time_link_and_name(void **state UNUSED)
{
	const struct tree_options options = { .files = 200, .seed = 7, .identity = 7 };
	CLEANUP(freep) char *a = build("diff-a", &options), *b = build("diff-b", &options);
	static const char *const changes[] = {
		"f=Windows/Panther/setupact.log; t=$(stat -c %y $f); "
		"printf x | dd of=$f conv=notrunc status=none; touch -d \"$t\" $f",
		"touch -d 2001-01-01 Windows/Panther/unattend.xml",
		"d=$(stat -c %y Windows/System32); cd Windows/System32; cp -p ntdll.dll x && mv x ntdll.dll; "
		"touch -d \"$d\" .",
		"d=$(stat -c %y Users/Public); rmdir Users/Public/Music; touch -d \"$d\" Users/Public",
	};
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		assert_int_equal(run_command(&text, "cp -a '%s' '%s.x' && cd '%s.x' && { %s; }", b, b, b, changes[i]), 0);
		strbuf_clear(&text);
		run_command(&text, "/usr/bin/python3 tests/support/cmp_tree.py '%s' '%s.x' | tail -n 1", a, b);
		if (!strstr(strbuf_text(&text), " differences") || strstr(strbuf_text(&text), " 0 differences"))
			fail_msg("change %zu not seen: %s", i, strbuf_text(&text));
		assert_int_equal(run_command(&text, "rm -rf '%s.x'", b), 0);
	}
}

static void clone_has_the_identifiers_of_the_other_machine(void **state UNUSED)
{
	struct machine original, clone, other;

	machine_init(&original, MACHINE_COMPLETE, 1, 1);
	machine_init(&clone, MACHINE_COMPLETE, 2, 1);
	machine_init(&other, MACHINE_COMPLETE, 2, 2);
	assert_true(guid_equal(&original.nics[0].guid, &clone.nics[0].guid));
	assert_true(guid_equal(&original.machine_guid, &clone.machine_guid));
	assert_string_not_equal(original.computer, clone.computer);
	assert_false(guid_equal(&original.nics[0].guid, &other.nics[0].guid));
}

static void existing_folder_is_refused(void **state UNUSED)
{
	struct err err = { 0 };

	assert_int_equal(tree_build(folder, &(struct tree_options){ .seed = 1 }, &err), -1);
}

static void program_has_the_version_for_an_independent_reader(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf pe = STRBUF_INIT, text = STRBUF_INIT;
	CLEANUP(freep) char *path = path_join(folder, "x.dll");
	struct pe_version version;
	struct err err = { 0 };

	assert_true(pe_version_parse("10.0.19041.5", &version));
	pe_build(&version, "x.dll", &pe);
	assert_int_equal(write_file(path, pe.data, pe.len, &err), 0);
	assert_int_equal(run_command(&text, "$(command -v 7zz || echo 7z) x -so '%s' .rsrc/version.txt | iconv -f UTF-16",
				     path), 0);
	assert_non_null(strstr(text.data, "FILEVERSION    10,0,19041,5"));
	assert_int_equal(count_text(&text, "\"10.0.19041.5\""), 2);
	assert_non_null(strstr(text.data, "\"Translation\", 0x409, 1200"));
}

static void version_is_up_to_four_numbers_of_sixteen_bits(void **state UNUSED)
{
	struct pe_version v;

	assert_true(pe_version_parse("6.1", &v));
	assert_int_equal(v.part[1], 1);
	assert_int_equal(v.part[3], 0);
	assert_false(pe_version_parse("6.65536", &v));
	assert_false(pe_version_parse("1.2.3.4.5", &v));
	assert_false(pe_version_parse("a", &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_has_the_wanted_number_of_files),
		cmocka_unit_test(same_options_give_the_same_tree),
		cmocka_unit_test(comparison_sees_a_changed_byte_time_link_and_name),
		cmocka_unit_test(clone_has_the_identifiers_of_the_other_machine),
		cmocka_unit_test(existing_folder_is_refused),
		cmocka_unit_test(program_has_the_version_for_an_independent_reader),
		cmocka_unit_test(version_is_up_to_four_numbers_of_sixteen_bits),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
