/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A growing array that never moves its items and needs no second copy of itself
 * to grow: for tables that are most of a program's memory.
 *
 *	PAGES(struct thing) things = { 0 };
 *	*pages_add(&things) = (struct thing){ ... };
 *	use(pages_at(&things, i));
 *	pages_release(&things);
 *
 * pages_add returns a zeroed item. Items of 64 bytes lie on one cache line each.
 */
#pragma once

#include "common/base/alloc.h"

#define PAGE_ITEMS_SHIFT 12
#define PAGE_ITEMS ((size_t)1 << PAGE_ITEMS_SHIFT)

#define PAGES(type) struct { type **pages; size_t n_pages; size_t len; }

#define pages_at(p, i) (&(p)->pages[(i) >> PAGE_ITEMS_SHIFT][(i) & (PAGE_ITEMS - 1)])

#define pages_add(p)                                                                                          \
	((p)->len == (p)->n_pages << PAGE_ITEMS_SHIFT                                                         \
		 ? (void)((p)->pages = pages_grow((p)->pages, &(p)->n_pages, sizeof(**(p)->pages)))           \
		 : (void)0,                                                                                   \
	 (p)->len++, pages_at((p), (p)->len - 1))

#define pages_release(p) (pages_free((p)->pages, (p)->n_pages, sizeof(**(p)->pages)), (p)->pages = NULL, (p)->n_pages = (p)->len = 0)

void *pages_grow(void *pages, size_t *n_pages, size_t item_size);
void pages_free(void *pages, size_t n_pages, size_t item_size);

/* Zeroed memory in which addresses are cheap to look up, for large tables. */
void *huge_calloc(size_t size);
void huge_free(void *memory, size_t size);
