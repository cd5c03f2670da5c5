/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The address of a setting on a command line:
 *
 *	specialize/Shell-Setup/ComputerName
 *	oobeSystem/Shell-Setup/UserAccounts/LocalAccounts/LocalAccount[Name=admin]/Group
 *	windowsPE/Setup/RunSynchronous/RunSynchronousCommand[2]/Path
 *
 * pass/component/setting..., the component with or without
 * "Microsoft-Windows-" in front. One of several list items is chosen by its
 * number among its brothers, from 1, or by the value of a child or, with "@", of an attribute.
 */
#pragma once

#include "unattend/answer.h"

#define SETTING_PATH_MAX_STEPS 16
#define SETTING_PATH_MAX_LEN 1024

struct path_step {
	char *name;
	char *key;   /* of a choice by value; NULL for none */
	char *value;
	size_t number; /* of a choice by number; 0 for none */
	const struct setting_spec *spec; /* NULL when the schema does not have it */
};

struct setting_path {
	enum pass pass;
	char *component; /* full name */
	const struct component_spec *component_spec; /* NULL when unknown */
	struct path_step steps[SETTING_PATH_MAX_STEPS];
	size_t n; /* 0: the component itself */
	char plain[SETTING_PATH_MAX_LEN]; /* names of the steps with "/" between */
};

/* Pass and the form of the rest are checked; unknown names are left for setting_path_check. */
int setting_path_parse(const char *text, struct setting_path *ret, struct err *err);
void setting_path_release(struct setting_path *path);

/* ERR_NOT_FOUND with the nearest name when component or setting are not in the schema. */
int setting_path_check(const struct setting_path *path, struct err *err);

/* The whole name for "Shell-Setup"; free the result. */
char *component_full_name(const char *name);

struct path_hit {
	const struct setting *setting;     /* NULL when steps are missing */
	const struct setting *last_parent; /* the deepest one there is; NULL for the component */
	size_t n_found;                    /* steps */
};

/* Follows path in one component. ERR_USAGE when an item must be chosen and is not. */
int setting_path_follow(const struct answer *answer, const struct component *component,
			const struct setting_path *path, struct path_hit *ret, struct err *err);

/* A component that path means: of its pass and name, and of arch unless that is NULL. */
bool setting_path_fits(const struct setting_path *path, const struct component *component, const char *arch);

/* A password, a key, or something else that is not shown unless asked for. */
bool setting_is_secret(const struct setting *setting);
bool name_sounds_secret(const char *name);
