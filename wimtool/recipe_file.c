/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file, its matrix, and the variables. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/image/wim_hash.h"
#include "wimtool/recipe.h"

#define NAME_MAX_LEN 64

int recipe_file_read(const char *path, struct recipe_file *ret, struct err *err)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha256();
	CLEANUP(freep) char *folder = path_folder(path);

	*ret = (struct recipe_file){ .path = xstrdup(path) };
	if (file_read_all(path, YAML_BYTES_MAX, &ret->text, err) < 0)
		return err_context(err, "%s", path);
	if (strcmp(path, "-") == 0) {
		free(folder);
		folder = xstrdup(".");
	}
	ret->folder = realpath(folder, NULL);
	if (!ret->folder)
		return err_errno(err, errno, "%s", folder);
	wim_hash_begin(hash);
	wim_hash_update(hash, strbuf_text(&ret->text), ret->text.len);
	wim_hash_final(hash, ret->sha256);
	return yaml_tree_read(ret->path, bytes_of(strbuf_text(&ret->text), ret->text.len), &ret->tree, err);
}

void recipe_file_release(struct recipe_file *file)
{
	yaml_tree_release(&file->tree);
	strbuf_release(&file->text);
	free(file->path);
	free(file->folder);
}

/* ---- variables --------------------------------------------------------------------- */

struct expander {
	const struct recipe_file *file;
	struct yaml_tree *out;
	const struct recipe_property *axes;
	size_t n_axes;
	struct err *err;
};

static const char *axis_value(const struct expander *x, const char *name, size_t len)
{
	for (size_t i = 0; i < x->n_axes; i++)
		if (strlen(x->axes[i].name) == len && memcmp(x->axes[i].name, name, len) == 0)
			return x->axes[i].value;
	return NULL;
}

/* "NAME}": adds its value; returns what follows, NULL on error. */
static const char *expand_one(const struct expander *x, const struct yaml_value *at, const char *name,
			      struct strbuf *text, struct strbuf *shown)
{
	size_t len = strcspn(name, "}");
	const char *value;

	if (!name[len]) {
		yaml_fail(&x->file->tree, at, x->err, "${ without }; a dollar is written $$");
		return NULL;
	}
	if (len > NAME_MAX_LEN) {
		yaml_fail(&x->file->tree, at, x->err, "the name of a variable has at most %d characters", NAME_MAX_LEN);
		return NULL;
	}
	if (strncmp(name, "env:", 4) == 0) {
		CLEANUP(freep) char *variable = xstrndup(name + 4, len - 4);

		value = getenv(variable);
		if (!value) {
			yaml_fail(&x->file->tree, at, x->err, "${env:%s}: the environment has no such variable",
				  yaml_cite(variable));
			return NULL;
		}
		strbuf_adds(text, value);
		strbuf_addf(shown, "${env:%s}", variable);
		return name + len + 1;
	}
	value = axis_value(x, name, len);
	if (!value) {
		CLEANUP(freep) char *variable = xstrndup(name, len);

		yaml_fail(&x->file->tree, at, x->err, "${%s}: the matrix has no such name", yaml_cite(variable));
		return NULL;
	}
	strbuf_adds(text, value);
	strbuf_adds(shown, value);
	return name + len + 1;
}

static int expand_text(const struct expander *x, const struct yaml_value *from, struct yaml_value *to)
{
	CLEANUP(strbuf_wipe) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf shown = STRBUF_INIT;
	const char *c = from->text;

	if (!strchr(c, '$'))
		return 0;
	while (*c) {
		if (c[0] == '$' && c[1] == '{') {
			c = expand_one(x, from, c + 2, &text, &shown);
			if (!c)
				return -1;
			continue;
		}
		c += c[0] == '$' && c[1] == '$';
		strbuf_addc(&text, *c);
		strbuf_addc(&shown, *c++);
	}
	to->text = arena_text(&x->out->arena, strbuf_text(&text), text.len);
	to->shown = strcmp(strbuf_text(&text), strbuf_text(&shown)) == 0
			    ? to->text
			    : arena_text(&x->out->arena, strbuf_text(&shown), shown.len);
	return 0;
}

/* Texts that hold no variable are lent from the tree of the file. */
static struct yaml_value *expand_value(const struct expander *x, const struct yaml_value *from)
{
	struct yaml_value *to = arena_alloc(&x->out->arena, sizeof(*to)), **end = &to->first;

	*to = *from;
	to->first = to->next = NULL;
	if (from->kind == YAML_TEXT)
		return expand_text(x, from, to) < 0 ? NULL : to;
	for (const struct yaml_value *v = from->first; v; v = v->next) {
		*end = expand_value(x, v);
		if (!*end)
			return NULL;
		end = &(*end)->next;
	}
	return to;
}

/* ---- the matrix ----------------------------------------------------------------------- */

struct axis {
	const char *name;
	const struct yaml_value *values;
};

struct matrix {
	struct axis axes[RECIPE_AXES_MAX];
	size_t n;
	size_t n_jobs;
};

static bool is_name(const char *text)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	return *text && strchr(first, *text) && strspn(text, rest) == strlen(text) && strlen(text) <= NAME_MAX_LEN;
}

static int read_axis(const struct recipe_file *file, const struct yaml_value *value, struct matrix *ret, struct err *err)
{
	if (!is_name(value->key))
		return yaml_fail_at(&file->tree, value->key_line, value->key_column, err,
				    "\"%s\" is no name: a letter, then letters, digits, _ and -", yaml_cite(value->key));
	if (value->kind != YAML_LIST || !value->n)
		return yaml_fail(&file->tree, value, err, "a list of values is wanted here");
	for (const struct yaml_value *v = value->first; v; v = v->next) {
		if (v->kind != YAML_TEXT || !*v->text)
			return yaml_fail(&file->tree, v, err, "a value is wanted here");
		for (const struct yaml_value *before = value->first; before != v; before = before->next)
			if (strcmp(before->text, v->text) == 0)
				return yaml_fail(&file->tree, v, err, "\"%s\" is given twice", yaml_cite(v->text));
	}
	if (ret->n == RECIPE_AXES_MAX)
		return yaml_fail(&file->tree, value, err, "a matrix has at most %d names", RECIPE_AXES_MAX);
	ret->axes[ret->n++] = (struct axis){ .name = value->key, .values = value };
	if (value->n > RECIPE_JOBS_MAX || ret->n_jobs * value->n > RECIPE_JOBS_MAX)
		return yaml_fail(&file->tree, value, err, "the matrix gives more than %d images", RECIPE_JOBS_MAX);
	ret->n_jobs *= value->n;
	return 0;
}

static int read_matrix(const struct recipe_file *file, struct matrix *ret, struct err *err)
{
	const struct yaml_value *map = file->tree.root->kind == YAML_MAP ? yaml_find(file->tree.root, "matrix") : NULL;

	*ret = (struct matrix){ .n_jobs = 1 };
	if (!map)
		return 0;
	if (map->kind != YAML_MAP || !map->n)
		return yaml_fail(&file->tree, map, err, "names with lists of values (\"edition: [pro, home]\") are wanted here");
	for (const struct yaml_value *v = map->first; v; v = v->next)
		if (read_axis(file, v, ret, err) < 0)
			return -1;
	return 0;
}

/* The last name of the matrix changes fastest. */
static void choose(const struct matrix *matrix, size_t job, struct recipe_property ret[RECIPE_AXES_MAX])
{
	for (size_t i = matrix->n; i--;) {
		const struct axis *axis = &matrix->axes[i];
		const struct yaml_value *value = axis->values->first;

		for (size_t k = job % axis->values->n; k; k--)
			value = value->next;
		job /= axis->values->n;
		ret[i] = (struct recipe_property){ .name = axis->name, .value = value->text };
	}
}

static void name_job(struct recipe *recipe, const struct recipe_property *axes, size_t n)
{
	CLEANUP(strbuf_release) struct strbuf id = STRBUF_INIT;

	for (size_t i = 0; i < n; i++) {
		strbuf_addf(&id, "%s%s=%s", i ? " " : "", axes[i].name, axes[i].value);
		*vec_add(&recipe->axes) = (struct recipe_property){
			.name = arena_text(&recipe->arena, axes[i].name, strlen(axes[i].name)),
			.value = arena_text(&recipe->arena, axes[i].value, strlen(axes[i].value)),
		};
	}
	recipe->id = arena_text(&recipe->arena, strbuf_text(&id), id.len);
}

static int expand_job(const struct recipe_file *file, const struct matrix *matrix, size_t job, struct recipe *ret,
		      struct err *err)
{
	struct recipe_property axes[RECIPE_AXES_MAX];
	struct yaml_tree tree = { .name = file->tree.name };
	const struct expander x = { .file = file, .out = &tree, .axes = axes, .n_axes = matrix->n, .err = err };
	int result = -1;

	choose(matrix, job, axes);
	tree.root = expand_value(&x, file->tree.root);
	if (tree.root)
		result = recipe_read(file, &tree, ret, err);
	if (result == 0)
		name_job(ret, axes, matrix->n);
	yaml_tree_release(&tree);
	return result;
}

static int check_outputs(const struct recipe_file *file, const struct recipe_jobs *jobs, struct err *err)
{
	for (size_t i = 0; i < jobs->len; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(jobs->items[i].output.path, jobs->items[k].output.path) == 0)
				return err_set(err, ERR_FORMAT,
					       "%s: two images of the matrix (%s; %s) have one output: its path wants ${%s}",
					       file->path, jobs->items[k].id, jobs->items[i].id,
					       jobs->items[i].axes.items[0].name);
	return 0;
}

int recipe_file_expand(const struct recipe_file *file, struct recipe_jobs *ret, struct err *err)
{
	struct matrix matrix;

	*ret = (struct recipe_jobs){ .items = NULL };
	if (!file->tree.root)
		return err_set(err, ERR_FORMAT, "%s: the recipe is empty", file->path);
	if (read_matrix(file, &matrix, err) < 0)
		return -1;
	if (matrix.n_jobs * file->tree.n_values > RECIPE_VALUES_MAX)
		return err_set(err, ERR_LIMIT, "%s: a recipe of %zu values for %zu images is too large", file->path,
			       file->tree.n_values, matrix.n_jobs);
	ret->items = xcalloc(matrix.n_jobs, sizeof(*ret->items));
	for (; ret->len < matrix.n_jobs; ret->len++)
		if (expand_job(file, &matrix, ret->len, &ret->items[ret->len], err) < 0) {
			recipe_release(&ret->items[ret->len]);
			return -1;
		}
	return check_outputs(file, ret, err);
}

void recipe_jobs_release(struct recipe_jobs *jobs)
{
	for (size_t i = 0; i < jobs->len; i++)
		recipe_release(&jobs->items[i]);
	free(jobs->items);
	*jobs = (struct recipe_jobs){ .items = NULL };
}
