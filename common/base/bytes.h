/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one door for untrusted bytes: a bounded, read-only view that remembers
 * where in the file it starts, so that a message can name the offset. A view
 * owns nothing. Check once with bytes_slice, then read fixed fields with the
 * getters below; reading outside a view is a bug and is asserted.
 */
#pragma once

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "common/base/base.h"

struct bytes {
	const uint8_t *data;
	size_t len;
	uint64_t offset; /* of data[0] in the file */
};

static inline struct bytes bytes_of(const void *data, size_t len)
{
	return (struct bytes){ .data = data, .len = len };
}

static inline bool bytes_holds(struct bytes b, uint64_t at, uint64_t len)
{
	return at <= b.len && len <= b.len - at;
}

/* Sets *ret to the part [at, at + len); false and untouched when it does not fit. */
static inline bool bytes_slice(struct bytes b, uint64_t at, uint64_t len, struct bytes *ret)
{
	if (!bytes_holds(b, at, len))
		return false;
	*ret = (struct bytes){ .data = b.data + at, .len = (size_t)len, .offset = b.offset + at };
	return true;
}

/* The part from at to the end; empty when at is behind the end. */
static inline struct bytes bytes_from(struct bytes b, uint64_t at)
{
	struct bytes rest = { .data = b.data + b.len, .len = 0, .offset = b.offset + b.len };

	if (at <= b.len)
		(void)bytes_slice(b, at, b.len - at, &rest);
	return rest;
}

static inline bool bytes_equal(struct bytes b, uint64_t at, const void *data, size_t len)
{
	return bytes_holds(b, at, len) && memcmp(b.data + at, data, len) == 0;
}

static inline uint8_t bytes_u8(struct bytes b, size_t at)
{
	assert(bytes_holds(b, at, 1));
	return b.data[at];
}

static inline uint16_t load_le16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static inline uint32_t load_le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline uint64_t load_le64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline void store_le16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void store_le32(uint8_t *p, uint32_t v)
{
	store_le16(p, (uint16_t)v);
	store_le16(p + 2, (uint16_t)(v >> 16));
}

static inline void store_le64(uint8_t *p, uint64_t v)
{
	store_le32(p, (uint32_t)v);
	store_le32(p + 4, (uint32_t)(v >> 32));
}

static inline uint16_t bytes_le16(struct bytes b, size_t at)
{
	assert(bytes_holds(b, at, 2));
	return load_le16(b.data + at);
}

static inline uint32_t bytes_le32(struct bytes b, size_t at)
{
	assert(bytes_holds(b, at, 4));
	return load_le32(b.data + at);
}

static inline uint64_t bytes_le64(struct bytes b, size_t at)
{
	assert(bytes_holds(b, at, 8));
	return load_le64(b.data + at);
}
