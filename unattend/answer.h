/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An answer file as rules see it: passes, components, settings, each with the
 * element it comes from and through it with its place in the text.
 *
 *	source_decode -> answer_read -> rules -> answer_release
 *
 * A file that is damaged XML still gives an answer with the fault noted and as
 * much of the rest as could be followed. A file that is neither XML nor INI is
 * an error. All is owned by the answer.
 */
#pragma once

#include <string.h>

#include "unattend/answer_ini.h"
#include "unattend/markup.h"
#include "unattend/schema.h"
#include "unattend/source.h"
#include "unattend/template.h"
#include "unattend/xml_check.h"

#define NAME_CHAINS 64
#define NS_UNATTEND "urn:schemas-microsoft-com:unattend"
#define NS_WCM "http://schemas.microsoft.com/WMIConfig/2002/State"

enum answer_kind {
	ANSWER_XML,
	ANSWER_INI, /* sysprep.inf, unattend.txt, winnt.sif */
};

struct settings_block {
	const struct element *element;
	const char *pass_text; /* NULL when the attribute is missing */
	enum pass pass;        /* PASS_NONE when unknown */
};

struct component {
	const struct element *element;
	const struct settings_block *block; /* NULL for a component outside <settings> */
	const char *name;                   /* "" when missing */
	size_t name_len;
	const char *arch;                   /* "" when missing */
	const struct component_spec *spec;  /* NULL when unknown */
	size_t first;                       /* its settings in answer.settings */
	size_t n;
};

struct setting {
	const struct element *element;
	const struct component *component;
	const struct setting *parent; /* NULL at the top of the component */
	const char *path;             /* "UserData/ProductKey/Key" */
	uint32_t path_hash;           /* of the path in small letters */
	const struct setting_spec *spec;
	const struct setting *next_alike; /* in the chain of its last name */
	bool placeholder; /* the value holds an unrendered template expression */
};

struct answer {
	enum answer_kind kind;
	const char *file; /* as the user wrote it; lent */
	struct source source;
	struct markup markup;
	struct xml_fault fault; /* what libxml2 says; with found the file is not well-formed */
	struct spot fault_where;
	VEC(struct settings_block) blocks;
	VEC(struct component) components;
	VEC(struct setting) settings;
	struct setting *chains[NAME_CHAINS]; /* first setting of each chain of names that look alike */
	const struct setting *first_placeholder;
	size_t n_placeholders;
	bool conditional; /* template directives surround elements: alternatives stand side by side */
	struct spot conditional_where;
	enum template_mode template_mode;
	bool calmed; /* XML only without its template marks: the tree is that of template_calm */
	struct answer_ini ini;
};

/* True when the text is meant as an answer file of either kind: for walking a folder. */
bool answer_recognise(const struct source *source);

/* Takes raw over. On error nothing needs to be released. */
int answer_read(struct strbuf *raw, const char *file, enum template_mode mode, struct answer *ret, struct err *err);
void answer_release(struct answer *answer);

/* A well-formed XML answer file: the tree is complete. */
bool answer_is_whole(const struct answer *answer);

/* The chain of a name: by its length, first and last letter in any case. */
static inline unsigned name_chain(const char *name)
{
	size_t len = strlen(name);

	return ((unsigned)len * 7 + (unsigned)(name[0] | 32) * 3 + (unsigned)(len ? name[len - 1] | 32 : 0)) % NAME_CHAINS;
}

/* Walks settings by their last name in document order; after is of the same name. */
const struct setting *answer_named(const struct answer *answer, const char *name, const struct setting *after);

/* Walks settings of a component by name and path; "*" matches any component. */
const struct setting *answer_next(const struct answer *answer, const char *component, const char *path,
				  const struct setting *after);

/* The setting below a parent by its last name, NULL when there is none. */
const struct setting *setting_child(const struct answer *answer, const struct setting *parent, const char *name);
const struct setting *component_setting(const struct answer *answer, const struct component *component,
					const char *path);

/* The value without the white space around it. Returns len through ret_len. */
const char *setting_value(const struct setting *setting, size_t *ret_len);
bool setting_value_is(const struct setting *setting, const char *text); /* any case */
bool setting_value_empty(const struct setting *setting);
bool component_is(const struct component *component, const char *name);
enum pass component_pass(const struct component *component);
