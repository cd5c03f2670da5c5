/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A name for a finding that stays the same when lines are added above it: made
 * from rule, file, item and message (which hold no secrets), and from the number of
 * equal ones before it. Of a rule that is about its item (rule_meta.by_item) the
 * file does not count: the log of next week may have another name.
 */
#pragma once

#include "common/report/report.h"

#define FINGERPRINT_LEN 32

/* Fingerprint of finding i of report. */
char *finding_fingerprint(struct report *report, size_t i, char ret[FINGERPRINT_LEN + 1]);

/* The same for findings that say the same. */
uint64_t finding_hash(const struct finding *finding);
