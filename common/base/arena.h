/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many small things that are given back together: the nodes and texts of one
 * parsed file. Pieces are zeroed and aligned for any type. An all-zero arena is
 * valid and empty.
 */
#pragma once

#include "common/base/alloc.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t left; /* in the first block */
};

void *arena_alloc(struct arena *arena, size_t size);

/* A copy with a NUL behind it. */
char *arena_text(struct arena *arena, const char *text, size_t len);

void arena_release(struct arena *arena);
