/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/operations.h"

#include <string.h>

#include "sysprep-lite/scan.h"
#include "tests/unit/cmocka_all.h"

static struct cli_list list_of(const char **item)
{
	return (struct cli_list){ .items = item, .len = 1, .cap = 1 };
}

static void uncertain_facts_are_off_by_default(void **state UNUSED)
{
	for (size_t i = 0; i < n_op_rows; i++)
		if (op_rows[i].sure == SURE_UNCERTAIN)
			assert_false(op_rows[i].on);
}

static void rows_that_only_tell_are_never_on(void **state UNUSED)
{
	struct op_choice choice = { 0 };

	for (size_t i = 0; i < n_op_rows; i++)
		if (op_rows[i].verb == VERB_REPORT || op_rows[i].verb == VERB_WINDOWS)
			assert_false(op_is_on(&choice, &op_rows[i]));
}

/* A new MachineGuid orphans the key files that are named after the old one. */
static void machine_guid_is_off_until_it_is_asked_for(void **state UNUSED)
{
	const char *name = "machine-guid";
	struct cli_list enable = list_of(&name);
	struct op_choice nothing = { 0 }, asked = { .enable = &enable };

	assert_false(op_is_on(&nothing, op_find("machine-guid")));
	assert_true(op_is_on(&asked, op_find("machine-guid")));
}

static void an_operation_counts_before_its_category(void **state UNUSED)
{
	const char *category = "machine", *operation = "wsus-client";
	struct cli_list disable = list_of(&category), enable = list_of(&operation);
	struct op_choice choice = { .enable = &enable, .disable = &disable };

	assert_true(op_is_on(&choice, op_find("wsus-client")));
	assert_false(op_is_on(&choice, op_find("sqm-id")));
	assert_true(op_is_on(&choice, op_find("nic-guids")));
}

static void a_wrong_name_is_a_usage_error_with_a_suggestion(void **state UNUSED)
{
	const char *name = "nic-guid";
	struct cli_list disable = list_of(&name);
	struct op_choice choice = { .disable = &disable };
	struct err err = { 0 };

	assert_int_equal(op_choice_check(&choice, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
	assert_non_null(strstr(err.text, "nic-guids"));
}

/* The stores of the licensing service are signed: no row may touch them. */
static void no_row_changes_the_licensing_stores(void **state UNUSED)
{
	static const char *const stores[] = { "spp\\store", "tokens.dat", "data.dat", "7B296FB0", "WPA\\" };

	for (size_t i = 0; i < n_op_rows; i++)
		for (size_t k = 0; k < ARRAY_SIZE(stores); k++)
			if (strcasestr(op_rows[i].path, stores[k]) || strcasestr(op_rows[i].values, stores[k]))
				assert_false(op_changes(&op_rows[i]));
}

static void every_rule_has_advice_and_a_unique_id(void **state UNUSED)
{
	const struct rule_meta *rule;

	for (size_t i = 0; (rule = scan_rule_at(i)); i++) {
		assert_non_null(rule->summary);
		assert_non_null(rule->advice);
		assert_ptr_equal(scan_rule(rule->id), rule);
	}
}

static void settings_of_answer_files_are_found(void **state UNUSED)
{
	assert_true(answer_setting_is_true("<a><SkipRearm>1</SkipRearm></a>", "SkipRearm"));
	assert_true(answer_setting_is_true("<SkipRearm wcm:action=\"x\"> 1\n</SkipRearm>", "SkipRearm"));
	assert_true(answer_setting_is_true("<PersistAllDeviceInstalls>true</PersistAllDeviceInstalls>",
					   "PersistAllDeviceInstalls"));
	assert_true(answer_setting_is_true("<SkipRearm>0</SkipRearm><SkipRearm>1</SkipRearm>", "SkipRearm"));
	assert_false(answer_setting_is_true("<SkipRearm>0</SkipRearm>", "SkipRearm"));
	assert_false(answer_setting_is_true("<!-- <SkipRearm>1</SkipRearm> -->", "SkipRearm"));
	assert_false(answer_setting_is_true("<SkipRearm/>1", "SkipRearm"));
	assert_false(answer_setting_is_true("<SkipRearmed>1</SkipRearmed>", "SkipRearm"));
	assert_false(answer_setting_is_true("<SkipRearm", "SkipRearm"));
	assert_false(answer_setting_is_true("<!-- never closed <SkipRearm>1", "SkipRearm"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uncertain_facts_are_off_by_default),
		cmocka_unit_test(rows_that_only_tell_are_never_on),
		cmocka_unit_test(machine_guid_is_off_until_it_is_asked_for),
		cmocka_unit_test(an_operation_counts_before_its_category),
		cmocka_unit_test(a_wrong_name_is_a_usage_error_with_a_suggestion),
		cmocka_unit_test(no_row_changes_the_licensing_stores),
		cmocka_unit_test(every_rule_has_advice_and_a_unique_id),
		cmocka_unit_test(settings_of_answer_files_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
