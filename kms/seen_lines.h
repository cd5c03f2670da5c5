/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests of the text exports read so far, so that two exports of one log that
 * overlap count once. Text has no record numbers: a request is the same when all
 * its fields and its time are. Only kept when several logs are given.
 */
#pragma once

#include "kms/log_event.h"

struct seen_line {
	uint64_t hash; /* 0: empty */
	uint32_t log;
	uint32_t n;    /* in that log */
	uint32_t most; /* in any log */
};

struct seen_lines {
	struct seen_line *slots;
	size_t n_slots;
	size_t n_used;
};

/* False when an earlier log has it. The same line twice in one log is two requests, also when another has it once. */
bool seen_lines_add(struct seen_lines *lines, uint32_t log, const struct log_event *event);
void seen_lines_release(struct seen_lines *lines);
