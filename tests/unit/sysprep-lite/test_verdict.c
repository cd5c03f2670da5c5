/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/verdict.h"

#include <string.h>

#include "tests/unit/cmocka_all.h"

static struct setup_state state_of(const char *image_state, int setup_type, const char *command, int generalization)
{
	struct setup_state state = { .has_software = true };

	strcpy(state.image_state, image_state);
	strcpy(state.command, command);
	state.has_setup_type = setup_type >= 0;
	state.setup_type = setup_type >= 0 ? (uint32_t)setup_type : 0;
	state.has_generalization = generalization >= 0;
	state.generalization = generalization >= 0 ? (uint32_t)generalization : 0;
	return state;
}

/* Microsoft Learn, Windows Setup states; SetupType and CmdLine as sysprep leaves them. */
static void every_image_state_has_its_verdict(void **state UNUSED)
{
	static const struct {
		const char *image_state;
		int setup_type;
		const char *command;
		int generalization;
		enum verdict verdict;
	} rows[] = {
		{ "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", 2, "oobe\\windeploy.exe", 7, VERDICT_GENERALIZED },
		{ "IMAGE_STATE_GENERALIZE_RESEAL_TO_AUDIT", 2, "oobe\\windeploy.exe", 7, VERDICT_GENERALIZED },
		{ "image_state_generalize_reseal_to_oobe", 2, "OOBE\\WINDEPLOY.EXE", -1, VERDICT_GENERALIZED },
		{ "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", 0, "", 7, VERDICT_BROKEN },
		{ "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", 2, "", 7, VERDICT_BROKEN },
		{ "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", -1, "", -1, VERDICT_BROKEN },
		{ "IMAGE_STATE_COMPLETE", 0, "", 7, VERDICT_NOT_GENERALIZED },
		{ "IMAGE_STATE_COMPLETE", 0, "", 3, VERDICT_NOT_GENERALIZED },
		{ "IMAGE_STATE_COMPLETE", 0, "", -1, VERDICT_NOT_GENERALIZED },
		{ "IMAGE_STATE_COMPLETE", 2, "oobe\\windeploy.exe", 7, VERDICT_BROKEN },
		{ "IMAGE_STATE_UNDEPLOYABLE", 0, "", 4, VERDICT_BROKEN },
		{ "IMAGE_STATE_UNDEPLOYABLE", 2, "oobe\\windeploy.exe", 7, VERDICT_BROKEN },
		{ "IMAGE_STATE_SPECIALIZE_RESEAL_TO_OOBE", 2, "oobe\\windeploy.exe", 7, VERDICT_NOT_GENERALIZED },
		{ "IMAGE_STATE_SPECIALIZE_RESEAL_TO_AUDIT", 2, "oobe\\windeploy.exe", 7, VERDICT_NOT_GENERALIZED },
		{ "IMAGE_STATE_SOMETHING_ELSE", 0, "", 7, VERDICT_UNKNOWN },
		/* no ImageState: only SYSTEM is there, or Windows XP and 2003 */
		{ "", 0, "", 7, VERDICT_NOT_GENERALIZED },
		{ "", 0, "", 3, VERDICT_BROKEN },
		{ "", 0, "setup -newsetup", -1, VERDICT_NOT_GENERALIZED }, /* NT 4.0 leaves this behind */
		{ "", 2, "setup -newsetup -mini", -1, VERDICT_GENERALIZED },
		{ "", 2, "oobe\\windeploy.exe", 7, VERDICT_UNKNOWN },
		{ "", -1, "", -1, VERDICT_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct setup_state s = state_of(rows[i].image_state, rows[i].setup_type, rows[i].command,
						rows[i].generalization);
		const char *reason = "";

		if (verdict_of(&s, &reason) != rows[i].verdict)
			fail_msg("row %zu (%s): %s", i, rows[i].image_state, verdict_name(verdict_of(&s, NULL)));
		assert_true(*reason);
	}
}

static void generalization_state_7_proves_nothing(void **state UNUSED)
{
	struct setup_state with = state_of("IMAGE_STATE_COMPLETE", 0, "", 7);
	struct setup_state without = state_of("IMAGE_STATE_COMPLETE", 0, "", -1);

	assert_int_equal(verdict_of(&with, NULL), verdict_of(&without, NULL));
}

static void a_clone_tag_proves_nothing(void **state UNUSED)
{
	struct setup_state with = state_of("IMAGE_STATE_COMPLETE", 0, "", 7);

	strcpy(with.clone_tag, "Fri Sep 29 06:49:45 2017");
	assert_int_equal(verdict_of(&with, NULL), VERDICT_NOT_GENERALIZED);
}

/* SetupComplete.cmd runs only where Setup owns the next boot. */
static void an_image_that_boots_into_setup_is_known(void **state UNUSED)
{
	struct setup_state oobe = state_of("IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", 2, "oobe\\windeploy.exe", 7);
	struct setup_state normal = state_of("IMAGE_STATE_COMPLETE", 0, "", 7);

	assert_true(goes_through_setup(&oobe));
	assert_false(goes_through_setup(&normal));
}

static void xp_is_told_from_vista_and_later(void **state UNUSED)
{
	struct setup_state s = { 0 };

	strcpy(s.nt_version, "5.1");
	assert_false(is_vista_or_later(&s));
	strcpy(s.nt_version, "6.0");
	assert_true(is_vista_or_later(&s));
	strcpy(s.nt_version, "10.0");
	assert_true(is_vista_or_later(&s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_image_state_has_its_verdict),
		cmocka_unit_test(generalization_state_7_proves_nothing),
		cmocka_unit_test(a_clone_tag_proves_nothing),
		cmocka_unit_test(an_image_that_boots_into_setup_is_known),
		cmocka_unit_test(xp_is_told_from_vista_and_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
