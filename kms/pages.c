/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
	HUGE = 2 << 20,
	MAPPED_MIN = 128 << 10,  /* what is freed of less stays with the C library */
	MAPPED_STEP = 64 << 10,  /* whole pages of any system */
	FIRST_BLOCK = 512 << 10, /* of a pool: most logs need no more */
};

static size_t mapped_size(size_t size)
{
	return (size + MAPPED_STEP - 1) / MAPPED_STEP * MAPPED_STEP;
}

void *huge_calloc(size_t size)
{
	size_t len = mapped_size(size), slack = size < HUGE ? 0 : HUGE, before;
	char *map, *start;

	if (size < MAPPED_MIN)
		return xcalloc(1, size);
	map = mmap(NULL, len + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return xcalloc(1, SIZE_MAX); /* ends the program as any lack of memory does */
	if (!slack)
		return map;
	before = (HUGE - (uintptr_t)map % HUGE) % HUGE;
	start = map + before;
	if (before)
		munmap(map, before);
	munmap(start + len, slack - before);
	(void)madvise(start, len, MADV_HUGEPAGE);
	return start;
}

void huge_free(void *memory, size_t size)
{
	if (memory && size >= MAPPED_MIN)
		munmap(memory, mapped_size(size));
	else
		free(memory);
}

static size_t block_size(size_t i)
{
	return i == 0 ? FIRST_BLOCK : HUGE;
}

static void *take_page(struct page_pool *pool)
{
	if (pool->n_free == 0) {
		pool->n_free = block_size(pool->blocks.len);
		pool->free = huge_calloc(pool->n_free);
		*vec_add(&pool->blocks) = pool->free;
	}
	pool->n_free -= PAGE_BYTES;
	pool->free += PAGE_BYTES;
	return pool->free - PAGE_BYTES;
}

void *pages_grow(void *pages, size_t *n_pages, struct page_pool *pool)
{
	void **list = pages;

	/* A list has room for a power of two. */
	if ((*n_pages & (*n_pages - 1)) == 0)
		list = xreallocarray(pages, *n_pages ? *n_pages * 2 : 1, sizeof(*list));
	list[(*n_pages)++] = take_page(pool);
	return list;
}

void page_pool_release(struct page_pool *pool)
{
	for (size_t i = 0; i < pool->blocks.len; i++)
		huge_free(pool->blocks.items[i], block_size(i));
	vec_release(&pool->blocks);
	*pool = (struct page_pool){ 0 };
}
