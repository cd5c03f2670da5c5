/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/setting_path.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/cli/cli.h"

#define PREFIX "Microsoft-Windows-"
#define MAX_ITEM_NUMBER 100000

/* ---- reading ----------------------------------------------------------------- */

char *component_full_name(const char *name)
{
	CLEANUP(freep) char *with = xasprintf(PREFIX "%s", name);
	const struct component_spec *spec = component_spec_find(name);

	if (!spec)
		spec = component_spec_find(with);
	return xstrdup(spec ? spec->name : name);
}

/* Length up to the next "/" outside [ ]. */
static size_t piece_len(const char *text)
{
	bool inside = false;
	size_t i;

	for (i = 0; text[i] && (inside || text[i] != '/'); i++)
		inside = text[i] == '[' || (inside && text[i] != ']');
	return i;
}

static int read_number(const char *text, struct path_step *step, struct err *err)
{
	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 6)
		return err_set(err, ERR_USAGE, "[%s]: a number or NAME=VALUE is wanted in the brackets", text);
	step->number = strtoul(text, NULL, 10);
	if (step->number == 0 || step->number > MAX_ITEM_NUMBER)
		return err_set(err, ERR_USAGE, "[%s]: items are counted from 1", text);
	return 0;
}

static int read_choice(const char *text, struct path_step *step, struct err *err)
{
	const char *equals = strchr(text, '=');

	if (!equals)
		return read_number(text, step, err);
	if (equals == text)
		return err_set(err, ERR_USAGE, "[%s]: NAME=VALUE is wanted in the brackets", text);
	step->key = xstrndup(text, (size_t)(equals - text));
	step->value = xstrdup(equals + 1);
	return 0;
}

static int read_step(const char *text, size_t len, struct path_step *step, struct err *err)
{
	const char *open = memchr(text, '[', len);
	size_t name_len = open ? (size_t)(open - text) : len;
	CLEANUP(freep) char *inside = NULL;

	if (name_len == 0)
		return err_set(err, ERR_USAGE, "a name is missing between two \"/\"");
	step->name = xstrndup(text, name_len);
	if (!open)
		return 0;
	if (text[len - 1] != ']')
		return err_set(err, ERR_USAGE, "%.*s: \"]\" is missing at the end", (int)MIN(len, 80), text);
	inside = xstrndup(open + 1, len - name_len - 2);
	return read_choice(inside, step, err);
}

static void look_up_step(struct setting_path *path, struct path_step *step)
{
	size_t used = strlen(path->plain), len = strlen(step->name);

	if (used + len + 2 > sizeof(path->plain))
		return;
	if (used)
		path->plain[used++] = '/';
	memcpy(path->plain + used, step->name, len + 1);
	step->spec = setting_spec_find(path->component, path->plain);
}

static int read_steps(const char *text, struct setting_path *path, struct err *err)
{
	while (*text) {
		size_t len = piece_len(text);
		struct path_step *step = &path->steps[path->n];

		if (path->n == SETTING_PATH_MAX_STEPS)
			return err_set(err, ERR_USAGE, "the path has more than %d settings", SETTING_PATH_MAX_STEPS);
		path->n++;
		if (read_step(text, len, step, err) < 0)
			return -1;
		look_up_step(path, step);
		text += len + (text[len] == '/');
	}
	return 0;
}

static int read_pass(const char *text, struct setting_path *ret, struct err *err)
{
	const char *near;

	ret->pass = pass_parse(text);
	if (ret->pass != PASS_NONE)
		return 0;
	near = cli_did_you_mean(text, pass_names);
	for (size_t i = 0; !near && pass_names[i]; i++)
		if (strcasecmp(pass_names[i], text) == 0)
			near = pass_names[i];
	err_set(err, ERR_USAGE, "there is no pass \"%s\"; a path is PASS/COMPONENT/SETTING", text);
	return near ? err_hint(err, "did you mean \"%s\"?", near) : -1;
}

int setting_path_parse(const char *text, struct setting_path *ret, struct err *err)
{
	size_t pass_len = strcspn(text, "/"), name_len;
	CLEANUP(freep) char *pass = xstrndup(text, pass_len);
	CLEANUP(freep) char *name = NULL;

	*ret = (struct setting_path){ .pass = PASS_NONE };
	if (strlen(text) >= SETTING_PATH_MAX_LEN)
		return err_set(err, ERR_USAGE, "the path is longer than %d bytes", SETTING_PATH_MAX_LEN);
	if (read_pass(pass, ret, err) < 0)
		return -1;
	text += pass_len + (text[pass_len] == '/');
	name_len = strcspn(text, "/");
	if (name_len == 0)
		return err_set(err, ERR_USAGE, "the component is missing; a path is PASS/COMPONENT/SETTING");
	name = xstrndup(text, name_len);
	ret->component = component_full_name(name);
	ret->component_spec = component_spec_find(ret->component);
	if (read_steps(text + name_len + (text[name_len] == '/'), ret, err) == 0)
		return 0;
	setting_path_release(ret);
	return -1;
}

void setting_path_release(struct setting_path *path)
{
	for (size_t i = 0; i < path->n; i++) {
		free(path->steps[i].name);
		free(path->steps[i].key);
		free(path->steps[i].value);
	}
	free(path->component);
	*path = (struct setting_path){ .pass = PASS_NONE };
}

static int no_component(const struct setting_path *path, struct err *err)
{
	CLEANUP(freep) char *with = xasprintf(PREFIX "%s", path->component);
	const char *near = component_did_you_mean(path->component);

	if (!near)
		near = component_did_you_mean(with);
	err_set(err, ERR_NOT_FOUND, "no component \"%s\" is documented", path->component);
	return near ? err_hint(err, "did you mean \"%s\"?", near) : -1;
}

/* The path up to and with step i. */
static void plain_up_to(const struct setting_path *path, size_t i, char ret[SETTING_PATH_MAX_LEN])
{
	size_t used = 0;

	for (size_t k = 0; k <= i; k++) {
		size_t len = strlen(path->steps[k].name);

		if (k)
			ret[used++] = '/';
		memcpy(ret + used, path->steps[k].name, len);
		used += len;
	}
	ret[used] = '\0';
}

int setting_path_check(const struct setting_path *path, struct err *err)
{
	char plain[SETTING_PATH_MAX_LEN];
	const char *near;

	if (!path->component_spec)
		return no_component(path, err);
	if (!path->component_spec->known_settings)
		return 0;
	for (size_t i = 0; i < path->n; i++) {
		if (path->steps[i].spec)
			continue;
		plain_up_to(path, i, plain);
		near = setting_did_you_mean(path->component, plain);
		err_set(err, ERR_NOT_FOUND, "%s has no setting \"%s\"", path->component, plain);
		return near ? err_hint(err, "did you mean \"%s\"?", near) :
			      err_hint(err, "unattend schema %s lists them", path->component);
	}
	return 0;
}

/* ---- following ---------------------------------------------------------------- */

bool setting_path_fits(const struct setting_path *path, const struct component *component, const char *arch)
{
	return component_pass(component) == path->pass && component_is(component, path->component) &&
	       (!arch || strcasecmp(component->arch, arch) == 0);
}

static bool text_equal(const char *text, size_t len, const char *wanted)
{
	return len == strlen(wanted) && strncasecmp(text, wanted, len) == 0;
}

static bool is_chosen(const struct answer *answer, const struct setting *s, const struct path_step *step)
{
	const struct setting *child;
	const char *value;
	size_t len;

	if (!step->key)
		return true;
	if (*step->key == '@') {
		for (const struct attribute *a = s->element->attributes; a; a = a->next)
			if (strcmp(a->local, step->key + 1) == 0 && strcasecmp(a->value, step->value) == 0)
				return true;
		return false;
	}
	child = setting_child(answer, s, step->key);
	if (!child)
		return false;
	value = setting_value(child, &len);
	return text_equal(value, len, step->value);
}

struct matches {
	const struct setting *first;
	const struct setting *chosen; /* by number */
	size_t n;
};

static struct matches find_children(const struct answer *answer, const struct component *component,
				    const struct setting *parent, const struct path_step *step)
{
	struct matches m = { NULL, NULL, 0 };

	for (size_t i = component->first; i < component->first + component->n; i++) {
		const struct setting *s = &answer->settings.items[i];

		if (s->parent != parent || strcasecmp(s->element->name, step->name) != 0 || !is_chosen(answer, s, step))
			continue;
		if (!m.n++)
			m.first = s;
		if (m.n == step->number)
			m.chosen = s;
	}
	return m;
}

int setting_path_follow(const struct answer *answer, const struct component *component,
			const struct setting_path *path, struct path_hit *ret, struct err *err)
{
	*ret = (struct path_hit){ .n_found = 0 };
	for (size_t i = 0; i < path->n; i++) {
		const struct path_step *step = &path->steps[i];
		struct matches m = find_children(answer, component, ret->last_parent, step);
		const struct setting *next = step->number ? m.chosen : m.first;

		if (m.n > 1 && !step->number) {
			err_set(err, ERR_USAGE, "there are %zu of %s%s here", m.n, step->name,
				step->key ? " with this value" : "");
			return err_hint(err, "choose one: %s[1] to [%zu], or %s[NAME=VALUE]", step->name, m.n, step->name);
		}
		if (!next)
			return 0;
		ret->n_found = i + 1;
		if (i + 1 == path->n)
			ret->setting = next;
		else
			ret->last_parent = next;
	}
	return 0;
}

/* Of a name that the schema does not have: mistyped ones count too. */
bool name_sounds_secret(const char *name)
{
	static const char *const words[] = { "passw", "pasw", "pwd", "secret", "productkey", "productid", "product key" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasestr(name, words[i]))
			return !strcasestr(name, "plaintext");
	return false;
}

/* Text directly in a container such as Password is one that is written in the wrong place. */
bool setting_is_secret(const struct setting *setting)
{
	bool misplaced = setting->spec && setting->spec->kind == SETTING_CONTAINER && !setting->element->first;

	if (setting->spec && !misplaced)
		return setting->spec->secret;
	return name_sounds_secret(setting->path);
}
