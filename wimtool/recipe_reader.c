/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/recipe_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"

/* ---- maps and lists -------------------------------------------------------------------- */

static int unknown_key(struct recipe_reader *r, const struct yaml_value *value, const struct recipe_key *keys, size_t n)
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

static const struct recipe_key *find_key(const struct recipe_key *keys, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

int recipe_map(struct recipe_reader *r, const struct yaml_value *map, const struct recipe_key *keys, size_t n,
	       void *into)
{
	if (map->kind != YAML_MAP)
		return recipe_fail(r, map, "keys with values (\"%s: ...\") are wanted here", keys[0].name);
	for (const struct yaml_value *v = map->first; v; v = v->next) {
		const struct recipe_key *key = find_key(keys, n, v->key);

		if (!key)
			return unknown_key(r, v, keys, n);
		if (key->read(r, v, into) < 0)
			return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (keys[i].required && !yaml_find(map, keys[i].name))
			return recipe_fail(r, map, "the key \"%s\" is missing", keys[i].name);
	return 0;
}

int recipe_list(struct recipe_reader *r, const struct yaml_value *list, const char *what,
		     int (*read)(struct recipe_reader *r, const struct yaml_value *value, void *into), void *into)
{
	if (list->kind != YAML_LIST || !list->n)
		return recipe_fail(r, list, "a list of %s is wanted here", what);
	for (const struct yaml_value *v = list->first; v; v = v->next)
		if (read(r, v, into) < 0)
			return -1;
	return 0;
}

int recipe_unfit(struct recipe_reader *r, const struct yaml_value *value, const struct err *why)
{
	if (strcmp(value->text, value->shown) != 0) /* the environment may hold secrets */
		return recipe_fail(r, value, "what %s stands for is not taken here", yaml_cite(value->shown));
	(void)recipe_fail(r, value, "%s", why->text);
	return *why->hint ? err_hint(r->err, "%s", why->hint) : -1;
}

/* ---- texts ----------------------------------------------------------------------------- */

const char *recipe_keep(struct recipe_reader *r, const char *text)
{
	return arena_text(&r->recipe->arena, text, strlen(text));
}

int recipe_any_text(struct recipe_reader *r, const struct yaml_value *value, const char **ret)
{
	if (value->kind != YAML_TEXT)
		return recipe_fail(r, value, "a text is wanted here");
	*ret = recipe_keep(r, value->text);
	return 0;
}

int recipe_text(struct recipe_reader *r, const struct yaml_value *value, const char *what, const char **ret)
{
	if (value->kind != YAML_TEXT || !*value->text)
		return recipe_fail(r, value, "%s is wanted here", what);
	*ret = recipe_keep(r, value->text);
	return 0;
}

/* A path of the host, relative to the recipe. */
int recipe_path(struct recipe_reader *r, const struct yaml_value *value, const char **ret)
{
	CLEANUP(freep) char *joined = NULL;

	if (value->kind != YAML_TEXT || !*value->text)
		return recipe_fail(r, value, "a path is wanted here");
	if (value->text[0] == '/') {
		*ret = recipe_keep(r, value->text);
		return 0;
	}
	joined = path_join(r->file->folder, value->text);
	*ret = recipe_keep(r, joined);
	return 0;
}

/* A pattern of paths: what is magic in the name of the recipe's folder is not meant so. */
int recipe_glob(struct recipe_reader *r, const struct yaml_value *value, const char **ret)
{
	CLEANUP(strbuf_release) struct strbuf pattern = STRBUF_INIT;

	if (value->kind != YAML_TEXT || !*value->text)
		return recipe_fail(r, value, "a pattern of file names is wanted here");
	for (const char *c = r->file->folder; value->text[0] != '/' && *c; c++) {
		if (strchr("*?[\\", *c))
			strbuf_addc(&pattern, '\\');
		strbuf_addc(&pattern, *c);
	}
	if (pattern.len)
		strbuf_addc(&pattern, '/');
	strbuf_adds(&pattern, value->text);
	*ret = recipe_keep(r, strbuf_text(&pattern));
	return 0;
}

int recipe_choice(struct recipe_reader *r, const struct yaml_value *value, const char *what, const char *const *choices,
		       int *ret)
{
	const char *near;

	if (value->kind != YAML_TEXT || !*value->text)
		return recipe_fail(r, value, "%s is wanted here", what);
	for (int i = 0; choices[i]; i++)
		if (strcmp(choices[i], value->text) == 0) {
			*ret = i;
			return 0;
		}
	near = cli_did_you_mean(value->text, choices);
	if (near)
		return recipe_fail(r, value, "there is no %s \"%s\"; did you mean \"%s\"?", what, yaml_cite(value->shown), near);
	return recipe_fail(r, value, "there is no %s \"%s\"", what, yaml_cite(value->shown));
}

/* Only these two words: "no", "on" and "1" are texts. */
int recipe_flag(struct recipe_reader *r, const struct yaml_value *value, bool *ret)
{
	static const char *const words[] = { "false", "true", NULL };
	int word;

	if (value->kind != YAML_TEXT || (strcmp(value->text, "true") != 0 && strcmp(value->text, "false") != 0))
		return recipe_fail(r, value, "true or false is wanted here");
	if (recipe_choice(r, value, "truth value", words, &word) < 0)
		return -1;
	*ret = word;
	return 0;
}

/* Decimal or 0x; all of the text. */
bool recipe_number(const char *text, uint64_t max, uint64_t *ret)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = text + (hex ? 2 : 0);
	const char *set = hex ? "0123456789abcdefABCDEF" : "0123456789";

	if (!*digits || digits[strspn(digits, set)])
		return false;
	errno = 0;
	*ret = strtoull(digits, NULL, hex ? 16 : 10);
	return !errno && *ret <= max;
}

int recipe_size(struct recipe_reader *r, const struct yaml_value *value, uint64_t *ret)
{
	static const char units[] = "KMG";
	size_t len = value->kind == YAML_TEXT ? strlen(value->text) : 0;
	CLEANUP(freep) char *digits = NULL;
	const char *unit = len ? strchr(units, value->text[len - 1]) : NULL;

	if (!len)
		return recipe_fail(r, value, "a size is wanted here, as 3800M");
	digits = xstrndup(value->text, len - (unit != NULL));
	if (!recipe_number(digits, 1ull << 40, ret))
		return recipe_fail(r, value, "a size is wanted here, as 3800M");
	if (unit)
		*ret <<= 10 * (unit - units + 1);
	return 0;
}
