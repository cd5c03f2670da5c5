/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/inventory.h"
#include "tests/unit/kms/audit_case.h"

static struct inventory *parse(const char *text)
{
	struct err err = { 0 };
	struct inventory *inventory = inventory_parse(bytes_of(text, strlen(text)), &err);

	if (!inventory)
		fail_msg("%s", err.text);
	return inventory;
}

static void computers_are_found_with_and_without_their_domain(void **state UNUSED)
{
	CLEANUP(inventory_freep) struct inventory *inventory =
		parse("Site,Computer,Image\r\nhere,PC1.example.com,win11-v3\r\nthere,pc2,win10\r\n,pc3,\r\n,10.0.0.1,x\r\n");

	assert_string_equal(inventory_image(inventory, "pc1.EXAMPLE.com"), "win11-v3");
	assert_string_equal(inventory_image(inventory, "PC1"), "win11-v3");
	assert_string_equal(inventory_image(inventory, "pc2.example.com"), "win10");
	assert_string_equal(inventory_image(inventory, "10.0.0.1"), "x");
	assert_null(inventory_image(inventory, "pc3"));
	assert_null(inventory_image(inventory, "pc"));
	assert_null(inventory_image(inventory, "10.0.0.2"));
}

static void quotes_semicolons_and_line_breaks_are_read(void **state UNUSED)
{
	CLEANUP(inventory_freep) struct inventory *inventory =
		parse("\xef\xbb\xbfimage;\"computer\"\n\"gold; \"\"v2\"\"\n2026\";pc1\nplain ; pc2 \nlast;pc3");

	assert_string_equal(inventory_image(inventory, "pc1"), "gold; \"v2\"\n2026");
	assert_string_equal(inventory_image(inventory, "pc2"), "plain");
	assert_string_equal(inventory_image(inventory, "pc3"), "last");
}

static void first_row_of_a_computer_counts(void **state UNUSED)
{
	CLEANUP(inventory_freep) struct inventory *inventory = parse("computer,image\npc1,a\nPC1,b\n");

	assert_string_equal(inventory_image(inventory, "pc1"), "a");
}

static void file_without_the_columns_is_refused(void **state UNUSED)
{
	static const char *const bad[] = { "", "a,b\n", "computer\npc1\n", "\"computer,image", "\n\n" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err err = { 0 };

		assert_null(inventory_parse(bytes_of(bad[i], strlen(bad[i])), &err));
		assert_int_equal(err.kind, ERR_FORMAT);
	}
}

static void row_that_is_too_short_or_too_long_harms_nothing(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(inventory_freep) struct inventory *inventory = NULL;

	strbuf_adds(&text, "computer,image\npc0\n");
	strbuf_add_fill(&text, ',', 100000);
	strbuf_adds(&text, "\npc1,a\n\"");
	inventory = parse(text.data);
	assert_null(inventory_image(inventory, "pc0"));
	assert_string_equal(inventory_image(inventory, "pc1"), "a");
}

static void clones_are_told_with_their_images(void **state)
{
	struct audit_case *c = *state;
	CLEANUP(inventory_freep) struct inventory *inventory = parse("computer,image\npc1,gold\npc2,gold\npc3,silver\n");

	c->options.inventory = inventory;
	for (unsigned i = 0; i < 8; i++) {
		char name[8], time[24];

		snprintf(name, sizeof(name), "pc%u", i % 4 + 1);
		snprintf(time, sizeof(time), "2026/8/%u 10:00", i + 1);
		ask(c, name, 7, time);
	}
	judge_case(c);
	assert_non_null(strstr(found(c, "duplicate-cmid")->note, "image gold: 2 of 4"));
	assert_non_null(strstr(found(c, "duplicate-cmid")->note, "image silver: 1 of 4"));
	assert_non_null(strstr(found(c, "duplicate-cmid")->note, "not in the inventory: 1 of 4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(computers_are_found_with_and_without_their_domain),
		cmocka_unit_test(quotes_semicolons_and_line_breaks_are_read),
		cmocka_unit_test(first_row_of_a_computer_counts),
		cmocka_unit_test(file_without_the_columns_is_refused),
		cmocka_unit_test(row_that_is_too_short_or_too_long_harms_nothing),
		cmocka_unit_test_setup_teardown(clones_are_told_with_their_images, case_setup, case_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
