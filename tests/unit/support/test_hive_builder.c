/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/hive_builder.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "tests/support/machine.h"
#include "tests/support/run_command.h"
#include "tests/support/write_file.h"
#include "tests/unit/cmocka_all.h"

#define HIVE_MAX (16u << 20)

static char *folder, *hive;

static int setup(void **state UNUSED)
{
	folder = new_folder();
	hive = path_join(folder, "HIVE");
	return 0;
}

static int teardown(void **state UNUSED)
{
	free(hive);
	remove_folder(folder);
	return 0;
}

static void build(const char *spec, unsigned flags)
{
	const struct hive_options options = { .flags = flags };
	struct err err = { 0 };

	if (hive_build_as(hive, spec, &options, &err) < 0)
		fail_msg("%s", err.text);
}

static void read_hive(struct strbuf *ret)
{
	struct err err = { 0 };

	strbuf_clear(ret);
	assert_int_equal(file_read_all(hive, HIVE_MAX, ret, &err), 0);
}

static void reglookup(struct strbuf *ret)
{
	strbuf_clear(ret);
	assert_int_equal(run_command(ret, "reglookup '%s' 2>/dev/null", hive), 0);
}

static void assert_line(const struct strbuf *text, const char *line)
{
	if (!strstr(strbuf_text(text), line))
		fail_msg("no line '%s' in:\n%s", line, strbuf_text(text));
}

static void empty_hive_has_a_root_key_for_three_readers(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	build("", 0);
	assert_int_equal(run_command(&text, "hivexml '%s'", hive), 0);
	assert_int_equal(count_text(&text, "<node "), 1);
	reglookup(&text);
	assert_line(&text, "\n/,KEY,,2019-04-12 00:42:44\n");
	strbuf_clear(&text);
	assert_int_equal(run_command(&text, "regfexport '%s'", hive), 0);
	assert_line(&text, "Key: ROOT");
}

static void root_key_has_the_descriptor_of_the_recipe(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	build("", 0);
	assert_int_equal(run_command(&text, "reglookup -s '%s'", hive), 0);
	assert_line(&text, "S-1-5-32-544,S-1-5-32-544");
	assert_line(&text, "S-1-5-18");
	assert_line(&text, "S-1-5-32-545");
}

static void each_type_of_value_is_stored(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	build("# a comment\n"
	      "[A\\B]\n"
	      "@=sz:\"default\"\n"
	      "\"Text\"=sz:\"one \\\"two\\\" C:\\\\x\"\n"
	      "\"Path\"=expand:\"%SystemRoot%\"\n"
	      "\"List\"=multi:\"a\",\"bc\"\n"
	      "\"Number\"=dword:0000001a\n"
	      "\"Long\"=qword:0000000100000002\n"
	      "\"Raw\"=hex:00,01,\\\n  fe\n"
	      "\"Kind\"=hex(ffff2012):41,00,42,00,43,00\n"
	      "\"Nothing\"=hex:\n", 0);
	reglookup(&text);
	assert_line(&text, "\n/A/B/,SZ,default,\n");
	assert_line(&text, "\n/A/B/Text,SZ,one %22two%22 C:\\x,\n");
	assert_line(&text, "\n/A/B/Path,EXPAND_SZ,%25SystemRoot%25,\n");
	assert_line(&text, "\n/A/B/List,MULTI_SZ,a|bc,\n");
	assert_line(&text, "\n/A/B/Number,DWORD,0x0000001A,\n");
	assert_line(&text, "\n/A/B/Long,QWORD,0x0000000100000002,\n");
	assert_line(&text, "\n/A/B/Raw,BINARY,%00%01%FE,\n");
	assert_line(&text, "\n/A/B/Kind,0xFFFF2012,A%00B%00C%00,\n");
	assert_line(&text, "\n/A/B/Nothing,BINARY,(null),\n");
}

static void texts_end_with_one_nul(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	build("[A]\n\"T\"=sz:\"abcd\"\n\"M\"=multi:\"ab\",\"c\"\n", 0);
	assert_int_equal(run_command(&text, "regfexport '%s'", hive), 0);
	assert_line(&text, "Data size: 10\nData: abcd");
	assert_line(&text, "(REG_MULTI_SZ)\nData size: 12\n");
}

static void text_is_utf16_with_lone_surrogates_kept(void **state UNUSED)
{
	static const char wanted[] = "\xc4\0\x3d\xd8\xbe\xdc\x00\xd8x\0\0";
	CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;

	build("[A]\n\"T\"=sz:\"\xc3\x84\xf0\x9f\x92\xbe\\ud800x\"\n", 0);
	read_hive(&bytes);
	assert_non_null(memmem(bytes.data, bytes.len, wanted, sizeof wanted));
}

static void key_named_again_keeps_its_values(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	build("[A]\n\"One\"=dword:1\n[B]\n[A]\n\"Two\"=dword:2\n\"One\"=dword:3\n", 0);
	reglookup(&text);
	assert_line(&text, "\n/A/One,DWORD,0x00000003,\n");
	assert_line(&text, "\n/A/Two,DWORD,0x00000002,\n");
	assert_int_equal(count_text(&text, ",KEY,"), 3);
	assert_int_equal(count_text(&text, ",DWORD,"), 2);
}

static uint32_t checksum(const struct strbuf *bytes)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < 0x1fc; at += 4)
		sum ^= load_le32((const uint8_t *)bytes->data + at);
	return sum;
}

static void dirty_hive_differs_only_in_its_sequence_numbers(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	const uint8_t *base;

	build("[A]\n", HIVE_DIRTY);
	read_hive(&bytes);
	base = (const uint8_t *)bytes.data;
	assert_int_equal(load_le32(base + 4), load_le32(base + 8) + 1);
	assert_int_equal(load_le32(base + 0x1fc), checksum(&bytes));
}

static void bad_checksum_is_refused_by_readers(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	build("[A]\n", HIVE_BAD_CHECKSUM);
	assert_int_not_equal(run_command(&text, "hivexml '%s' 2>&1", hive), 0);
	read_hive(&text);
	assert_int_equal(load_le32((const uint8_t *)text.data + 0x1fc) ^ 1, checksum(&text));
}

static void same_text_gives_the_same_bytes(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;

	build("[A\\B]\n\"T\"=sz:\"x\"\n", 0);
	read_hive(&first);
	build("[A\\B]\n\"T\"=sz:\"x\"\n", 0);
	read_hive(&second);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
}

static void wrong_lines_are_refused_with_their_number(void **state UNUSED)
{
	static const char *const specs[] = {
		"[A]\n\"T\"=sz:\"no end\n", "[A]\n\"T\"=dword:xyz\n", "[A]\n\"T\"=what:1\n", "[A]\n\"T\" sz:\"x\"\n",
		"[A]\nword\n",             "[A]\n[B\n",              "[A]\n[\xc3\x84]\n",  "[A]\n\"T\"=hex:100\n",
		"[A]\n\"T\"=sz:\"x\"y\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct err err = { 0 };

		assert_int_equal(hive_build(hive, specs[i], &err), -1);
		if (strncmp(err.text, "line 2: ", 8) != 0)
			fail_msg("spec %zu: %s", i, err.text);
		assert_false(path_exists(hive));
	}
}

static void value_that_needs_a_big_data_record_is_refused(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf spec = STRBUF_INIT;
	struct err err = { 0 };

	strbuf_adds(&spec, "[A]\n\"T\"=hex:");
	for (size_t i = 0; i < 16345; i++)
		strbuf_adds(&spec, "00,");
	strbuf_addc(&spec, '\n');
	assert_int_equal(hive_build(hive, strbuf_text(&spec), &err), -1);
}

/* Counts the keys of a spec: every prefix of every path once, and the root. */
static size_t count_keys(const struct strbuf *spec)
{
	CLEANUP(strbuf_release) struct strbuf number = STRBUF_INIT;
	char *path = path_join(folder, "spec");
	struct err err = { 0 };

	assert_int_equal(write_file(path, spec->data, spec->len, &err), 0);
	assert_int_equal(run_command(&number,
				     "sed -n 's/^\\[\\(.*\\)\\]$/\\1/p' '%s' | tr a-z A-Z | awk -F'\\\\' '{ p = \"\"; "
				     "for (i = 1; i <= NF; i++) { p = p \"/\" $i; seen[p] = 1 } } "
				     "END { n = 1; for (k in seen) n++; print n }'", path), 0);
	free(path);
	return strtoul(strbuf_text(&number), NULL, 10);
}

static void hives_of_a_machine_are_read_in_full_by_three_readers(void **state UNUSED)
{
	static void (*const texts[])(const struct machine *machine, struct strbuf *ret) = {
		machine_system, machine_software, machine_sam, machine_security, machine_network_service,
	};

	for (unsigned s = MACHINE_COMPLETE; s <= MACHINE_NONE; s++) {
		struct machine machine;

		machine_init(&machine, (enum machine_state)s, 1, 1);
		for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
			CLEANUP(strbuf_release) struct strbuf spec = STRBUF_INIT, text = STRBUF_INIT;
			size_t keys;

			texts[i](&machine, &spec);
			build(strbuf_text(&spec), 0);
			keys = count_keys(&spec);
			assert_true(keys > 5);
			reglookup(&text);
			assert_int_equal(count_text(&text, ",KEY,"), keys);
			strbuf_clear(&text);
			assert_int_equal(run_command(&text, "hivexml '%s'", hive), 0);
			assert_int_equal(count_text(&text, "<node "), keys);
			strbuf_clear(&text);
			assert_int_equal(run_command(&text, "regfexport '%s'", hive), 0);
			assert_int_equal(count_text(&text, "\nKey: "), keys);
		}
	}
}

static void system_hive_names_each_card_as_text_utf16_and_bytes(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf spec = STRBUF_INIT, bytes = STRBUF_INIT;
	struct machine machine;

	machine_init(&machine, MACHINE_COMPLETE, 1, 1);
	machine_system(&machine, &spec);
	build(strbuf_text(&spec), 0);
	read_hive(&bytes);
	for (size_t i = 0; i < machine.n_nics; i++) {
		char upper[GUID_BRACED_LEN + 1], lower[GUID_BRACED_LEN + 1], wide[2 * GUID_BRACED_LEN] = "";

		guid_format(&machine.nics[i].guid, GUID_BRACES | GUID_UPPER, upper);
		guid_format(&machine.nics[i].guid, GUID_BRACES, lower);
		for (size_t k = 0; k < GUID_BRACED_LEN; k++)
			wide[2 * k] = upper[k];
		assert_non_null(memmem(bytes.data, bytes.len, upper, GUID_BRACED_LEN));
		assert_non_null(memmem(bytes.data, bytes.len, lower, GUID_BRACED_LEN));
		assert_non_null(memmem(bytes.data, bytes.len, wide, sizeof wide));
		assert_non_null(memmem(bytes.data, bytes.len, machine.nics[i].guid.bytes, 16));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_hive_has_a_root_key_for_three_readers),
		cmocka_unit_test(root_key_has_the_descriptor_of_the_recipe),
		cmocka_unit_test(each_type_of_value_is_stored),
		cmocka_unit_test(texts_end_with_one_nul),
		cmocka_unit_test(text_is_utf16_with_lone_surrogates_kept),
		cmocka_unit_test(key_named_again_keeps_its_values),
		cmocka_unit_test(dirty_hive_differs_only_in_its_sequence_numbers),
		cmocka_unit_test(bad_checksum_is_refused_by_readers),
		cmocka_unit_test(same_text_gives_the_same_bytes),
		cmocka_unit_test(wrong_lines_are_refused_with_their_number),
		cmocka_unit_test(value_that_needs_a_big_data_record_is_refused),
		cmocka_unit_test(hives_of_a_machine_are_read_in_full_by_three_readers),
		cmocka_unit_test(system_hive_names_each_card_as_text_utf16_and_bytes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
