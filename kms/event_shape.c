/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/event_shape.h"

#include <string.h>

#include "kms/info_line.h"
#include "kms/text_scan.h"

enum {
	TIME_MIN = 8,
	TIME_MAX = 40,
	RECORD_DIGITS = 18,
	FETCH_AHEAD = 2048,
	FETCH_LINES = 5,
	WHOLE_MAX = 8192,
	MISSES_FREE = 64, /* events that are each unlike the one before are not worth it */
};

bool event_shape_find_info(struct text text, struct text *ret)
{
	const char *end = text.data + text.len, *hit = text.len ? memchr(text.data, '0', text.len) : NULL, *stop;
	struct kms_request request;

	if (!hit || end - hit < 2 || hit[1] != 'x' || (hit > text.data && hit[-1] != '\n'))
		return false;
	stop = info_line_read(hit, end, &request);
	if (!stop)
		return false;
	*ret = (struct text){ hit, (size_t)(stop - hit) };
	return true;
}

static void sort_places(struct shape_place *places, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && places[k].at.data < places[k - 1].at.data; k--) {
			struct shape_place swap = places[k];

			places[k] = places[k - 1];
			places[k - 1] = swap;
		}
}

/* By this thread. */
static _Thread_local uint64_t n_learned;

void event_shape_learn(struct event_shape *shape, struct text whole, struct shape_place *places, size_t n,
		       const struct log_event *event)
{
	const char *at = whole.data, *end = whole.data + whole.len;

	shape->known = false;
	if (shape->misses++ > shape->hits + MISSES_FREE || whole.len > WHOLE_MAX)
		return;
	sort_places(places, n);
	shape->n_lines = 0;
	for (size_t i = 0; i <= n; i++) {
		const char *stop = i < n ? places[i].at.data : end;

		/* Two that touch, or overlap, cannot be told apart. */
		if (stop < at || (stop == at && i > 0))
			return;
		shape->literals[i] = (struct text){ at, (size_t)(stop - at) };
		shape->n_lines += (uint32_t)text_count(at, stop, '\n');
		if (i < n) {
			shape->fields[i] = places[i].field;
			at = places[i].at.data + places[i].at.len;
		}
	}
	shape->n_places = n;
	shape->event = *event;
	shape->event.shape = ++n_learned;
	shape->known = true;
}

static const char *match_time(const char *at, const char *end, char behind, const struct column_clock *clock,
			      struct column_day *day, uint64_t *ret)
{
	const char *stop = column_day_clock(day, at, end, ret);

	if (stop && stop < end && *stop == behind)
		return stop;
	stop = text_find3(at, MIN(end, at + TIME_MAX), behind, '"', '\n');
	if (stop == end || stop - at < TIME_MIN || *stop != behind ||
	    !column_clock_read(clock, day, (struct text){ at, (size_t)(stop - at) }, ret))
		return NULL;
	return stop;
}

/* A number other than 0. */
static const char *match_record(const char *at, const char *end, uint64_t *ret)
{
	const char *start = at;

	*ret = 0;
	for (; at < end && at - start < RECORD_DIGITS && (uint8_t)(*at - '0') <= 9; at++)
		*ret = *ret * 10 + (uint64_t)(*at - '0');
	return *ret ? at : NULL;
}

static const char *match_info(const char *at, const char *end, struct kms_request *ret)
{
	if (end - at < 2 || at[0] != '0' || at[1] != 'x')
		return NULL;
	return info_line_read(at, end, ret);
}

static const char *match_literal(const struct text *literal, const char *at, const char *end)
{
	if ((size_t)(end - at) < literal->len || !text_equal(at, literal->data, literal->len))
		return NULL;
	return at + literal->len;
}

const char *event_shape_match(struct event_shape *shape, const char *at, const char *end,
			      const struct column_clock *clock, struct column_day *day)
{
	struct log_event *event = &shape->event;

	if (!shape->known)
		return NULL;
	at = match_literal(&shape->literals[0], at, end);
	for (size_t i = 0; at && i < shape->n_places; i++) {
		const struct text *behind = &shape->literals[i + 1];
		const char *start = at;

		switch (shape->fields[i]) {
		case SHAPE_TIME:
			at = match_time(at, end, *behind->data, clock, day, &event->time);
			break;
		case SHAPE_RECORD:
			at = match_record(at, end, &event->record);
			break;
		default:
			at = match_info(at, end, &event->request);
			event->message = (struct text){ start, at ? (size_t)(at - start) : 0 };
			break;
		}
		if (at)
			at = match_literal(behind, at, end);
	}
	if (!at)
		return NULL;
	shape->hits++;
	/* Further on than processors look by themselves; it is read once, and is not to drive the index out of the cache. */
	for (size_t i = 0; i < FETCH_LINES && end - at > FETCH_AHEAD + FETCH_LINES * 64; i++)
		__builtin_prefetch(at + FETCH_AHEAD + i * 64, 0, 0);
	return at;
}
