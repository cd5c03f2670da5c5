/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A name for a finding that stays the same when lines are added above it: made
 * from rule, file, item and message (which hold no secrets), and from the number of
 * equal ones before it.
 */
#pragma once

#include "common/report/report.h"

#define FINGERPRINT_LEN 32

/* Fingerprint of finding i of report; i counts up from 0 in one walk. */
char *finding_fingerprint(struct report *report, size_t i, char ret[FINGERPRINT_LEN + 1]);
