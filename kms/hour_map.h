/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests by host, counter and hour: a handful of slots a day, whatever the number of requests. */
#pragma once

#include "common/base/filetime.h"
#include "kms/product.h"

struct hour_slot {
	uint64_t key; /* 0: empty */
	uint64_t count;
};

struct hour_map {
	struct hour_slot *slots;
	size_t n_slots;
	size_t n_used;
};

#define HOUR_MAP_STEP (FILETIME_PER_SECOND * 3600)

/* Count requests in the hour of this time. */
void hour_map_add(struct hour_map *map, uint16_t host, enum kms_counter counter, uint64_t time, uint64_t count);

/* From the hour of start to the hour of end, both included. */
uint64_t hour_map_sum(const struct hour_map *map, uint16_t host, enum kms_counter counter, uint64_t start,
		      uint64_t end);
struct day_count {
	uint64_t day; /* since 1601 */
	uint64_t requests;
};

/* Days with requests of all hosts and counters, in order; free *ret. */
size_t hour_map_days(const struct hour_map *map, struct day_count **ret);
void hour_map_release(struct hour_map *map);
