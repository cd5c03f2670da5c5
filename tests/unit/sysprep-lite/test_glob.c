/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/glob.h"

#include <string.h>

#include "tests/unit/cmocka_all.h"

static void a_star_stands_for_any_run_inside_one_part(void **state UNUSED)
{
	assert_true(glob_match("ControlSet*", "ControlSet001"));
	assert_true(glob_match("ControlSet*", "ControlSet"));
	assert_false(glob_match("ControlSet*", "CurrentControlSet"));
	assert_true(glob_match("*.evtx", "Microsoft-Windows-Kernel.evtx"));
	assert_true(glob_match("L$HYDRAENCKEY_*", "L$HYDRAENCKEY_28ada6da"));
	assert_true(glob_match("a*b*c", "aXbYbZc"));
	assert_false(glob_match("a*b*c", "aXbYbZ"));
	assert_true(glob_match("*", ""));
	assert_true(glob_match("?", "x"));
	assert_false(glob_match("?", ""));
}

static void names_match_without_regard_to_case(void **state UNUSED)
{
	assert_true(glob_match("tcpip6", "TCPIP6"));
	assert_true(glob_match("\xc3\xa4*", "\xc3\x84pfel"));
	assert_false(glob_match("tcpip6", "tcpip"));
}

static void the_guid_token_takes_a_guid_in_braces_only(void **state UNUSED)
{
	assert_true(glob_match("<GUID>", "{01eb9985-230c-49ad-a8c2-c24914da4739}"));
	assert_true(glob_match("Tcpip_<GUID>", "Tcpip_{01EB9985-230C-49AD-A8C2-C24914DA4739}"));
	assert_false(glob_match("<GUID>", "01eb9985-230c-49ad-a8c2-c24914da4739"));
	assert_false(glob_match("<GUID>", "{01eb9985-230c-49ad-a8c2-c24914da4739"));
	assert_false(glob_match("<GUID>", "{01eb9985-230c-49ad-a8c2-c24914da4739}x"));
	assert_false(glob_match("<GUID>", "Descriptions"));
}

static void one_of_a_list_is_enough(void **state UNUSED)
{
	assert_true(glob_match_list("T1|T2|Lease*", "T2"));
	assert_true(glob_match_list("T1|T2|Lease*", "leaseobtainedtime"));
	assert_false(glob_match_list("T1|T2|Lease*", "T12"));
	assert_true(glob_match_list("*", "\\DosDevices\\C:"));
}

static void parts_of_a_path_match_one_by_one(void **state UNUSED)
{
	assert_true(glob_match_path("ControlSet*\\Services\\*\\Linkage", "ControlSet002\\Services\\Tcpip\\Linkage"));
	assert_false(glob_match_path("ControlSet*\\Services\\*\\Linkage", "ControlSet002\\Services\\Linkage"));
	assert_false(glob_match_path("ControlSet*\\Services", "ControlSet002\\Services\\Tcpip"));
	assert_false(glob_match_path("*", "a\\b"));
}

static void two_stars_stand_for_any_number_of_parts(void **state UNUSED)
{
	assert_true(glob_match_path("Setup\\Upgrade\\**", "Setup\\Upgrade"));
	assert_true(glob_match_path("Setup\\Upgrade\\**", "Setup\\Upgrade\\PnP\\a\\Driver"));
	assert_true(glob_match_path("Setup\\**\\Driver", "Setup\\Upgrade\\PnP\\a\\Driver"));
	assert_false(glob_match_path("Setup\\**\\Driver", "Setup\\Upgrade\\PnP\\a"));
	assert_false(glob_match_path("Setup\\Upgrade\\**", "Setup\\Pid"));
}

static void a_hostile_name_does_not_take_long(void **state UNUSED)
{
	char name[4096];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(glob_match("*a*a*a*a*a*a*a*a*a*b", name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_star_stands_for_any_run_inside_one_part),
		cmocka_unit_test(names_match_without_regard_to_case),
		cmocka_unit_test(the_guid_token_takes_a_guid_in_braces_only),
		cmocka_unit_test(one_of_a_list_is_enough),
		cmocka_unit_test(parts_of_a_path_match_one_by_one),
		cmocka_unit_test(two_stars_stand_for_any_number_of_parts),
		cmocka_unit_test(a_hostile_name_does_not_take_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
