/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names, properties and boot index: read back by wimlib-imagex, and whole after a kill at any step. */
#include <signal.h>
#include <sys/wait.h>

#include "common/image/image_private.h"
#include "common/image/image_set.h"
#include "common/image/wim_writer.h"
#include "tests/unit/image/wim_case.h"

#define JOURNAL "k.wim.goldwim-undo"

static const struct image_property properties[] = {
	{ "NAME", "Gr\303\274\303\237e & <more> \342\202\254" },
	{ "DESCRIPTION", "two words" },
	{ "DISPLAYNAME", "shown" },
	{ "FLAGS", "Professional" },
	{ "WINDOWS/VERSION/BUILD", "19045" },
	{ "WINDOWS/EDITIONID", "Professional" },
};

static const struct image_settings all_settings = {
	.image = "1",
	.properties = properties,
	.n_properties = ARRAY_SIZE(properties),
	.set_boot = true,
	.boot_index = 1,
};

static unsigned steps;
static unsigned end_at;

static void count_step(const char *step UNUSED)
{
	if (++steps == end_at)
		kill(getpid(), SIGKILL);
}

static int set_in_child(void)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct image_set_result done;

		wim_write_hook = count_step;
		_exit(image_set("k.wim", &all_settings, &done, NULL) < 0 || !done.changed);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void assert_line(const char *text, const char *label, const char *value)
{
	const char *at = strstr(text, label);

	assert_non_null(at);
	at += strlen(label);
	at += strspn(at, " ");
	assert_int_equal(strncmp(at, value, strlen(value)), 0);
	assert_int_equal(at[strlen(value)], '\n');
}

static bool has_new_values(void)
{
	char *info = output_of("wimlib-imagex info k.wim");
	bool is_new = strstr(info, properties[0].value) != NULL;

	assert_line(info, "\nBoot Index:", is_new ? "1" : "0");
	assert_line(info, "\nName:", is_new ? properties[0].value : "Source");
	if (is_new) {
		assert_line(info, "\nDescription:", "two words");
		assert_line(info, "\nDisplay Name:", "shown");
		assert_line(info, "\nFlags:", "Professional");
		assert_line(info, "\nEdition ID:", "Professional");
		assert_line(info, "\nBuild:", "19045");
	} else {
		assert_null(strstr(info, "Professional"));
	}
	free(info);
	return is_new;
}

static void kill_at_every_step(const char *options)
{
	unsigned olds = 0, news = 0;
	char *original;

	unlink(JOURNAL);
	capture("k.wim", options);
	original = sum_of("k.wim");
	for (end_at = 1;; end_at++) {
		int status = set_in_child();
		bool did, journal;

		assert_others_accept("k.wim");
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			break;
		}
		assert_int_equal(WTERMSIG(status), SIGKILL);
		journal = access(JOURNAL, F_OK) == 0;
		if (has_new_values())
			news++;
		else
			olds++;
		ok(image_recover("k.wim", &did, &err));
		assert_int_equal(did, journal);

		CLEANUP(freep) char *now = sum_of("k.wim");

		assert_string_equal(now, original);
	}
	assert_true(has_new_values());
	assert_int_not_equal(access(JOURNAL, F_OK), 0);
	assert_verifies("k.wim");
	/* journal in two halves, XML, header, sync, removal */
	assert_true(olds >= 5);
	assert_true(news >= 2);
	end_at = 0;
	free(original);
}

static void a_kill_at_any_step_leaves_the_old_or_the_new(void **state UNUSED)
{
	kill_at_every_step("--compress=XPRESS");
}

static void the_same_with_an_integrity_table(void **state UNUSED)
{
	kill_at_every_step("--compress=LZX:20 --check");
	/* wimlib compares the table when it opens the file */
	assert_int_equal(run("wimlib-imagex info k.wim --check"), 0);
	assert_int_equal(run("wimlib-imagex append src k.wim Again --check"), 0);
	assert_verifies("k.wim");
}

static void the_same_for_a_solid_wim(void **state UNUSED)
{
	kill_at_every_step("--solid --solid-chunk-size=128K");
}

static void files_and_other_images_stay(void **state UNUSED)
{
	struct image_set_result done;
	char *before, *after;

	capture("k.wim", "--compress=XPRESS");
	assert_int_equal(run("wimlib-imagex append src k.wim Second"), 0);
	before = output_of("wimlib-imagex dir k.wim 1 --detailed; wimlib-imagex dir k.wim 2 --detailed");
	ok(image_set("k.wim", &all_settings, &done, &err));
	after = output_of("wimlib-imagex dir k.wim 1 --detailed; wimlib-imagex dir k.wim 2 --detailed");
	assert_string_equal(before, after);
	free(after);
	after = output_of("wimlib-imagex info k.wim 2");
	assert_line(after, "\nName:", "Second");
	assert_null(strstr(after, "Professional"));
	/* what wimlib does next with the file */
	assert_int_equal(run("wimlib-imagex update k.wim 2 --command='add src/4096 /more'"), 0);
	assert_int_equal(run("wimlib-imagex info k.wim 1 --boot Renamed"), 0);
	assert_verifies("k.wim");
	free(before);
	free(after);
}

static void the_boot_index_can_be_set_alone_and_taken_back(void **state UNUSED)
{
	struct image_settings settings = { .set_boot = true, .boot_index = 2 };
	struct image_set_result done;
	struct stat before, after;
	char *info;

	capture("k.wim", "--compress=XPRESS --check");
	assert_int_equal(run("wimlib-imagex append src k.wim Second --boot --check"), 0);

	CLEANUP(freep) char *original = sum_of("k.wim");

	ok(image_set("k.wim", &settings, &done, &err));
	assert_false(done.changed);
	assert_int_equal(stat("k.wim", &before), 0);
	settings.boot_index = 0;
	ok(image_set("k.wim", &settings, &done, &err));
	assert_true(done.changed);
	info = output_of("wimlib-imagex info k.wim");
	assert_line(info, "\nBoot Index:", "0");
	free(info);
	assert_int_equal(stat("k.wim", &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	settings.boot_index = 2;
	ok(image_set("k.wim", &settings, &done, &err));

	/* header and metadata of the boot image are as wimlib wrote them */
	CLEANUP(freep) char *again = sum_of("k.wim");

	assert_string_equal(original, again);
	settings.boot_index = 3;
	refused(image_set("k.wim", &settings, &done, &err), ERR_NOT_FOUND);
}

static void what_is_there_already_is_not_written(void **state UNUSED)
{
	struct image_set_result done;

	capture("k.wim", "--compress=XPRESS");
	ok(image_set("k.wim", &all_settings, &done, &err));

	CLEANUP(freep) char *first = sum_of("k.wim");

	ok(image_set("k.wim", &all_settings, &done, &err));
	assert_false(done.changed);

	CLEANUP(freep) char *second = sum_of("k.wim");

	assert_string_equal(first, second);
}

static void property_is_refused(const char *name, const char *value, enum err_kind kind)
{
	const struct image_property property = { name, value };
	const struct image_settings settings = { .image = "1", .properties = &property, .n_properties = 1 };
	struct image_set_result done;

	refused(image_set("k.wim", &settings, &done, &err), kind);
}

static void what_would_break_the_xml_is_refused(void **state UNUSED)
{
	capture("k.wim", "--compress=XPRESS");
	assert_int_equal(run("wimlib-imagex append src k.wim Second"), 0);

	CLEANUP(freep) char *before = sum_of("k.wim");

	property_is_refused("", "x", ERR_USAGE);
	property_is_refused("A//B", "x", ERR_USAGE);
	property_is_refused("A/", "x", ERR_USAGE);
	property_is_refused("A><B", "x", ERR_USAGE);
	property_is_refused("1A", "x", ERR_USAGE);
	property_is_refused("A[0]", "x", ERR_USAGE);
	property_is_refused("A[1", "x", ERR_USAGE);
	property_is_refused("A[x]/B", "x", ERR_USAGE);
	property_is_refused("A[1]B", "x", ERR_USAGE);
	property_is_refused("A[2]", "x", ERR_USAGE);
	property_is_refused("FILECOUNT", "3", ERR_USAGE);
	property_is_refused("FILECOUNT[1]", "3", ERR_USAGE);
	property_is_refused("DESCRIPTION", "line\nend", ERR_USAGE);
	property_is_refused("DESCRIPTION", "\377", ERR_USAGE);
	property_is_refused("NAME", "Second", ERR_REFUSED);
	property_is_refused("NAME[1]", "Second", ERR_REFUSED);

	CLEANUP(freep) char *after = sum_of("k.wim");

	assert_string_equal(before, after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kill_at_any_step_leaves_the_old_or_the_new),
		cmocka_unit_test(the_same_with_an_integrity_table),
		cmocka_unit_test(the_same_for_a_solid_wim),
		cmocka_unit_test(files_and_other_images_stay),
		cmocka_unit_test(the_boot_index_can_be_set_alone_and_taken_back),
		cmocka_unit_test(what_is_there_already_is_not_written),
		cmocka_unit_test(what_would_break_the_xml_is_refused),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
