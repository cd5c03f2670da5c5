/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/image/image.h"
#include "sysprep-lite/sysprep_lite.h"
#include "sysprep-lite/timezone.h"
#include "wimtool/image_setup.h"
#include "wimtool/locales.h"
#include "wimtool/recipe_reader.h"

/* ---- files ----------------------------------------------------------------------------- */

struct file_draft {
	struct recipe_file_edit edit;
	unsigned n_ops;
};

static int file_add(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	struct file_draft *d = into;

	d->n_ops++;
	d->edit.op = RECIPE_FILE_ADD;
	return recipe_path(r, value, &d->edit.source);
}

static int file_remove(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	struct file_draft *d = into;

	d->n_ops++;
	d->edit.op = RECIPE_FILE_REMOVE;
	return recipe_text(r, value, "a path in the image", &d->edit.path);
}

static int file_move(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	struct file_draft *d = into;

	d->n_ops++;
	d->edit.op = RECIPE_FILE_MOVE;
	return recipe_text(r, value, "a path in the image", &d->edit.path);
}

static int file_to(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	struct file_draft *d = into;
	struct err why = { 0 };

	if (recipe_text(r, value, "a path in the image", &d->edit.to) < 0)
		return -1;
	return image_path_check(d->edit.to, &why) < 0 ? recipe_unfit(r, value, &why) : 0;
}

static int file_optional(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	return recipe_flag(r, value, &((struct file_draft *)into)->edit.optional);
}

static const struct recipe_key file_keys[] = {
	{ "add", file_add, false },	{ "remove", file_remove, false },     { "move", file_move, false },
	{ "to", file_to, false },	{ "optional", file_optional, false },
};

static int read_file_edit(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	struct recipe_step *step = into;
	struct file_draft d = { .n_ops = 0 };

	if (recipe_map(r, value, file_keys, ARRAY_SIZE(file_keys), &d) < 0)
		return -1;
	if (d.n_ops != 1)
		return recipe_fail(r, value, "one of \"add\", \"remove\" and \"move\" is wanted here");
	if ((d.edit.op != RECIPE_FILE_REMOVE) != (d.edit.to != NULL))
		return recipe_fail(r, value, d.edit.to ? "remove takes no \"to\"" : "the key \"to\" is missing");
	if (d.edit.optional && d.edit.op != RECIPE_FILE_REMOVE)
		return recipe_fail(r, value, "only remove can be optional");
	*vec_add(&step->files) = d.edit;
	return 0;
}

/* ---- answer file ----------------------------------------------------------------------- */

static int answer_path(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	return recipe_path(r, value, &((struct recipe_step *)into)->answer.path);
}

static int answer_fix(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	static const char *const words[] = { "none", "safe", "unsafe", NULL };
	int word;

	if (recipe_choice(r, value, "mending", words, &word) < 0)
		return -1;
	((struct recipe_step *)into)->answer.fix = (enum answer_fix)word;
	return 0;
}

static int answer_fail_on(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	static const char *const words[] = { "never", "warning", "error", NULL };
	static const enum severity levels[] = { SEVERITY_OFF, SEVERITY_WARNING, SEVERITY_ERROR };
	int word;

	if (recipe_choice(r, value, "severity", words, &word) < 0)
		return -1;
	((struct recipe_step *)into)->answer.fail_on = levels[word];
	return 0;
}

static int answer_target(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	return recipe_text(r, value, "a version of Windows", &((struct recipe_step *)into)->answer.target);
}

static int answer_pkeyconfig(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	return recipe_path(r, value, &((struct recipe_step *)into)->answer.pkeyconfig);
}

static const struct recipe_key answer_keys[] = {
	{ "path", answer_path, true },	      { "fix", answer_fix, false },
	{ "fail-on", answer_fail_on, false }, { "target", answer_target, false },
	{ "pkeyconfig", answer_pkeyconfig, false },
};

static int read_answer(struct recipe_reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	step->answer.fail_on = SEVERITY_ERROR;
	if (value->kind == YAML_TEXT)
		return recipe_path(r, value, &step->answer.path);
	return recipe_map(r, value, answer_keys, ARRAY_SIZE(answer_keys), step);
}

/* ---- generalize ------------------------------------------------------------------------ */

static int add_name(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	const char *name;

	if (recipe_text(r, value, "an operation or category", &name) < 0)
		return -1;
	cli_list_add(into, name);
	return 0;
}

static int generalize_enable(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	return recipe_list(r, value, "operations", add_name, &((struct recipe_step *)into)->generalize.enable);
}

static int generalize_disable(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	return recipe_list(r, value, "operations", add_name, &((struct recipe_step *)into)->generalize.disable);
}

static int generalize_nic(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	static const char *const words[] = { [NIC_REMAP] = "remap", [NIC_REMOVE] = "remove", NULL };

	return recipe_choice(r, value, "way", words, &((struct recipe_step *)into)->generalize.nic);
}

static int generalize_rearm(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	static const char *const words[] = {
		[REARM_AUTO] = "auto", [REARM_NONE] = "none", [REARM_SETUPCOMPLETE] = "setupcomplete",
		[REARM_STARTUP_SCRIPT] = "startup-script", NULL,
	};

	return recipe_choice(r, value, "way", words, &((struct recipe_step *)into)->generalize.rearm);
}

static const struct recipe_key generalize_keys[] = {
	{ "enable", generalize_enable, false },
	{ "disable", generalize_disable, false },
	{ "nic", generalize_nic, false },
	{ "rearm", generalize_rearm, false },
};

static int read_generalize(struct recipe_reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	const struct op_choice choice = { &step->generalize.enable, &step->generalize.disable };
	struct err why = { 0 };

	if (value->kind == YAML_TEXT && !*value->text)
		return 0;
	if (recipe_map(r, value, generalize_keys, ARRAY_SIZE(generalize_keys), step) < 0)
		return -1;
	return op_choice_check(&choice, &why) < 0 ? recipe_fail(r, value, "%s", why.text) : 0;
}

/* ---- locale ---------------------------------------------------------------------------- */

static int locale_name(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	struct recipe_step *step = into;

	struct err why = { 0 };

	step->shown = recipe_keep(r, value->kind == YAML_TEXT ? value->shown : "");
	if (recipe_text(r, value, "a locale (de-DE)", &step->text) < 0)
		return -1;
	return locale_require(step->text, &why) ? 0 : recipe_unfit(r, value, &why);
}

static int locale_keyboard(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	if (value->kind != YAML_TEXT || strlen(value->text) != 8 ||
	    value->text[strspn(value->text, "0123456789abcdefABCDEF")])
		return recipe_fail(r, value, "a keyboard (eight hexadecimal digits) is wanted here");
	return recipe_text(r, value, "a keyboard", &((struct recipe_step *)into)->keyboard);
}

static int add_part(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	static const char *const words[] = { "system", "user", "input", "ui", NULL };
	int word;

	if (recipe_choice(r, value, "part", words, &word) < 0)
		return -1;
	*(unsigned *)into |= 1u << word;
	return 0;
}

static int locale_parts(struct recipe_reader *r, const struct yaml_value *value, void *into)
{
	return recipe_list(r, value, "parts", add_part, &((struct recipe_step *)into)->locale_parts);
}

static const struct recipe_key locale_keys[] = {
	{ "name", locale_name, true },
	{ "keyboard", locale_keyboard, false },
	{ "only", locale_parts, false },
};

static int read_locale(struct recipe_reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	if (value->kind == YAML_TEXT)
		return locale_name(r, value, step);
	return recipe_map(r, value, locale_keys, ARRAY_SIZE(locale_keys), step);
}

/* ---- steps ----------------------------------------------------------------------------- */

static int read_registry(struct recipe_reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	return recipe_list(r, value, "edits", recipe_read_registry, step);
}

static int read_files(struct recipe_reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	return recipe_list(r, value, "edits", read_file_edit, step);
}

static int read_zone(struct recipe_reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	struct timezone_value zone;
	struct err why = { 0 };

	step->shown = recipe_keep(r, value->kind == YAML_TEXT ? value->shown : "");
	if (recipe_text(r, value, "a time zone", &step->text) < 0)
		return -1;
	return zone_parse(step->text, &zone, &why) < 0 ? recipe_unfit(r, value, &why) : 0;
}

static int read_computer_name(struct recipe_reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	struct err why = { 0 };

	step->shown = recipe_keep(r, value->kind == YAML_TEXT ? value->shown : "");
	if (recipe_text(r, value, "a computer name", &step->text) < 0)
		return -1;
	return computer_name_check(step->text, &why) < 0 ? recipe_unfit(r, value, &why) : 0;
}

static const struct {
	const char *name;
	int (*read)(struct recipe_reader *r, const struct yaml_value *value, struct recipe_step *step);
} step_kinds[STEP_KINDS] = {
	[STEP_REGISTRY] = { "registry", read_registry },
	[STEP_FILES] = { "files", read_files },
	[STEP_ANSWER_FILE] = { "answer-file", read_answer },
	[STEP_GENERALIZE] = { "generalize", read_generalize },
	[STEP_TIME_ZONE] = { "time-zone", read_zone },
	[STEP_COMPUTER_NAME] = { "computer-name", read_computer_name },
	[STEP_LOCALE] = { "locale", read_locale },
};

const char *recipe_step_name(enum recipe_step_kind kind)
{
	return step_kinds[kind].name;
}

int recipe_read_step(struct recipe_reader *r, const struct yaml_value *value, void *into UNUSED)
{
	const char *names[STEP_KINDS + 1] = { NULL };
	struct recipe_step *step;
	const char *near;

	if (value->kind != YAML_MAP || value->n != 1)
		return recipe_fail(r, value, "one step with its settings (\"registry: ...\") is wanted here");
	if (r->recipe->steps.len >= RECIPE_STEPS_MAX)
		return recipe_fail(r, value, "more than %d steps", RECIPE_STEPS_MAX);
	for (unsigned kind = 0; kind < STEP_KINDS; kind++) {
		names[kind] = step_kinds[kind].name;
		if (strcmp(names[kind], value->first->key) != 0)
			continue;
		step = vec_add(&r->recipe->steps);
		step->kind = kind;
		step->line = value->line;
		return step_kinds[kind].read(r, value->first, step);
	}
	near = cli_did_you_mean(value->first->key, names);
	if (near)
		return recipe_fail(r, value, "there is no step \"%s\"; did you mean \"%s\"?", yaml_cite(value->first->key), near);
	return recipe_fail(r, value, "there is no step \"%s\"", yaml_cite(value->first->key));
}
