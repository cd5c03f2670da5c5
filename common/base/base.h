/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small things that every file may use: array size, minimum and maximum,
 * printf checking, scope cleanup. Nothing here allocates.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* For "%zu file%s". */
#define PLURAL(n) ((n) == 1 ? "" : "s")

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define RETURNS_NONNULL __attribute__((returns_nonnull))
#define UNUSED __attribute__((unused))

/* CLEANUP(fn) calls fn(&variable) when the variable leaves its scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Rounds up to a multiple of a power of two. */
static inline uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) & ~(to - 1);
}
