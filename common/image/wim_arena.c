/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_arena.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"

#define BLOCK_LEN (256u * 1024)
#define ALIGNMENT 16u

struct wim_arena_block {
	struct wim_arena_block *next;
	size_t len;
	_Alignas(ALIGNMENT) uint8_t data[];
};

static void add_block(struct wim_arena *arena, size_t len)
{
	struct wim_arena_block *block = xcalloc(1, sizeof(*block) + len);

	block->len = len;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->left = len;
}

void *wim_arena_alloc(struct wim_arena *arena, size_t size)
{
	size_t need = (size_t)round_up(MAX(size, (size_t)1), ALIGNMENT);

	if (arena->left < need)
		add_block(arena, MAX(need, (size_t)BLOCK_LEN));

	void *piece = arena->blocks->data + (arena->blocks->len - arena->left);

	arena->left -= need;
	return piece;
}

char *wim_arena_text(struct wim_arena *arena, const char *text, size_t len)
{
	char *copy = wim_arena_alloc(arena, len + 1);

	memcpy(copy, text, len);
	return copy;
}

void wim_arena_release(struct wim_arena *arena)
{
	while (arena->blocks) {
		struct wim_arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	arena->left = 0;
}
