/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Growing arrays that never move their items and need no second copy of themselves
 * to grow: for tables that are most of a program's memory.
 *
 *	struct page_pool pool = { 0 };
 *	PAGES(struct thing) things = { 0 };
 *	*pages_add(&things, &pool) = (struct thing){ ... };
 *	use(pages_at(&things, i));
 *	pages_release(&things);
 *	page_pool_release(&pool);
 *
 * All arrays of an owner take their pages from one pool, so that little of it lies idle.
 * The size of an item is a power of two; items of 64 bytes lie on one cache line each.
 * pages_add returns a zeroed item.
 */
#pragma once

#include "common/base/vec.h"

#define PAGE_BYTES ((size_t)32 << 10)

struct page_pool {
	VEC(void *) blocks;
	char *free; /* in the last block */
	size_t n_free;
};

void page_pool_release(struct page_pool *pool);

#define PAGES(type) struct { type **pages; size_t n_pages; size_t len; }

#define pages_shift(p) (unsigned)__builtin_ctzl(PAGE_BYTES / sizeof(**(p)->pages))
#define pages_items(p) (PAGE_BYTES / sizeof(**(p)->pages)) /* in one page */

#define pages_at(p, i) (&(p)->pages[(i) >> pages_shift(p)][(i) & (pages_items(p) - 1)])

#define pages_add(p, pool)                                                                            \
	((p)->len == (p)->n_pages << pages_shift(p)                                                    \
		 ? (void)((p)->pages = pages_grow((p)->pages, &(p)->n_pages, (pool)))                  \
		 : (void)0,                                                                            \
	 (p)->len++, pages_at((p), (p)->len - 1))

#define pages_release(p) (free((p)->pages), (p)->pages = NULL, (p)->n_pages = (p)->len = 0)

void *pages_grow(void *pages, size_t *n_pages, struct page_pool *pool);

/* Zeroed memory in which addresses are cheap to look up, for large tables. */
void *huge_calloc(size_t size);
void huge_free(void *memory, size_t size);
