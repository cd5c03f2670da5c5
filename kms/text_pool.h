/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Byte strings, each kept once and known by a number. */
#pragma once

#include "common/base/strbuf.h"
#include "common/base/vec.h"
#include "kms/kms_request.h"

struct pooled_text {
	size_t at;
	uint32_t len;
	uint32_t hash;
};

struct text_pool {
	VEC(struct pooled_text) items;
	struct strbuf bytes;
	uint32_t *slots; /* numbers + 1, 0: empty */
	size_t n_slots;
};

uint32_t text_pool_add(struct text_pool *pool, struct text text);

/* Good until the next add. */
struct text text_pool_get(const struct text_pool *pool, uint32_t number);

/* Sorts by bytes, shorter first where one begins like the other. ret_new[old number] is the new one; free it. */
void text_pool_sort(struct text_pool *pool, uint32_t **ret_new);
void text_pool_release(struct text_pool *pool);
