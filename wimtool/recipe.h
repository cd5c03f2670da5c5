/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recipe: what an image is made of, read from YAML (docs/recipe.md) and typed by
 * our own schema (docs/recipe.schema.json). A matrix gives one recipe for each
 * combination of its values.
 *
 *	recipe_file_read -> recipe_file_expand -> struct recipe of each job
 *
 * Paths of the host are absolute here: they are written relative to the recipe.
 * ${NAME} is a value of the matrix, ${env:NAME} of the environment, $$ a dollar. What
 * people see of a text with ${env:NAME} keeps it as it was written.
 */
#pragma once

#include "common/image/session.h"
#include "wimtool/answer_prepare.h"
#include "wimtool/yaml_tree.h"

#define RECIPE_JOBS_MAX 1000
#define RECIPE_STEPS_MAX 200
#define RECIPE_AXES_MAX 8
#define RECIPE_VALUES_MAX 2000000 /* of all images together: each has a copy of the recipe */

enum recipe_step_kind {
	STEP_REGISTRY,
	STEP_FILES,
	STEP_ANSWER_FILE,
	STEP_GENERALIZE,
	STEP_TIME_ZONE,
	STEP_COMPUTER_NAME,
	STEP_LOCALE,
	STEP_KINDS,
};

/* Texts live in the arena of the recipe. */
struct recipe_registry_edit {
	bool remove;
	const char *key;
	const char *value; /* NULL: the key itself (remove), "" the default value */
	uint32_t type;
	const char *type_name;
	const char *data; /* bytes as they are stored */
	size_t data_len;
	const char *shown; /* for people; masked when secret */
};

enum recipe_file_op {
	RECIPE_FILE_ADD,
	RECIPE_FILE_REMOVE,
	RECIPE_FILE_MOVE,
};

struct recipe_file_edit {
	enum recipe_file_op op;
	const char *source; /* of the host: add */
	const char *path;   /* in the image */
	const char *to;     /* move */
	bool optional;      /* nothing to remove is no error */
};

struct recipe_step {
	enum recipe_step_kind kind;
	unsigned line;
	VEC(struct recipe_registry_edit) registry;
	VEC(struct recipe_file_edit) files;
	struct {
		const char *path, *target, *pkeyconfig;
		enum answer_fix fix;
		enum severity fail_on; /* SEVERITY_OFF: never */
	} answer;
	struct {
		struct cli_list enable, disable;
		int nic, rearm;
	} generalize;
	const char *text;  /* time zone, computer name, locale */
	const char *shown; /* of it */
	const char *keyboard;
	unsigned locale_parts;
};

struct recipe_property {
	const char *name, *value;
};

struct recipe {
	struct arena arena;
	const char *id; /* "edition=pro language=de-DE"; "" without a matrix */
	VEC(struct recipe_property) axes;
	struct {
		const char *path;
		const char *image; /* NULL: the only one */
		const char *config;
		struct cli_list refs; /* globs of the other parts of a split WIM */
	} source;
	VEC(struct recipe_step) steps;
	struct {
		const char *path, *name, *description, *flags;
		const char *compress; /* NULL: the usual */
		bool boot, check, solid, no_verify;
		uint64_t split; /* bytes; 0: one file */
		VEC(struct recipe_property) properties;
	} output;
};

struct recipe_file {
	char *path;
	char *folder; /* absolute */
	uint8_t sha256[32];
	struct strbuf text;
	struct yaml_tree tree;
};

int recipe_file_read(const char *path, struct recipe_file *ret, struct err *err);
void recipe_file_release(struct recipe_file *file);

struct recipe_jobs {
	struct recipe *items;
	size_t len;
};

/* Every combination of the matrix, in the order it is written. Two jobs with one output are an error. */
int recipe_file_expand(const struct recipe_file *file, struct recipe_jobs *ret, struct err *err);
void recipe_jobs_release(struct recipe_jobs *jobs);

/* recipe_read.c: one recipe out of a tree in which variables are replaced. */
int recipe_read(const struct recipe_file *file, const struct yaml_tree *tree, struct recipe *ret, struct err *err);
void recipe_release(struct recipe *recipe);

const char *recipe_step_name(enum recipe_step_kind kind); /* "answer-file" */

/* One line for people: "registry: 3 edits". */
void recipe_step_show(const struct recipe_step *step, struct strbuf *ret);
