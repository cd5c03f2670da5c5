/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/tempfiles.h"
#include "common/base/vec.h"

/* Exit code 3 is "could not do it" of every tool. */
static _Noreturn void out_of_memory(void)
{
	static const char text[] = "out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)ignored;
	tempfiles_remove_all();
	_exit(3);
}

static void *checked(void *pointer)
{
	if (!pointer)
		out_of_memory();
	return pointer;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
	return checked(realloc(old, size ? size : 1));
}

void *xreallocarray(void *old, size_t count, size_t size)
{
	return checked(reallocarray(old, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *text)
{
	return checked(strdup(text));
}

char *xstrndup(const char *text, size_t len)
{
	return checked(strndup(text, len));
}

void *xmemdup(const void *data, size_t size)
{
	void *copy = xmalloc(size);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		out_of_memory();
	return text;
}

void alloc_in_huge_pages(void *memory, size_t size)
{
	enum { FROM = 32 << 20 }; /* what is lost behind the end of smaller memory would count */
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = ((uintptr_t)memory + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)memory + size) / page * page;

	if (size >= FROM)
		(void)madvise((void *)start, end - start, MADV_HUGEPAGE);
}

void *try_alloc(size_t size, struct err *err)
{
	void *memory = calloc(1, size ? size : 1);

	if (!memory)
		err_set(err, ERR_MEMORY, "no memory for %zu bytes", size);
	return memory;
}

void freep(void *pointer_to_pointer)
{
	void **pointer = pointer_to_pointer;

	free(*pointer);
	*pointer = NULL;
}

void *vec_grow(void *items, size_t len, size_t *cap, size_t item_size)
{
	if (len == *cap) {
		*cap = *cap ? *cap * 2 : 8;
		items = xreallocarray(items, *cap, item_size);
	}
	memset((char *)items + len * item_size, 0, item_size);
	return items;
}
