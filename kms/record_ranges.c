/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/record_ranges.h"

static bool is_before(const struct record_range *range, uint16_t host, uint64_t record)
{
	return range->host < host || (range->host == host && range->first <= record);
}

/* Ranges of the host that begin at or before the record end at the result. */
static size_t upper_bound(const struct record_ranges *r, uint16_t host, uint64_t record)
{
	size_t low = 0, high = r->n_done;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_before(&r->ranges.items[middle], host, record))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_repeated(const struct record_ranges *r, uint16_t host, uint64_t record, uint64_t time)
{
	for (size_t i = upper_bound(r, host, record); i-- > 0;) {
		const struct record_range *range = &r->ranges.items[i];

		if (range->host != host || range->max_last < record)
			return false;
		if (range->last >= record && time >= range->first_time && time <= range->last_time)
			return true;
	}
	return false;
}

bool record_ranges_add(struct record_ranges *r, uint16_t host, uint32_t log, uint64_t record, uint64_t time)
{
	struct record_range *now = r->ranges.len > r->n_done ? &r->ranges.items[r->ranges.len - 1] : NULL;

	if (r->n_done && is_repeated(r, host, record, time))
		return false;
	if (now && now->host == host && record == now->last + 1) {
		now->last = record;
		now->first_time = MIN(now->first_time, time);
		now->last_time = MAX(now->last_time, time);
		return true;
	}
	*vec_add(&r->ranges) = (struct record_range){
		.host = host, .log = log, .first = record, .last = record, .first_time = time, .last_time = time,
	};
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct record_range *x = a, *y = b;

	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->log > y->log) - (x->log < y->log);
}

void record_ranges_end_log(struct record_ranges *r)
{
	uint64_t max = 0;

	if (r->ranges.len)
		qsort(r->ranges.items, r->ranges.len, sizeof(*r->ranges.items), compare);
	for (size_t i = 0; i < r->ranges.len; i++) {
		struct record_range *range = &r->ranges.items[i];

		if (i == 0 || range->host != range[-1].host)
			max = 0;
		max = MAX(max, range->last);
		range->max_last = max;
	}
	r->n_done = r->ranges.len;
}

void record_ranges_release(struct record_ranges *r)
{
	vec_release(&r->ranges);
	r->n_done = 0;
}
