/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A growing array of any type:
 *
 *	VEC(struct thing) things = { 0 };
 *	*vec_add(&things) = (struct thing){ ... };
 *	for (size_t i = 0; i < things.len; i++) use(&things.items[i]);
 *	vec_release(&things);
 *
 * vec_add returns a pointer to a new zeroed item; it is good until the next
 * vec_add. Items own what they own: release them before vec_release.
 */
#pragma once

#include "common/base/alloc.h"

#define VEC(type) struct { type *items; size_t len; size_t cap; }

#define vec_add(v)                                                                                      \
	((v)->items = vec_grow((v)->items, (v)->len, &(v)->cap, sizeof(*(v)->items)),                   \
	 &(v)->items[(v)->len++])

#define vec_release(v) (free((v)->items), (v)->items = NULL, (v)->len = (v)->cap = 0)

/* Makes room for one more item and zeroes it. */
void *vec_grow(void *items, size_t len, size_t *cap, size_t item_size) RETURNS_NONNULL;

#include <stdlib.h>
