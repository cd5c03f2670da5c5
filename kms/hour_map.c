/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/hour_map.h"

#include <stdlib.h>

#include "common/base/alloc.h"

enum { SLOTS_MIN = 1024 };

static uint64_t hour_of(uint64_t time)
{
	return time / HOUR_MAP_STEP; /* below 2^30 */
}

static uint64_t key_of(uint16_t host, enum kms_counter counter, uint64_t hour)
{
	return 1ULL << 63 | (uint64_t)host << 40 | (uint64_t)counter << 32 | hour;
}

static struct hour_slot *find(const struct hour_map *map, uint64_t key)
{
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15ULL >> 20) & (map->n_slots - 1);

	while (map->slots[at].key && map->slots[at].key != key)
		at = (at + 1) & (map->n_slots - 1);
	return &map->slots[at];
}

static void grow(struct hour_map *map)
{
	struct hour_map wider = { .n_slots = map->n_slots ? map->n_slots * 2 : SLOTS_MIN, .n_used = map->n_used };

	wider.slots = xcalloc(wider.n_slots, sizeof(*wider.slots));
	for (size_t i = 0; i < map->n_slots; i++)
		if (map->slots[i].key)
			*find(&wider, map->slots[i].key) = map->slots[i];
	free(map->slots);
	*map = wider;
}

void hour_map_add(struct hour_map *map, uint16_t host, enum kms_counter counter, uint64_t time, uint64_t count)
{
	uint64_t key = key_of(host, counter, hour_of(time));
	struct hour_slot *slot;

	if (map->n_used * 2 >= map->n_slots)
		grow(map);
	slot = find(map, key);
	if (!slot->key) {
		slot->key = key;
		map->n_used++;
	}
	slot->count += count;
}

uint64_t hour_map_sum(const struct hour_map *map, uint16_t host, enum kms_counter counter, uint64_t start, uint64_t end)
{
	uint64_t first = key_of(host, counter, hour_of(start)), last = key_of(host, counter, hour_of(end)), sum = 0;

	for (size_t i = 0; i < map->n_slots; i++)
		if (map->slots[i].key >= first && map->slots[i].key <= last)
			sum += map->slots[i].count;
	return sum;
}

static int compare_days(const void *a, const void *b)
{
	const struct day_count *x = a, *y = b;

	return (x->day > y->day) - (x->day < y->day);
}

size_t hour_map_days(const struct hour_map *map, struct day_count **ret)
{
	struct day_count *days = xcalloc(map->n_used + 1, sizeof(*days));
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < map->n_slots; i++)
		if (map->slots[i].key)
			days[n++] = (struct day_count){ (map->slots[i].key & UINT32_MAX) / 24, map->slots[i].count };
	qsort(days, n, sizeof(*days), compare_days);
	for (size_t i = 0; i < n; i++) {
		if (kept && days[kept - 1].day == days[i].day)
			days[kept - 1].requests += days[i].requests;
		else
			days[kept++] = days[i];
	}
	*ret = days;
	return kept;
}

void hour_map_release(struct hour_map *map)
{
	free(map->slots);
	*map = (struct hour_map){ 0 };
}
