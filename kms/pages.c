/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/pages.h"

#include <stdint.h>
#include <stdlib.h>

enum { ALIGNMENT = 64 }; /* a cache line; also room for the pointer that was allocated */

void *pages_grow(void *pages, size_t *n_pages, size_t item_size)
{
	void **list = xreallocarray(pages, *n_pages + 1, sizeof(*list));
	char *raw = xcalloc(1, PAGE_ITEMS * item_size + 2 * ALIGNMENT);
	char *page = raw + ALIGNMENT + (ALIGNMENT - (uintptr_t)raw % ALIGNMENT) % ALIGNMENT;

	((void **)page)[-1] = raw;
	list[(*n_pages)++] = page;
	return list;
}

void pages_free(void *pages, size_t n_pages)
{
	void **list = pages;

	for (size_t i = 0; i < n_pages; i++)
		free(((void **)list[i])[-1]);
	free(list);
}
