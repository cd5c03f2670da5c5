/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/text_pool.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 1024 };

static uint32_t hash_of(struct text text)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (uint8_t)text.data[i]) * 0x100000001b3ULL;
	return (uint32_t)(h ^ h >> 32);
}

static void put(struct text_pool *pool, uint32_t hash, uint32_t number)
{
	size_t at = hash & (pool->n_slots - 1);

	while (pool->slots[at])
		at = (at + 1) & (pool->n_slots - 1);
	pool->slots[at] = number + 1;
}

static void index_all(struct text_pool *pool, size_t n_slots)
{
	free(pool->slots);
	pool->n_slots = n_slots;
	pool->slots = xcalloc(n_slots, sizeof(*pool->slots));
	for (uint32_t i = 0; i < pool->items.len; i++)
		put(pool, pool->items.items[i].hash, i);
}

struct text text_pool_get(const struct text_pool *pool, uint32_t number)
{
	const struct pooled_text *item = &pool->items.items[number];

	return (struct text){ pool->bytes.data + item->at, item->len };
}

static bool same(struct text a, struct text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

uint32_t text_pool_add(struct text_pool *pool, struct text text)
{
	uint32_t hash = hash_of(text);

	if (pool->items.len * 2 >= pool->n_slots)
		index_all(pool, pool->n_slots ? pool->n_slots * 2 : SLOTS_MIN);
	for (size_t at = hash & (pool->n_slots - 1); pool->slots[at]; at = (at + 1) & (pool->n_slots - 1)) {
		uint32_t number = pool->slots[at] - 1;

		if (pool->items.items[number].hash == hash && same(text_pool_get(pool, number), text))
			return number;
	}
	*vec_add(&pool->items) = (struct pooled_text){ pool->bytes.len, (uint32_t)text.len, hash };
	strbuf_reserve(&pool->bytes, text.len + 1);
	strbuf_add(&pool->bytes, text.data ? text.data : "", text.len);
	put(pool, hash, (uint32_t)pool->items.len - 1);
	return (uint32_t)pool->items.len - 1;
}

struct sortable {
	struct text text;
	uint32_t number;
};

static int compare(const void *a, const void *b)
{
	const struct sortable *x = a, *y = b;
	size_t len = MIN(x->text.len, y->text.len);
	int by_bytes = len ? memcmp(x->text.data, y->text.data, len) : 0;

	return by_bytes ? by_bytes : (x->text.len > y->text.len) - (x->text.len < y->text.len);
}

void text_pool_sort(struct text_pool *pool, uint32_t **ret_new)
{
	size_t n = pool->items.len;
	struct sortable *order = xcalloc(n + 1, sizeof(*order));
	struct pooled_text *items = xcalloc(n + 1, sizeof(*items));
	uint32_t *new_of = xcalloc(n + 1, sizeof(*new_of));

	for (uint32_t i = 0; i < n; i++)
		order[i] = (struct sortable){ text_pool_get(pool, i), i };
	qsort(order, n, sizeof(*order), compare);
	for (uint32_t i = 0; i < n; i++) {
		items[i] = pool->items.items[order[i].number];
		new_of[order[i].number] = i;
	}
	free(pool->items.items);
	pool->items.items = items;
	pool->items.cap = n + 1;
	index_all(pool, MAX(pool->n_slots, (size_t)SLOTS_MIN));
	free(order);
	*ret_new = new_of;
}

void text_pool_release(struct text_pool *pool)
{
	vec_release(&pool->items);
	strbuf_release(&pool->bytes);
	free(pool->slots);
	*pool = (struct text_pool){ 0 };
}
