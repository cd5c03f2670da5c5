/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * XML as a tree that knows where everything stands in the text.
 *
 * markup_read makes the tree of a text: elements, attributes, comments, each
 * with byte offsets, line and column. It is no judge of XML (see xml_check.h):
 * it stops at the first thing it cannot follow and keeps what came before. It
 * resolves namespaces, the five entities of XML and character references;
 * other entities are left as they are written and nothing is ever loaded. The
 * tree is owned by struct markup; the text must live as long.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/vec.h"
#include "unattend/text_place.h"

#define MARKUP_MAX_DEPTH 256         /* as deep as libxml2 follows without XML_PARSE_HUGE */
#define MARKUP_MAX_ELEMENTS 50000    /* the largest real answer file has some 3,000 */
#define MARKUP_MAX_ATTRIBUTES 100000
#define MARKUP_MAX_ON_ONE 256        /* attributes of one element */
#define MARKUP_MAX_NAMESPACES 64     /* declarations in effect at one place */
#define MARKUP_MAX_COMMENTS 50000

struct attribute {
	struct attribute *next;
	const char *name; /* as written, with prefix */
	const char *local;
	const char *ns;   /* "" without prefix; NULL when the prefix is not declared */
	const char *value;
	struct span span; /* name="value" */
	struct span raw;  /* between the quotes */
	struct spot where;
	struct spot value_where;
};

struct element {
	struct element *parent;
	struct element *first;
	struct element *last;
	struct element *next;
	struct attribute *attributes;
	const char *name;   /* local part */
	const char *prefix; /* "" for none */
	const char *ns;     /* "" for none; NULL when the prefix is not declared */
	const char *value;  /* decoded text of an element without children; "" otherwise */
	size_t value_len;
	struct span span;    /* from < to behind > of the end tag */
	struct span content; /* between the tags; empty for <x/> */
	struct spot where;
	struct spot value_where; /* of the first character that is no space */
	size_t stray_at; /* offset of text between child elements, when has_stray */
	bool has_stray;
	bool self_closing;
	bool closed;
	bool plain; /* the content is one run of text: no comment, CDATA or child */
	uint16_t depth;
	uint16_t n_namespaces; /* declared here and above */
};

struct comment {
	struct span span;
	struct spot where;
	size_t double_hyphen; /* offset of a "--" inside, 0 for none */
	struct spot double_hyphen_where;
	const struct element *parent;
};

struct markup {
	struct arena arena;
	struct element *root;
	VEC(struct comment) comments;
	size_t n_elements;
	size_t n_attributes;
	bool has_declaration;
	size_t declaration; /* where <?xml stands */
	struct span encoding; /* of the declaration; empty when it names none */
	bool has_doctype;
	struct spot doctype_where;
	struct span doctype;
	bool well_formed; /* beyond doubt; false when that is for libxml2 to say */
	bool damaged;     /* reading stopped at error */
	struct spot error_where;
	size_t error_at;
	char error[160];
};

/* -1 only beyond a limit; a text that is no XML gives 0 and ret->damaged. */
int markup_read(const char *text, size_t len, struct markup *ret, struct err *err);
void markup_release(struct markup *markup);

const struct attribute *element_attribute(const struct element *e, const char *name);
const struct attribute *element_attribute_ns(const struct element *e, const char *ns, const char *local);
