/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Patterns of the operations table, matched against registry key paths, value
 * names and file paths, without regard to case:
 *
 *	*       any run of characters inside one part of a path
 *	?       one character
 *	<GUID>  a GUID in braces
 *	**      as a whole part: any number of parts, none included
 *	a|b     in a list of value names: one or the other
 *
 * Parts of a path are separated by a backslash.
 */
#pragma once

#include "common/base/strbuf.h"

#define GLOB_DEPTH_MAX 32 /* parts that "**" goes down; no registry key of Windows lies deeper */

/* One part against one name. */
bool glob_match(const char *pattern, const char *name);

/* A list "a|b*|c" against one name. */
bool glob_match_list(const char *list, const char *name);

/* A whole pattern of parts against a whole path. */
bool glob_match_path(const char *pattern, const char *path);

/* The first part of a pattern goes to ret (cleared before); returns the rest, NULL when it was the last. */
const char *glob_next_part(const char *pattern, struct strbuf *ret);

/* True when the part holds a wildcard, so that it cannot be looked up by name. */
bool glob_is_wild(const char *part);
