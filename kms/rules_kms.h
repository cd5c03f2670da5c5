/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of rules share: their rows, their checks, and how names, days and places are told. */
#pragma once

#include "common/base/filetime.h"
#include "kms/audit.h"

#define FILETIME_PER_DAY (FILETIME_PER_SECOND * 86400)

#define NAMES_SHOWN 50 /* computers listed under one finding; JSON has them all */

/* rules_clone.c: one CMID, several computers */
extern const struct rule_meta rule_duplicate_cmid, rule_computer_renamed, rule_several_renewals;
void check_groups(struct audit *audit, struct report *out);
void check_renewals(struct audit *audit, struct report *out);

/* rules_change.c: one computer, several CMIDs */
extern const struct rule_meta rule_cmid_changed, rule_shared_name, rule_non_persistent_pool;
void check_changes(struct audit *audit, struct report *out);
void check_pools(struct audit *audit, struct report *out);

/* rules_request.c: what single requests say */
extern const struct rule_meta rule_failed_requests, rule_unsupported_product, rule_clock_skew, rule_empty_cmid;
void check_failures(struct audit *audit, struct report *out);
void check_refusals(struct audit *audit, struct report *out);
void check_skew(struct audit *audit, struct report *out);

/* rules_log.c: other records of the log, and damage */
extern const struct rule_meta rule_log_damaged, rule_foreign_record, rule_dns_publishing_failed, rule_log_cleared;
void check_notes(struct audit *audit, struct report *out);

/* rules_count.c: the counts of hosts */
extern const struct rule_meta rule_count_too_low, rule_count_explained, rule_short_coverage, rule_several_hosts;
void check_counts(struct audit *audit, struct report *out);
void check_coverage(struct audit *audit, struct report *out);
void check_hosts(struct audit *audit, struct report *out);

/* A day as 2026-08-04; the text is in the buffer. */
struct day_text {
	char text[FILETIME_TEXT_LEN + 8];
};

const char *day_of(uint64_t time, struct day_text *buffer);

/* The name of a computer, "(no name)" for none. */
const char *computer_name(const struct audit *audit, uint32_t name);

struct place place_of_log(const struct audit *audit, uint32_t log);

/* The log of a host as far as that is known, else the first. */
struct place place_of_host(const struct audit *audit, uint16_t host);

/* Where a CMID was met first; its text is put into cmid, of GUID_BRACED_LEN + 1. */
struct place place_of_client(const struct audit *audit, const struct cmid_client *client, char cmid[]);
