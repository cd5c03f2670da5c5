/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The home of libxml2: is a text well-formed XML, and what do the elements of a
 * trusted shape (a product key configuration) hold? Nothing is ever loaded from
 * outside: no network, no DTD, no entities, and the loader of external entities
 * refuses.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"

struct xml_fault {
	bool found;
	uint32_t line;   /* from 1 */
	size_t byte_in_line; /* from 0 */
	char message[160];
};

/* text is UTF-8 without byte order mark, whatever encoding it declares. */
void xml_check(const char *text, size_t len, struct xml_fault *ret);

/* Called for each element that ends, with the text directly inside it. */
typedef void xml_leaf_fn(void *ctx, const char *name, const char *text);

/* Walks the elements of b in their order. More than depth 256 or malformed XML is ERR_FORMAT. */
int xml_walk(struct bytes b, xml_leaf_fn *leaf, void *ctx, struct err *err);

const char *xml_library_version(void);
