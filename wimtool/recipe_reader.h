/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the readers of a recipe's parts share: maps with known keys, lists, and texts that mean something. All
 * return 0, or -1 with an error that names file, line and column. Texts live in the arena of the recipe.
 */
#pragma once

#include "wimtool/recipe.h"

struct recipe_reader {
	const struct recipe_file *file;
	const struct yaml_tree *tree;
	struct recipe *recipe;
	struct err *err;
};

struct recipe_key {
	const char *name;
	int (*read)(struct recipe_reader *r, const struct yaml_value *value, void *into);
	bool required;
};

/* The value is spelt out for analyzers. */
#define recipe_fail(r, value, ...) (yaml_fail((r)->tree, (value), (r)->err, __VA_ARGS__), -1)

/* Says of a text why it was not taken, unless that would show what came from the environment. */
int recipe_unfit(struct recipe_reader *r, const struct yaml_value *value, const struct err *why);

/* An unknown key is an error that names the nearest known one; so is a missing key that is required. */
int recipe_map(struct recipe_reader *r, const struct yaml_value *map, const struct recipe_key *keys, size_t n,
	       void *into);
int recipe_list(struct recipe_reader *r, const struct yaml_value *list, const char *what,
		int (*read)(struct recipe_reader *r, const struct yaml_value *value, void *into), void *into);

/* A copy that lives as long as the recipe. */
const char *recipe_keep(struct recipe_reader *r, const char *text);

/* what says in the error what is wanted. Only any_text may be empty. */
int recipe_any_text(struct recipe_reader *r, const struct yaml_value *value, const char **ret);
int recipe_text(struct recipe_reader *r, const struct yaml_value *value, const char *what, const char **ret);
int recipe_path(struct recipe_reader *r, const struct yaml_value *value, const char **ret);
int recipe_glob(struct recipe_reader *r, const struct yaml_value *value, const char **ret);
int recipe_choice(struct recipe_reader *r, const struct yaml_value *value, const char *what, const char *const *choices,
		  int *ret);
int recipe_flag(struct recipe_reader *r, const struct yaml_value *value, bool *ret);
int recipe_size(struct recipe_reader *r, const struct yaml_value *value, uint64_t *ret);
bool recipe_number(const char *text, uint64_t max, uint64_t *ret);

/* recipe_registry.c: one edit of a registry step, which is into. */
int recipe_read_registry(struct recipe_reader *r, const struct yaml_value *value, void *into);

/* recipe_steps.c: one entry of the list of steps. */
int recipe_read_step(struct recipe_reader *r, const struct yaml_value *value, void *into);
