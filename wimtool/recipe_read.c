/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schema of a recipe: which keys there are, and what their texts mean. docs/recipe.schema.json says the same. */
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/utf16.h"
#include "sysprep-lite/sysprep_lite.h"
#include "wimtool/compress.h"
#include "wimtool/image_setup.h"
#include "wimtool/recipe.h"

#define SHOWN_MAX 60
#define SPLIT_MIN (1u << 20)

struct reader {
	const struct recipe_file *file;
	const struct yaml_tree *tree;
	struct recipe *recipe;
	struct err *err;
};

struct key {
	const char *name;
	int (*read)(struct reader *r, const struct yaml_value *value, void *into);
	bool required;
};

/* The value is spelt out for analyzers. */
#define fail(r, value, ...) (yaml_fail((r)->tree, (value), (r)->err, __VA_ARGS__), -1)

/* ---- maps and lists -------------------------------------------------------------------- */

static int unknown_key(struct reader *r, const struct yaml_value *value, const struct key *keys, size_t n)
{
	const char *names[32] = { NULL };
	const char *near;

	for (size_t i = 0; i < n; i++)
		names[i] = keys[i].name;
	near = cli_did_you_mean(value->key, names);
	if (near)
		return yaml_fail_at(r->tree, value->key_line, value->key_column, r->err,
				    "there is no key \"%s\" here; did you mean \"%s\"?", yaml_cite(value->key), near);
	return yaml_fail_at(r->tree, value->key_line, value->key_column, r->err, "there is no key \"%s\" here",
			    yaml_cite(value->key));
}

static const struct key *find_key(const struct key *keys, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static int read_map(struct reader *r, const struct yaml_value *map, const struct key *keys, size_t n, void *into)
{
	if (map->kind != YAML_MAP)
		return fail(r, map, "keys with values (\"%s: ...\") are wanted here", keys[0].name);
	for (const struct yaml_value *v = map->first; v; v = v->next) {
		const struct key *key = find_key(keys, n, v->key);

		if (!key)
			return unknown_key(r, v, keys, n);
		if (key->read(r, v, into) < 0)
			return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (keys[i].required && !yaml_find(map, keys[i].name))
			return fail(r, map, "the key \"%s\" is missing", keys[i].name);
	return 0;
}

static int read_list(struct reader *r, const struct yaml_value *list, const char *what,
		     int (*read)(struct reader *r, const struct yaml_value *value, void *into), void *into)
{
	if (list->kind != YAML_LIST || !list->n)
		return fail(r, list, "a list of %s is wanted here", what);
	for (const struct yaml_value *v = list->first; v; v = v->next)
		if (read(r, v, into) < 0)
			return -1;
	return 0;
}

/* ---- texts ----------------------------------------------------------------------------- */

static const char *keep(struct reader *r, const char *text)
{
	return arena_text(&r->recipe->arena, text, strlen(text));
}

static int take_any_text(struct reader *r, const struct yaml_value *value, const char **ret)
{
	if (value->kind != YAML_TEXT)
		return fail(r, value, "a text is wanted here");
	*ret = keep(r, value->text);
	return 0;
}

static int take_text(struct reader *r, const struct yaml_value *value, const char *what, const char **ret)
{
	if (value->kind != YAML_TEXT || !*value->text)
		return fail(r, value, "%s is wanted here", what);
	*ret = keep(r, value->text);
	return 0;
}

/* A path of the host, relative to the recipe. */
static int take_path(struct reader *r, const struct yaml_value *value, const char **ret)
{
	CLEANUP(freep) char *joined = NULL;

	if (value->kind != YAML_TEXT || !*value->text)
		return fail(r, value, "a path is wanted here");
	if (value->text[0] == '/') {
		*ret = keep(r, value->text);
		return 0;
	}
	joined = path_join(r->file->folder, value->text);
	*ret = keep(r, joined);
	return 0;
}

static int take_choice(struct reader *r, const struct yaml_value *value, const char *what, const char *const *choices,
		       int *ret)
{
	const char *near;

	if (value->kind != YAML_TEXT || !*value->text)
		return fail(r, value, "%s is wanted here", what);
	for (int i = 0; choices[i]; i++)
		if (strcmp(choices[i], value->text) == 0) {
			*ret = i;
			return 0;
		}
	near = cli_did_you_mean(value->text, choices);
	if (near)
		return fail(r, value, "there is no %s \"%s\"; did you mean \"%s\"?", what, yaml_cite(value->shown), near);
	return fail(r, value, "there is no %s \"%s\"", what, yaml_cite(value->shown));
}

/* Only these two words: "no", "on" and "1" are texts. */
static int take_flag(struct reader *r, const struct yaml_value *value, bool *ret)
{
	static const char *const words[] = { "false", "true", NULL };
	int word;

	if (value->kind != YAML_TEXT || (strcmp(value->text, "true") != 0 && strcmp(value->text, "false") != 0))
		return fail(r, value, "true or false is wanted here");
	if (take_choice(r, value, "truth value", words, &word) < 0)
		return -1;
	*ret = word;
	return 0;
}

/* Decimal or 0x; all of the text. */
static bool parse_number(const char *text, uint64_t max, uint64_t *ret)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = text + (hex ? 2 : 0);
	const char *set = hex ? "0123456789abcdefABCDEF" : "0123456789";

	if (!*digits || digits[strspn(digits, set)] || strlen(digits) > (hex ? 16 : 19))
		return false;
	*ret = strtoull(digits, NULL, hex ? 16 : 10);
	return *ret <= max;
}

static int take_size(struct reader *r, const struct yaml_value *value, uint64_t *ret)
{
	static const char units[] = "KMG";
	size_t len = value->kind == YAML_TEXT ? strlen(value->text) : 0;
	CLEANUP(freep) char *digits = NULL;
	const char *unit = len ? strchr(units, value->text[len - 1]) : NULL;

	if (!len)
		return fail(r, value, "a size is wanted here, as 3800M");
	digits = xstrndup(value->text, len - (unit != NULL));
	if (!parse_number(digits, 1ull << 40, ret))
		return fail(r, value, "a size is wanted here, as 3800M");
	if (unit)
		*ret <<= 10 * (unit - units + 1);
	return 0;
}

/* ---- registry -------------------------------------------------------------------------- */

struct registry_draft {
	struct recipe_registry_edit edit;
	const struct yaml_value *data, *type;
	bool secret;
	bool has_set;
};

static const struct {
	const char *name;
	uint32_t type;
} registry_types[] = {
	{ "sz", REGF_SZ },	 { "expand", REGF_EXPAND_SZ }, { "multi", REGF_MULTI_SZ },
	{ "dword", REGF_DWORD }, { "qword", REGF_QWORD },      { "binary", REGF_BINARY },
};

static int registry_set_key(struct reader *r, const struct yaml_value *value, void *into)
{
	struct registry_draft *d = into;

	d->has_set = true;
	return take_text(r, value, "the path of a key", &d->edit.key);
}

static int registry_delete_key_of(struct reader *r, const struct yaml_value *value, void *into)
{
	struct registry_draft *d = into;

	d->edit.remove = true;
	return take_text(r, value, "the path of a key", &d->edit.key);
}

static int registry_value(struct reader *r, const struct yaml_value *value, void *into)
{
	return take_any_text(r, value, &((struct registry_draft *)into)->edit.value);
}

static int registry_type(struct reader *r UNUSED, const struct yaml_value *value, void *into)
{
	((struct registry_draft *)into)->type = value;
	return 0;
}

static int registry_data(struct reader *r UNUSED, const struct yaml_value *value, void *into)
{
	((struct registry_draft *)into)->data = value;
	return 0;
}

static int registry_secret(struct reader *r, const struct yaml_value *value, void *into)
{
	return take_flag(r, value, &((struct registry_draft *)into)->secret);
}

static const struct key registry_keys[] = {
	{ "set", registry_set_key, false },   { "delete", registry_delete_key_of, false },
	{ "value", registry_value, false },   { "type", registry_type, false },
	{ "data", registry_data, false },     { "secret", registry_secret, false },
};

static int add_text(struct reader *r, const struct yaml_value *value, struct strbuf *data)
{
	if (value->kind != YAML_TEXT)
		return fail(r, value, "a text is wanted here");
	if (text_to_utf16le(value->text, strlen(value->text) + 1, data, NULL) < 0)
		return fail(r, value, "this is no UTF-8");
	return 0;
}

static int add_multi(struct reader *r, const struct yaml_value *value, struct strbuf *data)
{
	if (value->kind != YAML_LIST)
		return fail(r, value, "a list of texts is wanted here");
	for (const struct yaml_value *v = value->first; v; v = v->next) {
		if (v->kind != YAML_TEXT || !*v->text)
			return fail(r, v, "a text is wanted here");
		if (add_text(r, v, data) < 0)
			return -1;
	}
	strbuf_add_fill(data, '\0', 2);
	return 0;
}

static int add_number(struct reader *r, const struct yaml_value *value, uint64_t max, size_t len, struct strbuf *data)
{
	uint8_t raw[8];
	uint64_t n;

	if (value->kind != YAML_TEXT || !parse_number(value->text, max, &n))
		return fail(r, value, "a number up to %s is wanted here, decimal or 0x",
			    len == 4 ? "4294967295" : "0xffffffffffffffff");
	store_le64(raw, n);
	strbuf_add(data, raw, len);
	return 0;
}

/* "00 01 fe" or "0001fe" */
static int add_hex(struct reader *r, const struct yaml_value *value, struct strbuf *data)
{
	static const char digits[] = "0123456789abcdef";
	unsigned half = 0, byte = 0;

	if (value->kind != YAML_TEXT)
		return fail(r, value, "hexadecimal digits are wanted here");
	for (const char *c = value->text; *c; c++) {
		const char *digit = strchr(digits, *c | 32);

		if ((*c == ' ' || *c == ',') && !half)
			continue;
		if (!digit || *c == ' ')
			return fail(r, value, "hexadecimal digits are wanted here, two for each byte");
		byte = byte << 4 | (unsigned)(digit - digits);
		half ^= 1;
		if (!half) {
			strbuf_addc(data, (char)byte);
			byte = 0;
		}
	}
	return half ? fail(r, value, "hexadecimal digits are wanted here, two for each byte") : 0;
}

static int fill_data(struct reader *r, struct registry_draft *d, struct strbuf *data)
{
	switch (d->edit.type) {
	case REGF_MULTI_SZ:
		return add_multi(r, d->data, data);
	case REGF_DWORD:
		return add_number(r, d->data, UINT32_MAX, 4, data);
	case REGF_QWORD:
		return add_number(r, d->data, UINT64_MAX, 8, data);
	case REGF_BINARY:
		return add_hex(r, d->data, data);
	default:
		return add_text(r, d->data, data);
	}
}

static int find_type(struct reader *r, struct registry_draft *d)
{
	const char *names[ARRAY_SIZE(registry_types) + 1] = { NULL };
	int i = 0;

	for (size_t k = 0; k < ARRAY_SIZE(registry_types); k++)
		names[k] = registry_types[k].name;
	if (d->type && take_choice(r, d->type, "type", names, &i) < 0)
		return -1;
	d->edit.type = registry_types[i].type;
	d->edit.type_name = registry_types[i].name;
	return 0;
}

/* What people see of the data: as it was written, cut short. */
static const char *show_data(struct reader *r, const struct registry_draft *d)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (d->secret)
		return "***";
	if (d->data->kind == YAML_TEXT)
		return keep(r, d->data->shown);
	for (const struct yaml_value *v = d->data->first; v; v = v->next)
		strbuf_addf(&text, "%s%s", v == d->data->first ? "" : ", ", v->shown);
	return arena_text(&r->recipe->arena, strbuf_text(&text), text.len);
}

static int finish_set(struct reader *r, const struct yaml_value *map, struct registry_draft *d)
{
	CLEANUP(strbuf_wipe) struct strbuf data = STRBUF_INIT;

	if (!d->data && (d->type || d->edit.value || d->secret))
		return fail(r, map, "the key \"data\" is missing");
	if (!d->data) /* the key alone is made */
		return 0;
	if (!d->edit.value)
		d->edit.value = "";
	if (find_type(r, d) < 0 || fill_data(r, d, &data) < 0)
		return -1;
	d->edit.data = arena_text(&r->recipe->arena, strbuf_text(&data), data.len);
	d->edit.data_len = data.len;
	d->edit.shown = show_data(r, d);
	return 0;
}

static int read_registry_edit(struct reader *r, const struct yaml_value *value, void *into)
{
	struct recipe_step *step = into;
	struct registry_draft draft = { .edit = { .type = REGF_SZ } };

	if (read_map(r, value, registry_keys, ARRAY_SIZE(registry_keys), &draft) < 0)
		return -1;
	if (draft.has_set == draft.edit.remove)
		return fail(r, value, "either \"set\" or \"delete\" is wanted here");
	if (draft.edit.remove && (draft.data || draft.type || draft.secret))
		return fail(r, value, "delete takes \"value\" and nothing else");
	if (draft.has_set && finish_set(r, value, &draft) < 0)
		return -1;
	*vec_add(&step->registry) = draft.edit;
	return 0;
}

/* ---- files ----------------------------------------------------------------------------- */

struct file_draft {
	struct recipe_file_edit edit;
	unsigned n_ops;
};

static int file_add(struct reader *r, const struct yaml_value *value, void *into)
{
	struct file_draft *d = into;

	d->n_ops++;
	d->edit.op = RECIPE_FILE_ADD;
	return take_path(r, value, &d->edit.source);
}

static int file_remove(struct reader *r, const struct yaml_value *value, void *into)
{
	struct file_draft *d = into;

	d->n_ops++;
	d->edit.op = RECIPE_FILE_REMOVE;
	return take_text(r, value, "a path in the image", &d->edit.path);
}

static int file_move(struct reader *r, const struct yaml_value *value, void *into)
{
	struct file_draft *d = into;

	d->n_ops++;
	d->edit.op = RECIPE_FILE_MOVE;
	return take_text(r, value, "a path in the image", &d->edit.path);
}

static int file_to(struct reader *r, const struct yaml_value *value, void *into)
{
	return take_text(r, value, "a path in the image", &((struct file_draft *)into)->edit.to);
}

static int file_optional(struct reader *r, const struct yaml_value *value, void *into)
{
	return take_flag(r, value, &((struct file_draft *)into)->edit.optional);
}

static const struct key file_keys[] = {
	{ "add", file_add, false },	{ "remove", file_remove, false },     { "move", file_move, false },
	{ "to", file_to, false },	{ "optional", file_optional, false },
};

static int read_file_edit(struct reader *r, const struct yaml_value *value, void *into)
{
	struct recipe_step *step = into;
	struct file_draft d = { .n_ops = 0 };

	if (read_map(r, value, file_keys, ARRAY_SIZE(file_keys), &d) < 0)
		return -1;
	if (d.n_ops != 1)
		return fail(r, value, "one of \"add\", \"remove\" and \"move\" is wanted here");
	if ((d.edit.op != RECIPE_FILE_REMOVE) != (d.edit.to != NULL))
		return fail(r, value, d.edit.to ? "remove takes no \"to\"" : "the key \"to\" is missing");
	if (d.edit.optional && d.edit.op != RECIPE_FILE_REMOVE)
		return fail(r, value, "only remove can be optional");
	*vec_add(&step->files) = d.edit;
	return 0;
}

/* ---- answer file ----------------------------------------------------------------------- */

static int answer_path(struct reader *r, const struct yaml_value *value, void *into)
{
	return take_path(r, value, &((struct recipe_step *)into)->answer.path);
}

static int answer_fix(struct reader *r, const struct yaml_value *value, void *into)
{
	static const char *const words[] = { "none", "safe", "unsafe", NULL };
	int word;

	if (take_choice(r, value, "mending", words, &word) < 0)
		return -1;
	((struct recipe_step *)into)->answer.fix = (enum answer_fix)word;
	return 0;
}

static int answer_fail_on(struct reader *r, const struct yaml_value *value, void *into)
{
	static const char *const words[] = { "never", "warning", "error", NULL };
	static const enum severity levels[] = { SEVERITY_OFF, SEVERITY_WARNING, SEVERITY_ERROR };
	int word;

	if (take_choice(r, value, "severity", words, &word) < 0)
		return -1;
	((struct recipe_step *)into)->answer.fail_on = levels[word];
	return 0;
}

static int answer_target(struct reader *r, const struct yaml_value *value, void *into)
{
	return take_text(r, value, "a version of Windows", &((struct recipe_step *)into)->answer.target);
}

static int answer_pkeyconfig(struct reader *r, const struct yaml_value *value, void *into)
{
	return take_path(r, value, &((struct recipe_step *)into)->answer.pkeyconfig);
}

static const struct key answer_keys[] = {
	{ "path", answer_path, true },	      { "fix", answer_fix, false },
	{ "fail-on", answer_fail_on, false }, { "target", answer_target, false },
	{ "pkeyconfig", answer_pkeyconfig, false },
};

static int read_answer(struct reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	step->answer.fail_on = SEVERITY_ERROR;
	if (value->kind == YAML_TEXT)
		return take_path(r, value, &step->answer.path);
	return read_map(r, value, answer_keys, ARRAY_SIZE(answer_keys), step);
}

/* ---- generalize ------------------------------------------------------------------------ */

static int add_name(struct reader *r, const struct yaml_value *value, void *into)
{
	const char *name;

	if (take_text(r, value, "an operation or category", &name) < 0)
		return -1;
	cli_list_add(into, name);
	return 0;
}

static int generalize_enable(struct reader *r, const struct yaml_value *value, void *into)
{
	return read_list(r, value, "operations", add_name, &((struct recipe_step *)into)->generalize.enable);
}

static int generalize_disable(struct reader *r, const struct yaml_value *value, void *into)
{
	return read_list(r, value, "operations", add_name, &((struct recipe_step *)into)->generalize.disable);
}

static int generalize_nic(struct reader *r, const struct yaml_value *value, void *into)
{
	static const char *const words[] = { [NIC_REMAP] = "remap", [NIC_REMOVE] = "remove", NULL };

	return take_choice(r, value, "way", words, &((struct recipe_step *)into)->generalize.nic);
}

static int generalize_rearm(struct reader *r, const struct yaml_value *value, void *into)
{
	static const char *const words[] = {
		[REARM_AUTO] = "auto", [REARM_NONE] = "none", [REARM_SETUPCOMPLETE] = "setupcomplete",
		[REARM_STARTUP_SCRIPT] = "startup-script", NULL,
	};

	return take_choice(r, value, "way", words, &((struct recipe_step *)into)->generalize.rearm);
}

static const struct key generalize_keys[] = {
	{ "enable", generalize_enable, false },
	{ "disable", generalize_disable, false },
	{ "nic", generalize_nic, false },
	{ "rearm", generalize_rearm, false },
};

static int read_generalize(struct reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	const struct op_choice choice = { &step->generalize.enable, &step->generalize.disable };
	struct err why = { 0 };

	if (value->kind == YAML_TEXT && !*value->text)
		return 0;
	if (read_map(r, value, generalize_keys, ARRAY_SIZE(generalize_keys), step) < 0)
		return -1;
	return op_choice_check(&choice, &why) < 0 ? fail(r, value, "%s", why.text) : 0;
}

/* ---- locale ---------------------------------------------------------------------------- */

static int locale_name(struct reader *r, const struct yaml_value *value, void *into)
{
	struct recipe_step *step = into;

	step->shown = keep(r, value->kind == YAML_TEXT ? value->shown : "");
	return take_text(r, value, "a locale (de-DE)", &step->text);
}

static int locale_keyboard(struct reader *r, const struct yaml_value *value, void *into)
{
	if (value->kind != YAML_TEXT || strlen(value->text) != 8 ||
	    value->text[strspn(value->text, "0123456789abcdefABCDEF")])
		return fail(r, value, "a keyboard (eight hexadecimal digits) is wanted here");
	return take_text(r, value, "a keyboard", &((struct recipe_step *)into)->keyboard);
}

static int add_part(struct reader *r, const struct yaml_value *value, void *into)
{
	static const char *const words[] = { "system", "user", "input", "ui", NULL };
	int word;

	if (take_choice(r, value, "part", words, &word) < 0)
		return -1;
	*(unsigned *)into |= 1u << word;
	return 0;
}

static int locale_parts(struct reader *r, const struct yaml_value *value, void *into)
{
	return read_list(r, value, "parts", add_part, &((struct recipe_step *)into)->locale_parts);
}

static const struct key locale_keys[] = {
	{ "name", locale_name, true },
	{ "keyboard", locale_keyboard, false },
	{ "only", locale_parts, false },
};

static int read_locale(struct reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	if (value->kind == YAML_TEXT)
		return locale_name(r, value, step);
	return read_map(r, value, locale_keys, ARRAY_SIZE(locale_keys), step);
}

/* ---- steps ----------------------------------------------------------------------------- */

static int read_registry(struct reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	return read_list(r, value, "edits", read_registry_edit, step);
}

static int read_files(struct reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	return read_list(r, value, "edits", read_file_edit, step);
}

static int read_word(struct reader *r, const struct yaml_value *value, struct recipe_step *step)
{
	step->shown = keep(r, value->kind == YAML_TEXT ? value->shown : "");
	return take_text(r, value, "a text", &step->text);
}

static const struct {
	const char *name;
	int (*read)(struct reader *r, const struct yaml_value *value, struct recipe_step *step);
} step_kinds[STEP_KINDS] = {
	[STEP_REGISTRY] = { "registry", read_registry },
	[STEP_FILES] = { "files", read_files },
	[STEP_ANSWER_FILE] = { "answer-file", read_answer },
	[STEP_GENERALIZE] = { "generalize", read_generalize },
	[STEP_TIME_ZONE] = { "time-zone", read_word },
	[STEP_COMPUTER_NAME] = { "computer-name", read_word },
	[STEP_LOCALE] = { "locale", read_locale },
};

const char *recipe_step_name(enum recipe_step_kind kind)
{
	return step_kinds[kind].name;
}

static int read_step(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	const char *names[STEP_KINDS + 1] = { NULL };
	struct recipe_step *step;
	const char *near;

	if (value->kind != YAML_MAP || value->n != 1)
		return fail(r, value, "one step with its settings (\"registry: ...\") is wanted here");
	if (r->recipe->steps.len >= RECIPE_STEPS_MAX)
		return fail(r, value, "more than %d steps", RECIPE_STEPS_MAX);
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
		return fail(r, value, "there is no step \"%s\"; did you mean \"%s\"?", yaml_cite(value->first->key), near);
	return fail(r, value, "there is no step \"%s\"", yaml_cite(value->first->key));
}

/* ---- the top --------------------------------------------------------------------------- */

static int top_version(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	if (value->kind != YAML_TEXT || strcmp(value->text, "1") != 0)
		return fail(r, value, "this wimtool knows recipes of version 1");
	return 0;
}

static int source_path(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return take_path(r, value, &r->recipe->source.path);
}

static int source_image(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return take_text(r, value, "an index or name", &r->recipe->source.image);
}

static int source_config(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return take_path(r, value, &r->recipe->source.config);
}

static const struct key source_keys[] = {
	{ "path", source_path, true },
	{ "image", source_image, false },
	{ "config", source_config, false },
};

static int top_source(struct reader *r, const struct yaml_value *value, void *into)
{
	if (value->kind == YAML_TEXT)
		return source_path(r, value, into);
	return read_map(r, value, source_keys, ARRAY_SIZE(source_keys), into);
}

static int top_matrix(struct reader *r UNUSED, const struct yaml_value *value UNUSED, void *into UNUSED)
{
	return 0; /* recipe_file.c */
}

static int top_steps(struct reader *r, const struct yaml_value *value, void *into)
{
	return read_list(r, value, "steps", read_step, into);
}

static int output_path(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return take_path(r, value, &r->recipe->output.path);
}

static int output_name(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return take_text(r, value, "a name", &r->recipe->output.name);
}

static int output_description(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return take_any_text(r, value, &r->recipe->output.description);
}

static int output_flags(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return take_text(r, value, "an edition", &r->recipe->output.flags);
}

static int output_compress(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	struct compress_choice choice;

	if (take_text(r, value, "a compression", &r->recipe->output.compress) < 0)
		return -1;
	if (compress_parse(r->recipe->output.compress, &choice, NULL) == 0)
		return 0;
	return fail(r, value, "none, fast (xpress), lzx, max, lzms or recovery is wanted here, with a level from 1 to 100 "
			      "behind a colon where there are levels");
}

static int output_boot(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return take_flag(r, value, &r->recipe->output.boot);
}

static int output_check(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return take_flag(r, value, &r->recipe->output.check);
}

static int output_solid(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	return take_flag(r, value, &r->recipe->output.solid);
}

static int output_verify(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	bool verify;

	if (take_flag(r, value, &verify) < 0)
		return -1;
	r->recipe->output.no_verify = !verify;
	return 0;
}

static int output_split(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	if (take_size(r, value, &r->recipe->output.split) < 0)
		return -1;
	return r->recipe->output.split < SPLIT_MIN ? fail(r, value, "a part has at least 1M") : 0;
}

static int output_properties(struct reader *r, const struct yaml_value *value, void *into UNUSED)
{
	if (value->kind != YAML_MAP)
		return fail(r, value, "names with values (\"WINDOWS/EDITIONID: Pro\") are wanted here");
	for (const struct yaml_value *v = value->first; v; v = v->next) {
		struct recipe_property property = { .name = keep(r, v->key) };

		if (take_any_text(r, v, &property.value) < 0)
			return -1;
		*vec_add(&r->recipe->output.properties) = property;
	}
	return 0;
}

static const struct key output_keys[] = {
	{ "path", output_path, true },
	{ "name", output_name, false },
	{ "description", output_description, false },
	{ "flags", output_flags, false },
	{ "compress", output_compress, false },
	{ "boot", output_boot, false },
	{ "check", output_check, false },
	{ "solid", output_solid, false },
	{ "split", output_split, false },
	{ "verify", output_verify, false },
	{ "properties", output_properties, false },
};

static int top_output(struct reader *r, const struct yaml_value *value, void *into)
{
	if (read_map(r, value, output_keys, ARRAY_SIZE(output_keys), into) < 0)
		return -1;
	if (r->recipe->output.solid && r->recipe->output.split)
		return fail(r, value, "a solid WIM cannot be split: \"solid\" and \"split\" exclude each other");
	return 0;
}

static const struct key top_keys[] = {
	{ "version", top_version, true }, { "source", top_source, true }, { "matrix", top_matrix, false },
	{ "steps", top_steps, false },	  { "output", top_output, true },
};

int recipe_read(const struct recipe_file *file, const struct yaml_tree *tree, struct recipe *ret, struct err *err)
{
	struct reader r = { .file = file, .tree = tree, .recipe = ret, .err = err };

	*ret = (struct recipe){ .id = "" };
	return read_map(&r, tree->root, top_keys, ARRAY_SIZE(top_keys), NULL);
}

void recipe_release(struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->steps.len; i++) {
		struct recipe_step *step = &recipe->steps.items[i];

		vec_release(&step->registry);
		vec_release(&step->files);
		free(step->generalize.enable.items);
		free(step->generalize.disable.items);
	}
	vec_release(&recipe->steps);
	vec_release(&recipe->axes);
	vec_release(&recipe->output.properties);
	arena_release(&recipe->arena);
}
