/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which records of which host were in the logs read before, so that overlapping
 * exports of one host count once. Records have running numbers, so a log is a
 * few ranges. After a log was cleared the numbers may begin again: a record is
 * only a repetition when its time lies in the time of the range, too.
 */
#pragma once

#include "common/base/vec.h"

struct record_range {
	uint16_t host;
	uint32_t log;
	uint64_t first, last;         /* record numbers */
	uint64_t first_time, last_time;
	uint64_t max_last;            /* largest last up to here, of this host */
};

struct record_ranges {
	VEC(struct record_range) ranges;
	size_t n_done; /* those of earlier logs, sorted */
};

/* False when an earlier log has the record. */
bool record_ranges_add(struct record_ranges *ranges, uint16_t host, uint32_t log, uint64_t record, uint64_t time);
void record_ranges_end_log(struct record_ranges *ranges);
void record_ranges_release(struct record_ranges *ranges);
