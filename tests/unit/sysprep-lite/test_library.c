/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sysprep_lite.h as another program uses it; results are read back by hivexget. */
#include "sysprep-lite/sysprep_lite.h"

#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/image/image.h"
#include "tests/support/run_command.h"
#include "tests/support/tree_builder.h"
#include "tests/unit/cmocka_all.h"

#define CONFIG "Windows/System32/config/"

static char *build_tree(const char *folder)
{
	char *tree = path_join(folder, "tree");
	struct err err = { 0 };

	assert_int_equal(tree_build(tree, &(struct tree_options){ .files = TREE_FILES_MIN, .seed = 5 }, &err), 0);
	return tree;
}

static void value_is(const char *hive, const char *key, const char *name, const char *expected)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	assert_int_equal(run_command(&out, "hivexget '%s' '%s' '%s' 2>/dev/null", hive, key, name), 0);
	while (out.len && out.data[out.len - 1] == '\n')
		out.data[--out.len] = '\0';
	assert_string_equal(strbuf_text(&out), expected);
}

static bool has_value(const char *hive, const char *key, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	return run_command(&out, "hivexget '%s' '%s' '%s' 2>/dev/null", hive, key, name) == 0;
}

/* Registry edits, a computer name and a generalize run: one commit. */
static void change_all(struct target *target)
{
	struct plan_options options = { .computer_name = "kiosk-7" };
	struct winroot *root;
	struct plan *plan;
	struct err err = { 0 };
	struct commit_stats stats;

	assert_non_null(target);
	root = winroot_open(target, &err);
	assert_non_null(root);
	assert_int_equal(registry_set_text(root, "HKLM\\SOFTWARE\\Contoso\\Ring", "Name", REGF_SZ, "inner", &err), 0);
	assert_int_equal(registry_set_u32(root, "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control", "Seven", 7,
					  &err), 0);
	assert_int_equal(registry_delete_value(root, "HKLM\\SOFTWARE\\Microsoft\\Cryptography", "MachineGuid", &err), 0);
	assert_int_equal(registry_delete_key(root, "HKLM\\SYSTEM\\MountedDevices", &err), 0);
	assert_int_equal(registry_delete_key(root, "HKLM\\SYSTEM\\NoSuchKey", &err), 0);
	plan = plan_build(root, &options, &err);
	assert_non_null(plan);
	assert_int_equal(plan_stage(plan, root, &err), 0);
	assert_int_equal(winroot_commit(root, NULL, &stats, &err), 0);
	assert_true(stats.hives >= 2);
	plan_freep(&plan);
	winroot_freep(&root);
	target_freep(&target);
}

static void expect_all(const char *system, const char *software)
{
	value_is(software, "Contoso\\Ring", "Name", "inner");
	value_is(system, "ControlSet001\\Control", "Seven", "7");
	value_is(system, "ControlSet001\\Control\\ComputerName\\ComputerName", "ComputerName", "KIOSK-7");
	value_is(system, "ControlSet002\\Services\\Tcpip\\Parameters", "Hostname", "kiosk-7");
	value_is(system, "ControlSet002\\Services\\Tcpip\\Parameters", "NV Hostname", "kiosk-7");
	assert_false(has_value(software, "Microsoft\\Cryptography", "MachineGuid"));
	assert_false(has_value(software, "Microsoft\\Windows\\CurrentVersion\\WindowsUpdate", "SusClientId"));
	assert_false(has_value(system, "MountedDevices", "\\DosDevices\\C:"));
	assert_true(has_value(system, "Setup\\Goldwim", "Run"));
}

static void edits_plans_and_one_commit_change_a_folder(void **state UNUSED)
{
	char *folder = new_folder();
	CLEANUP(freep) char *tree = build_tree(folder);
	CLEANUP(freep) char *system = path_join(tree, CONFIG "SYSTEM");
	CLEANUP(freep) char *software = path_join(tree, CONFIG "SOFTWARE");
	struct err err = { 0 };

	assert_true(has_value(software, "Microsoft\\Cryptography", "MachineGuid"));
	change_all(target_open(tree, true, &err));
	expect_all(system, software);
	remove_folder(folder);
}

/* The caller's own edits and ours go into one append. */
static void an_image_edit_of_the_caller_takes_them_too(void **state UNUSED)
{
	char *folder = new_folder();
	CLEANUP(freep) char *tree = build_tree(folder);
	CLEANUP(freep) char *wim = path_join(folder, "w.wim");
	CLEANUP(freep) char *system = path_join(folder, "out/SYSTEM");
	CLEANUP(freep) char *software = path_join(folder, "out/SOFTWARE");
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct image_edit *edit;
	struct err err = { 0 };

	assert_int_equal(run_command(&out, "wimlib-imagex capture '%s' '%s' --compress=XPRESS 2>&1", tree, wim), 0);
	edit = image_edit_open(wim, "1", &err);
	assert_non_null(edit);
	assert_int_equal(image_edit_put(edit, "/mine.txt", "mine", 4, false, &err), 0);
	change_all(target_for_edit(edit));
	assert_int_equal(image_edit_commit(edit, NULL, &err), 0);
	image_edit_closep(&edit);
	assert_int_equal(run_command(&out, "wimlib-imagex extract '%s' 1 /%sSYSTEM /%sSOFTWARE /mine.txt "
					   "--dest-dir='%s/out' --no-acls 2>&1 && wimlib-imagex verify '%s' 2>&1",
				     wim, CONFIG, CONFIG, folder, wim), 0);
	expect_all(system, software);
	remove_folder(folder);
}

static void settings_alone_touch_no_identity(void **state UNUSED)
{
	struct plan_options options = { .only_settings = true, .computer_name = "desk", .time_zone = "UTC" };
	char *folder = new_folder();
	CLEANUP(freep) char *tree = build_tree(folder);
	CLEANUP(freep) char *system = path_join(tree, CONFIG "SYSTEM");
	CLEANUP(freep) char *software = path_join(tree, CONFIG "SOFTWARE");
	struct err err = { 0 };
	struct target *target = target_open(tree, true, &err);
	struct winroot *root = winroot_open(target, &err);
	struct plan *plan = plan_build(root, &options, &err);

	assert_non_null(plan);
	assert_int_equal(plan_apply(plan, root, NULL, NULL, &err), 0);
	plan_freep(&plan);
	winroot_freep(&root);
	target_freep(&target);
	value_is(system, "ControlSet001\\Control\\ComputerName\\ComputerName", "ComputerName", "DESK");
	value_is(system, "ControlSet001\\Control\\TimeZoneInformation", "TimeZoneKeyName", "UTC");
	assert_true(has_value(software, "Microsoft\\Cryptography", "MachineGuid"));
	assert_true(has_value(software, "Microsoft\\Windows\\CurrentVersion\\WindowsUpdate", "SusClientId"));
	assert_false(has_value(system, "Setup\\Goldwim", "Run"));
	remove_folder(folder);
}

static void what_is_no_key_of_an_offline_windows_is_refused(void **state UNUSED)
{
	char *folder = new_folder();
	CLEANUP(freep) char *tree = build_tree(folder);
	struct err err = { 0 };
	struct target *target = target_open(tree, true, &err);
	struct winroot *root = winroot_open(target, &err);
	struct plan_options bad = { .only_settings = true, .computer_name = "a b" };

	assert_int_equal(registry_add_key(root, "HKCU\\Software\\X", &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
	assert_int_equal(registry_add_key(root, "HKLM\\BCD00000000\\Objects", &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(registry_delete_key(root, "HKLM\\SOFTWARE", &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	for (size_t i = 0; i < 5; i++) {
		static const char *const names[] = { "a b", "", "-a", "12345", "x_y" };

		bad.computer_name = names[i];
		assert_null(plan_build(root, &bad, &err));
		assert_int_equal(err.kind, ERR_USAGE);
	}
	winroot_freep(&root);
	target_freep(&target);
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_plans_and_one_commit_change_a_folder),
		cmocka_unit_test(an_image_edit_of_the_caller_takes_them_too),
		cmocka_unit_test(settings_alone_touch_no_identity),
		cmocka_unit_test(what_is_no_key_of_an_offline_windows_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
