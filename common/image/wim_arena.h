/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many small things that are given back together. Pieces are zeroed and aligned for any type. */
#pragma once

#include "common/base/base.h"

struct wim_arena_block;

struct wim_arena {
	struct wim_arena_block *blocks;
	size_t left; /* in the first block */
};

void *wim_arena_alloc(struct wim_arena *arena, size_t size);
char *wim_arena_text(struct wim_arena *arena, const char *text, size_t len);
void wim_arena_release(struct wim_arena *arena);
