/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE = 2 << 20, CACHE_LINE = 64 };

void *huge_calloc(size_t size)
{
	size_t len = (size + HUGE - 1) / HUGE * HUGE;
	char *map, *start;

	if (size < HUGE)
		return xcalloc(1, size);
	map = mmap(NULL, len + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return xcalloc(1, SIZE_MAX); /* ends the program as any lack of memory does */
	start = map + (HUGE - (uintptr_t)map % HUGE) % HUGE;
	if (start > map)
		munmap(map, (size_t)(start - map));
	if (start + len < map + len + HUGE)
		munmap(start + len, (size_t)(map + HUGE - start));
	(void)madvise(start, len, MADV_HUGEPAGE);
	return start;
}

void huge_free(void *memory, size_t size)
{
	if (memory && size >= HUGE)
		munmap(memory, (size + HUGE - 1) / HUGE * HUGE);
	else
		free(memory);
}

/* The first page is allocated for itself, later ones several at a time. */
static size_t pages_of_huge(size_t item_size)
{
	return MAX((size_t)HUGE / (PAGE_ITEMS * item_size), (size_t)1);
}

static void *small_page(size_t item_size)
{
	char *raw = xcalloc(1, PAGE_ITEMS * item_size + 2 * CACHE_LINE);
	char *page = raw + CACHE_LINE + (CACHE_LINE - (uintptr_t)raw % CACHE_LINE) % CACHE_LINE;

	((void **)page)[-1] = raw;
	return page;
}

void *pages_grow(void *pages, size_t *n_pages, size_t item_size)
{
	size_t several = pages_of_huge(item_size), more = *n_pages ? several : 1;
	void **list = xreallocarray(pages, *n_pages + more, sizeof(*list));
	char *memory;

	if (*n_pages == 0) {
		list[(*n_pages)++] = small_page(item_size);
		return list;
	}
	memory = huge_calloc(several * PAGE_ITEMS * item_size);
	for (size_t i = 0; i < several; i++)
		list[(*n_pages)++] = memory + i * PAGE_ITEMS * item_size;
	return list;
}

void pages_free(void *pages, size_t n_pages, size_t item_size)
{
	size_t several = pages_of_huge(item_size);
	void **list = pages;

	if (n_pages)
		free(((void **)list[0])[-1]);
	for (size_t i = 1; i < n_pages; i += several)
		huge_free(list[i], several * PAGE_ITEMS * item_size);
	free(list);
}
