/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/schema.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/unit/cmocka_all.h"

static void tables_are_sorted_so_that_every_row_is_found(void **state UNUSED)
{
	const struct component_spec *component;
	const struct setting_spec *setting;
	size_t n_components = 0, n_settings = 0;

	for (; (component = component_spec_at(n_components)); n_components++)
		assert_ptr_equal(component_spec_find(component->name), component);
	for (; (setting = setting_spec_at(n_settings)); n_settings++) {
		assert_ptr_equal(setting_spec_find(setting->component, setting->path), setting);
		assert_non_null(component_spec_find(setting->component));
	}
	assert_int_equal(n_components, 93);
	assert_int_equal(n_settings, 1168);
}

static void names_are_found_in_any_case(void **state UNUSED)
{
	const struct setting_spec *spec = setting_spec_find("microsoft-windows-shell-setup", "computername");

	assert_non_null(spec);
	assert_string_equal(spec->path, "ComputerName");
	assert_null(setting_spec_find("Microsoft-Windows-Shell-Setup", "ComputerNames"));
	assert_null(component_spec_find("Microsoft-Windows-Shell"));
}

static void passes_are_spelled_exactly(void **state UNUSED)
{
	char list[120], tiny[8];

	assert_int_equal(pass_parse("oobeSystem"), PASS_OOBE_SYSTEM);
	assert_int_equal(pass_parse("OobeSystem"), PASS_NONE);
	assert_int_equal(pass_parse(""), PASS_NONE);
	assert_string_equal(pass_list(PASS_SPECIALIZE | PASS_OOBE_SYSTEM, list, sizeof(list)), "specialize, oobeSystem");
	assert_true(strlen(pass_list(127, tiny, sizeof(tiny))) < sizeof(tiny));
}

static void a_setting_without_passes_has_those_of_its_component(void **state UNUSED)
{
	const struct setting_spec *key = setting_spec_find("Microsoft-Windows-Shell-Setup", "ProductKey");

	assert_int_equal(setting_spec_passes(key), PASS_SPECIALIZE);
	for (size_t i = 0; setting_spec_at(i); i++)
		assert_true(setting_spec_at(i)->passes ||
			    setting_spec_passes(setting_spec_at(i)) == component_spec_find(setting_spec_at(i)->component)->passes);
}

static void slips_get_a_suggestion_and_nonsense_gets_none(void **state UNUSED)
{
	assert_string_equal(component_did_you_mean("Microsoft-Windows-Shel-Setup"), "Microsoft-Windows-Shell-Setup");
	assert_string_equal(setting_did_you_mean("Microsoft-Windows-Shell-Setup", "OOBE/HideEulaPages"), "HideEULAPage");
	assert_string_equal(setting_did_you_mean("Microsoft-Windows-Shell-Setup", "HideEULAPage"), "OOBE/HideEULAPage");
	assert_null(component_did_you_mean("Something-Else-Entirely"));
	assert_null(setting_did_you_mean("Microsoft-Windows-Shell-Setup", "Qwertzuiop"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_sorted_so_that_every_row_is_found),
		cmocka_unit_test(names_are_found_in_any_case),
		cmocka_unit_test(passes_are_spelled_exactly),
		cmocka_unit_test(a_setting_without_passes_has_those_of_its_component),
		cmocka_unit_test(slips_get_a_suggestion_and_nonsense_gets_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
