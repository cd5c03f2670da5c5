/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known about components and settings: static tables made from data/,
 * sorted at build time. Names are compared without regard to ASCII case, as
 * Setup does for components; whether the spelling is the documented one is for
 * a rule to say.
 */
#pragma once

#include <strings.h>

#include "common/base/base.h"

enum pass {
	PASS_NONE = 0,
	PASS_WINDOWS_PE = 1,
	PASS_OFFLINE_SERVICING = 2,
	PASS_GENERALIZE = 4,
	PASS_SPECIALIZE = 8,
	PASS_AUDIT_SYSTEM = 16,
	PASS_AUDIT_USER = 32,
	PASS_OOBE_SYSTEM = 64,
};

enum setting_kind {
	SETTING_CONTAINER,
	SETTING_VALUE,
	SETTING_LIST_ITEM, /* may be repeated; wants wcm:action */
	SETTING_ATTRIBUTE, /* the reference lists it as an element, XML has wcm:keyValue */
	SETTING_TEXT,      /* the reference lists it as an element, XML has the text of the parent */
};

enum setting_type { TYPE_NONE, TYPE_BOOLEAN, TYPE_ENUM, TYPE_INTEGER, TYPE_STRING };
enum setting_empty { EMPTY_UNKNOWN, EMPTY_ALLOWED, EMPTY_FORBIDDEN };

struct component_spec {
	const char *name;
	unsigned passes; /* 0: not known */
	bool known_settings;
	uint32_t removed; /* build number, 0 for never */
};

struct setting_spec {
	const char *component;
	const char *path; /* "UserData/ProductKey/Key" */
	enum setting_kind kind;
	enum setting_type type;
	const char *values; /* "Always|OnError|Never"; "" when any */
	int64_t min, max;   /* equal when there is no range */
	uint32_t max_len;   /* characters, 0 for no limit known */
	enum setting_empty empty;
	unsigned passes;    /* 0: not known */
	const char *key;    /* what tells list items apart: a child's name or "@wcm:keyValue" */
	bool secret;
	uint32_t since, deprecated, removed; /* build numbers, 0 for none */
};

const struct component_spec *component_spec_find(const char *name);
const struct setting_spec *setting_spec_find(const char *component, const char *path);
const struct component_spec *component_spec_at(size_t i);
const struct setting_spec *setting_spec_at(size_t i);

/* For many of them: the hash of a path in small letters, and the row by component, path and its hash. */
uint32_t setting_path_hash(const char *path);
uint32_t setting_path_hash_more(uint32_t hash, const char *rest);
const struct setting_spec *setting_spec_find_hashed(const char *component, const char *path, uint32_t hash);

/* Without regard to ASCII case; most names differ in the first letter already. */
static inline bool name_is(const char *a, const char *b)
{
	return (a[0] | 32) == (b[0] | 32) && strcasecmp(a, b) == 0;
}

/* Passes a setting may stand in: its own, or those of its component. */
unsigned setting_spec_passes(const struct setting_spec *spec);

/* Exact spelling only; PASS_NONE when there is no such pass. */
enum pass pass_parse(const char *text);
const char *pass_name(enum pass pass);
/* "specialize, oobeSystem"; cut off when ret is full. */
const char *pass_list(unsigned passes, char *ret, size_t size);
extern const char *const pass_names[]; /* in order of Setup, NULL-terminated */

/* The name nearest to a mistyped one; NULL when none is near. A setting at the same place by its name alone,
 * one elsewhere in the component by its path. */
const char *component_did_you_mean(const char *name);
const char *setting_did_you_mean(const char *component, const char *path);

/* Makes name the best guess for a mistyped word when it is nearer than the best so far and near at all. */
void name_consider(const char *word, const char *name, const char **best, size_t *best_distance);

/* Known versions of Windows: "win10" to a build number, 0 for none. */
struct windows {
	const char *name;
	uint32_t build;
	bool server;
};
const struct windows *windows_find(const char *name);
const struct windows *windows_at(size_t i);
