/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/rearm.h"

#include <string.h>

#include "tests/unit/cmocka_all.h"

#define EXTENSION "{42B5FAAE-6536-11D2-AE5A-0000F87571E3}{40B6664F-4972-11D1-A7CA-0000F87571E3}"

static void check(void (*edit)(const char *, struct strbuf *), const char *old, const char *expected)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	edit(old, &out);
	assert_string_equal(strbuf_text(&out), expected);
}

static void a_missing_scripts_ini_gets_the_first_entry(void **state UNUSED)
{
	check(policy_scripts_ini, "", "[Startup]\r\n0CmdLine=goldwim-rearm.cmd\r\n0Parameters=\r\n");
}

static void entries_that_are_there_keep_their_numbers(void **state UNUSED)
{
	check(policy_scripts_ini,
	      "\r\n[Startup]\r\n0CmdLine=a.cmd\r\n0Parameters=x\r\n1CmdLine=b.cmd\r\n1Parameters=\r\n\r\n"
	      "[Shutdown]\r\n0CmdLine=c.cmd\r\n0Parameters=\r\n",
	      "\r\n[Startup]\r\n0CmdLine=a.cmd\r\n0Parameters=x\r\n1CmdLine=b.cmd\r\n1Parameters=\r\n"
	      "2CmdLine=goldwim-rearm.cmd\r\n2Parameters=\r\n\r\n[Shutdown]\r\n0CmdLine=c.cmd\r\n0Parameters=\r\n");
}

static void a_scripts_ini_with_other_sections_gets_startup(void **state UNUSED)
{
	check(policy_scripts_ini, "[Shutdown]\r\n0CmdLine=c.cmd",
	      "[Shutdown]\r\n0CmdLine=c.cmd\r\n[Startup]\r\n0CmdLine=goldwim-rearm.cmd\r\n0Parameters=\r\n");
}

static void our_entry_is_added_once(void **state UNUSED)
{
	const char *with = "[Startup]\r\n0CmdLine=GOLDWIM-REARM.CMD\r\n0Parameters=\r\n";

	check(policy_scripts_ini, with, with);
}

static void a_missing_gpt_ini_names_the_scripts_extension(void **state UNUSED)
{
	check(policy_gpt_ini, "", "[General]\r\ngPCMachineExtensionNames=[" EXTENSION "]\r\nVersion=1\r\n");
}

/* The low word counts changes of the machine part, the high word those of the user part. */
static void the_machine_version_rises(void **state UNUSED)
{
	check(policy_gpt_ini, "[General]\r\ngPCMachineExtensionNames=[" EXTENSION "]\r\nVersion=131074\r\n",
	      "[General]\r\ngPCMachineExtensionNames=[" EXTENSION "]\r\nVersion=131075\r\n");
	check(policy_gpt_ini, "[General]\r\ngPCMachineExtensionNames=[" EXTENSION "]\r\nVersion=65535\r\n",
	      "[General]\r\ngPCMachineExtensionNames=[" EXTENSION "]\r\nVersion=0\r\n");
}

static void extensions_stay_in_the_order_of_their_guids(void **state UNUSED)
{
	check(policy_gpt_ini,
	      "[General]\r\nVersion=2\r\ngPCMachineExtensionNames=[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72}]"
	      "[{827D319E-6EAC-11D2-A4EA-00C04F79F83A}{803E14A0}]\r\n",
	      "[General]\r\nVersion=3\r\ngPCMachineExtensionNames=[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72}]"
	      "[" EXTENSION "][{827D319E-6EAC-11D2-A4EA-00C04F79F83A}{803E14A0}]\r\n");
}

static void missing_lines_go_into_the_general_section(void **state UNUSED)
{
	check(policy_gpt_ini, "[General]\r\ndisplayName=x\r\n[Other]\r\nVersion=9\r\n",
	      "[General]\r\ndisplayName=x\r\ngPCMachineExtensionNames=[" EXTENSION "]\r\nVersion=1\r\n"
	      "[Other]\r\nVersion=9\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_scripts_ini_gets_the_first_entry),
		cmocka_unit_test(entries_that_are_there_keep_their_numbers),
		cmocka_unit_test(a_scripts_ini_with_other_sections_gets_startup),
		cmocka_unit_test(our_entry_is_added_once),
		cmocka_unit_test(a_missing_gpt_ini_names_the_scripts_extension),
		cmocka_unit_test(the_machine_version_rises),
		cmocka_unit_test(extensions_stay_in_the_order_of_their_guids),
		cmocka_unit_test(missing_lines_go_into_the_general_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
