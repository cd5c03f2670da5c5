/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Most requests of an export are written like the one before, byte for byte, but for
 * the time, the record number and the Info line. A shape is what stands between these.
 * What matches it needs no taking apart: all else of the event is as it was.
 *
 * A reader learns a shape from a request that it has read in the ordinary way, and reads
 * in the ordinary way whatever does not match.
 */
#pragma once

#include "kms/column_time.h"
#include "kms/log_event.h"

enum shape_field { SHAPE_TIME, SHAPE_RECORD, SHAPE_INFO, SHAPE_FIELDS };

struct shape_place {
	enum shape_field field;
	struct text at;
};

struct event_shape {
	bool known;
	uint32_t hits, misses;
	size_t n_places;
	enum shape_field fields[SHAPE_FIELDS];
	struct text literals[SHAPE_FIELDS + 1]; /* lend from the log */
	uint32_t n_lines;
	struct log_event event; /* of the last match; line is the caller's */
};

/*
 * Whole is the event from its first byte to its last; the places lie in it, in any order, and are
 * sorted here. The event, whose request must be good, may lend from wherever it likes while the
 * shape is known.
 */
void event_shape_learn(struct event_shape *shape, struct text whole, struct shape_place *places, size_t n,
		       const struct log_event *event);

/* Where the Info line stands in the text, which must hold nothing in front of it that could be taken for one. */
bool event_shape_find_info(struct text text, struct text *ret);

/* The end of the event that begins here, and shape->event; NULL when it has another shape. */
const char *event_shape_match(struct event_shape *shape, const char *at, const char *end,
			      const struct column_clock *clock, struct column_day *day);
