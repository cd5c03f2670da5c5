/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/arena.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_LEN (64u * 1024)
#define ALIGNMENT 16u

struct arena_block {
	struct arena_block *next;
	size_t len;
	_Alignas(ALIGNMENT) uint8_t data[];
};

static void add_block(struct arena *arena, size_t len)
{
	struct arena_block *block = xmalloc(sizeof(*block) + len);

	block->len = len;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->left = len;
}

/* size bytes as they are; rounded up to the alignment of what comes next. */
static void *take(struct arena *arena, size_t size)
{
	size_t need = (size_t)round_up(MAX(size, (size_t)1), ALIGNMENT);

	if (arena->left < need)
		add_block(arena, MAX(need, (size_t)BLOCK_LEN));

	void *piece = arena->blocks->data + (arena->blocks->len - arena->left);

	arena->left -= need;
	return piece;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size), 0, size);
}

char *arena_text(struct arena *arena, const char *text, size_t len)
{
	char *copy = take(arena, len + 1);

	if (len)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

void arena_release(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	arena->left = 0;
}
