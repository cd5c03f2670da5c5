/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory. The x-functions never return NULL: when the system has no memory
 * left they remove our temporary files and end the program with exit code 3.
 * They are for sizes that we choose. A size that comes from a file meets a cap
 * first, and large ones go through try_alloc, which reports.
 */
#pragma once

#include "common/base/err.h"

void *xmalloc(size_t size) RETURNS_NONNULL;
void *xcalloc(size_t count, size_t size) RETURNS_NONNULL;
void *xrealloc(void *old, size_t size) RETURNS_NONNULL;
void *xreallocarray(void *old, size_t count, size_t size) RETURNS_NONNULL;
char *xstrdup(const char *text) RETURNS_NONNULL;
char *xstrndup(const char *text, size_t len) RETURNS_NONNULL;
void *xmemdup(const void *data, size_t size) RETURNS_NONNULL;
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2) RETURNS_NONNULL;

/* Asks for huge pages below memory that will be used from end to end; does nothing below 32 MiB. */
void alloc_in_huge_pages(void *memory, size_t size);

/* Zeroed memory or NULL with ERR_MEMORY; size 0 gives one byte. */
void *try_alloc(size_t size, struct err *err);

/* For CLEANUP(freep) on any pointer variable. */
void freep(void *pointer_to_pointer);
