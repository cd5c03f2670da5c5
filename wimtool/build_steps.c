/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of a recipe. Each changes the WIM in the scratch folder by one append. */
#include <stdlib.h>
#include <string.h>

#include "common/image/image.h"
#include "sysprep-lite/sysprep_lite.h"
#include "wimtool/build.h"
#include "wimtool/image_setup.h"

static char *work_target(const struct build *build)
{
	return xasprintf("%s:1", build->work);
}

static int commit(struct build *build, struct setup *setup, struct err *err)
{
	unsigned hives;

	if (setup_commit(setup, &hives, err) < 0)
		return -1;
	json_uint(build->details, "hives", hives);
	return 0;
}

/* ---- registry --------------------------------------------------------------------------- */

static int edit_registry(struct winroot *root, const struct recipe_registry_edit *e, struct err *err)
{
	if (e->remove && e->value)
		return registry_delete_value(root, e->key, e->value, err);
	if (e->remove)
		return registry_delete_key(root, e->key, err);
	if (!e->value)
		return registry_add_key(root, e->key, err);
	return registry_set(root, e->key, e->value, e->type, e->data, e->data_len, err);
}

static int run_registry(struct build *build, const struct recipe_step *step, struct err *err)
{
	CLEANUP(freep) char *target = work_target(build);
	CLEANUP(setup_release) struct setup setup = { 0 };

	if (setup_open(&setup, target, true, err) < 0)
		return -1;
	for (size_t i = 0; i < step->registry.len; i++)
		if (edit_registry(setup.root, &step->registry.items[i], err) < 0)
			return err_context(err, "%s", step->registry.items[i].key);
	json_uint(build->details, "edits", step->registry.len);
	return commit(build, &setup, err);
}

/* ---- files ------------------------------------------------------------------------------ */

static int edit_file(struct image_edit *edit, const struct recipe_file_edit *e, struct err *err)
{
	switch (e->op) {
	case RECIPE_FILE_ADD:
		return image_edit_add_host_tree(edit, e->source, e->to, NULL, err);
	case RECIPE_FILE_MOVE:
		return image_edit_rename(edit, e->path, e->to, err);
	case RECIPE_FILE_REMOVE:
		break;
	}
	if (image_edit_delete(edit, e->path, true, err) == 0)
		return 0;
	if (e->optional && err->kind == ERR_NOT_FOUND) {
		*err = (struct err){ 0 };
		return 0;
	}
	return -1;
}

static int commit_edit(struct build *build, struct image_edit *edit, struct err *err)
{
	struct image_commit_stats stats = { 0 };

	if (image_edit_commit(edit, &stats, err) < 0)
		return -1;
	json_uint(build->details, "contents_added", stats.blobs_added);
	json_uint(build->details, "bytes_appended", stats.bytes_appended);
	return 0;
}

static int run_files(struct build *build, const struct recipe_step *step, struct err *err)
{
	CLEANUP(image_edit_closep) struct image_edit *edit = image_edit_open(build->work, "1", err);

	if (!edit)
		return -1;
	for (size_t i = 0; i < step->files.len; i++)
		if (edit_file(edit, &step->files.items[i], err) < 0)
			return -1;
	json_uint(build->details, "edits", step->files.len);
	return commit_edit(build, edit, err);
}

/* ---- answer file ------------------------------------------------------------------------ */

static int run_answer(struct build *build, const struct recipe_step *step, struct err *err)
{
	CLEANUP(freep) char *target = work_target(build);
	CLEANUP(strbuf_wipe) struct strbuf text = STRBUF_INIT;
	CLEANUP(image_edit_closep) struct image_edit *edit = NULL;
	const struct answer_wish wish = {
		.file = step->answer.path,
		.image = target,
		.target = step->answer.target,
		.pkeyconfig = step->answer.pkeyconfig,
		.fix = step->answer.fix,
	};

	if (answer_prepare(&wish, &text, build->report, err) < 0)
		return -1;
	json_uint(build->details, "bytes", text.len);
	json_text(build->details, "place", ANSWER_PLACE);
	if (step->answer.fail_on != SEVERITY_OFF && report_count(build->report, step->answer.fail_on))
		return CLI_FINDINGS;
	edit = image_edit_open(build->work, "1", err);
	if (!edit || image_edit_put(edit, ANSWER_PLACE, strbuf_text(&text), text.len, true, err) < 0)
		return -1;
	return commit_edit(build, edit, err);
}

/* ---- generalize ------------------------------------------------------------------------- */

static int refuse_hibernated(struct winroot *root, struct err *err)
{
	if (!is_hibernated(root))
		return 0;
	err_set(err, ERR_REFUSED, "Windows is hibernated: the session in hiberfil.sys would damage the changes");
	return err_hint(err, "start it and shut it down with 'shutdown /s /t 0'");
}

static int run_generalize(struct build *build, const struct recipe_step *step, struct err *err)
{
	const struct plan_options options = {
		.choice = { &step->generalize.enable, &step->generalize.disable },
		.nic = (enum nic_mode)step->generalize.nic,
		.rearm = (enum rearm_mode)step->generalize.rearm,
	};
	CLEANUP(freep) char *target = work_target(build);
	CLEANUP(setup_release) struct setup setup = { 0 };
	CLEANUP(plan_freep) struct plan *plan = NULL;
	size_t references = 0;

	if (setup_open(&setup, target, true, err) < 0 || refuse_hibernated(setup.root, err) < 0)
		return -1;
	plan = plan_build(setup.root, &options, err);
	if (!plan || plan_stage(plan, setup.root, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->guids.len; i++)
		references += guid_edit_hits(&plan->guids.items[i]);
	json_uint(build->details, "edits", plan->edits.len);
	json_uint(build->details, "identifiers", plan->guids.len);
	json_uint(build->details, "references", references);
	return commit(build, &setup, err);
}

/* ---- settings --------------------------------------------------------------------------- */

static int set_locale(struct build *build, struct setup *setup, const struct recipe_step *step, struct err *err)
{
	const struct setup_locale wanted = {
		.locale = step->text,
		.keyboard = step->keyboard,
		.parts = step->locale_parts ? step->locale_parts : LOCALE_ALL,
		.ui_if_there = !step->locale_parts,
	};
	bool ui;

	if (setup_locale(setup, &wanted, &ui, err) < 0)
		return -1;
	json_bool(build->details, "ui_language", ui);
	return 0;
}

static int run_setting(struct build *build, const struct recipe_step *step, struct err *err)
{
	CLEANUP(freep) char *target = work_target(build);
	CLEANUP(setup_release) struct setup setup = { 0 };
	int result;

	if (setup_open(&setup, target, true, err) < 0)
		return -1;
	if (step->kind == STEP_TIME_ZONE)
		result = setup_time_zone(&setup, step->text, err);
	else if (step->kind == STEP_COMPUTER_NAME)
		result = setup_computer_name(&setup, step->text, err);
	else
		result = set_locale(build, &setup, step, err);
	return result < 0 ? -1 : commit(build, &setup, err);
}

int build_run_step(struct build *build, const struct recipe_step *step, struct err *err)
{
	switch (step->kind) {
	case STEP_REGISTRY:
		return run_registry(build, step, err);
	case STEP_FILES:
		return run_files(build, step, err);
	case STEP_ANSWER_FILE:
		return run_answer(build, step, err);
	case STEP_GENERALIZE:
		return run_generalize(build, step, err);
	default:
		return run_setting(build, step, err);
	}
}

/* One line for people; nothing secret gets into it. */
void recipe_step_show(const struct recipe_step *step, struct strbuf *ret)
{
	switch (step->kind) {
	case STEP_REGISTRY:
	case STEP_FILES: {
		size_t n = step->kind == STEP_FILES ? step->files.len : step->registry.len;

		strbuf_addf(ret, "%zu edit%s", n, PLURAL(n));
		return;
	}
	case STEP_ANSWER_FILE:
		strbuf_adds(ret, step->answer.path);
		return;
	case STEP_GENERALIZE:
		strbuf_addf(ret, "network adapters: %s", step->generalize.nic == NIC_REMOVE ? "remove" : "remap");
		return;
	default:
		strbuf_adds(ret, step->shown);
	}
}
