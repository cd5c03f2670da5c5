/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory that is given back all at once: the elements and texts of one answer
 * file. What is handed out is zeroed and aligned for any type.
 */
#pragma once

#include "common/base/alloc.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
};

void *arena_alloc(struct arena *arena, size_t size);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
void arena_release(struct arena *arena);
