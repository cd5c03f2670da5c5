/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit of KMS host logs: events go in one by one, results come out once.
 *
 *	struct audit *audit = audit_new(&options);
 *	audit_logs(audit, &files, 0, err);          any number of logs, in any order
 *	audit_finish(audit);                    groups and counts
 *	rules_kms(audit, report);               findings
 *
 * Memory grows with (CMID, computer) pairs, not with events. Results do not
 * depend on the order of events.
 */
#pragma once

#include "common/base/vec.h"
#include "common/report/report.h"
#include "kms/cmid_index.h"
#include "kms/hour_map.h"
#include "kms/inventory.h"
#include "kms/log_files.h"
#include "kms/store.h"

struct audit_options {
	uint64_t window;            /* FILETIME steps that a host remembers a CMID */
	uint64_t since, until;      /* FILETIME; 0: no limit */
	const char *const *pools;   /* globs of computer names in non-persistent pools */
	size_t n_pools;
	bool several_logs;          /* look for requests that an earlier text export has too */
	const struct inventory *inventory; /* may be NULL */
	const char *host;           /* name for logs that do not tell their host; NULL: their path */
};

/* Why something in a log is no request. */
enum skip_reason {
	SKIP_OTHER_EVENT,  /* another event of the log */
	SKIP_CLIENT_EVENT, /* 12288, 12289: the client's side */
	SKIP_NO_INFO,      /* event 12290 without the Info line */
	SKIP_CUT,          /* the Info line lacks fields */
	SKIP_BAD,          /* a field of the Info line holds nonsense */
	SKIP_NO_TIME,      /* neither the event nor the client tells when */
	SKIP_OUTSIDE,      /* before --since, or not before --until */
	SKIP_REPEATED,     /* the same record of the same host was in an earlier log */
	SKIP_REASONS,
};

const char *skip_key(enum skip_reason reason);  /* "other-event" */
const char *skip_text(enum skip_reason reason); /* "other events" */

struct audit_log {
	const char *path;
	const char *format; /* name of the reader */
	uint64_t events;
	uint64_t requests;
	uint64_t skipped[SKIP_REASONS];
	uint64_t damages;
	uint64_t foreign;
};

struct audit_host {
	char *name;
	uint32_t log; /* in which it was met first */
	uint64_t requests;
	uint64_t oldest;      /* of all events */
	uint64_t first, last; /* of requests */
};

/* Something met on the way that becomes a finding of its own. */
enum audit_note_kind { NOTE_DAMAGE, NOTE_FOREIGN, NOTE_DNS_FAILED, NOTE_CLEARED, NOTE_NO_CMID };

struct audit_note {
	enum audit_note_kind kind;
	uint32_t log;
	uint32_t line;
	uint64_t offset;
	uint64_t time; /* 0: not known */
	char *text;
};

struct audit_failure {
	uint32_t hresult;
	uint32_t log;
	uint64_t requests;
	uint64_t first, last;
	uint32_t names[5]; /* some computers, sorted */
	size_t n_names;
	bool more_names;
};

/* Requests of one product that a host has no key for (0xC004F042). */
struct audit_refusal {
	uint16_t host;
	uint16_t product;
	uint32_t log;
	uint64_t requests;
	uint64_t first, last;
};

enum group_verdict {
	GROUP_CLONES,        /* several computers take turns */
	GROUP_LIKELY_CLONES, /* many names, one after the other */
	GROUP_RENAMED,       /* one name stops, another begins and stays */
};

const char *group_verdict_name(enum group_verdict verdict); /* "clones" */
const char *group_confidence(enum group_verdict verdict);   /* "high", "medium" */

struct audit_computer {
	uint32_t name;
	uint64_t first, last;
	uint32_t requests;
	uint16_t kinds;
	uint16_t applications; /* a bit for each enum application */
	bool moved;         /* its domain changed */
	bool fixed;         /* it has used a CMID of its own since */
	struct guid fixed_cmid;
	uint64_t rearmed;   /* event 12306 of it since; 0: none */
};

struct audit_group {
	uint32_t client;
	enum group_verdict verdict;
	size_t computers;   /* first in audit->computers */
	size_t n_computers;
	uint64_t requests;
};

struct audit_count {
	uint16_t host;
	enum kms_counter counter;
	uint64_t end;        /* the host's last request, or --until */
	uint64_t start;
	uint64_t requests;   /* in the window, by whole hours */
	uint64_t cmids;      /* distinct, answered, in the window */
	uint64_t computers;  /* what cmids would be if every computer had its own */
	unsigned cap;        /* 50 or 10 */
	bool wants_client;   /* somebody needs 25 */
	bool wants_server;   /* somebody needs 5 */
	bool covered;        /* the log reaches back to the start of the window */
};

/* What has a CMID of its own. */
enum application { APPLICATION_WINDOWS, APPLICATION_OFFICE_2010, APPLICATION_OFFICE, APPLICATION_UNKNOWN };

enum change_verdict {
	CHANGE_REINSTALLED,    /* one CMID after the other, a few */
	CHANGE_TWO_COMPUTERS,  /* they take turns */
	CHANGE_REARM_LOOP,     /* more than reinstallations explain */
	CHANGE_NON_PERSISTENT, /* so many, of a virtual machine that never renews: made anew at each start */
};

const char *change_verdict_name(enum change_verdict verdict); /* "reinstalled" */
const char *change_confidence(enum change_verdict verdict);

/* A computer that used more than one CMID. */
struct audit_change {
	uint32_t name;
	size_t first_use;    /* in audit->by_name */
	size_t n_uses;
	size_t n_cmids;
	enum change_verdict verdict;
	uint64_t first, last;
};

enum renewal_verdict {
	RENEWAL_CLONES,         /* more weekly renewals than one computer makes */
	RENEWAL_LIKELY_CLONES,  /* more renewals than the minutes left let one computer make */
	RENEWAL_SHORT_INTERVAL, /* one computer, renewed more often: by policy or by hand */
};

const char *renewal_verdict_name(enum renewal_verdict verdict); /* "clones-of-one-name" */
const char *renewal_confidence(enum renewal_verdict verdict);

/* A computer that renews one product more often than once in seven days, on all hosts together. */
struct audit_renewal {
	uint32_t client;
	uint32_t name;
	uint16_t product;
	enum renewal_verdict verdict;
	uint64_t renewals;
	uint64_t weekly;   /* of these, a week after the one before, as the minutes left tell */
	uint64_t expected; /* of one computer, in the time between the first and the last */
	uint64_t computers; /* that explain it; 1 for a short interval */
	uint64_t first, last;
};

/* What a --pool matches. now_: in the window before the last request. */
struct audit_pool {
	const char *glob;
	size_t computers, cmids;
	size_t now_computers, now_cmids;
};

struct audit {
	struct audit_options options;
	struct cmid_index *index;
	VEC(struct audit_log) logs;
	VEC(struct audit_host) hosts;
	VEC(struct audit_note) notes;
	VEC(struct audit_failure) failures;
	VEC(struct audit_refusal) refusals;
	VEC(struct audit_group) groups;
	VEC(struct audit_computer) computers;
	VEC(struct audit_count) counts;
	VEC(struct audit_change) changes;
	VEC(struct audit_renewal) renewals;
	VEC(struct audit_pool) pools;
	uint32_t *by_name; /* indices of uses, sorted by computer */
	uint64_t requests;
	uint64_t refused;
	uint64_t no_cmid;
	uint64_t first, last; /* of requests */
	struct audit_state *state; /* of the collecting part */
};

struct audit *audit_new(const struct audit_options *options);
void audit_freep(struct audit **audit);
/* The files must stay as long as the audit. */
int audit_logs(struct audit *audit, struct log_files *files, uint64_t jobs, struct err *err);
/* All logs of a store, which must stay as long as the audit. */
int audit_store(struct audit *audit, struct store *store, struct err *err);
int audit_log_bytes(struct audit *audit, const char *name, struct bytes bytes, struct err *err);
void audit_finish(struct audit *audit);

/* Up to the domain; all of an address, which is no name with a domain. */
size_t audit_label_length(const char *name);

/* A name that matches a --pool, or one of them. */
bool audit_in_pool(const struct audit *audit, uint32_t name);
bool audit_matches(const struct audit *audit, const char *glob, uint32_t name);

/* While events come in: a request the host refused. */
void audit_count_failure(struct audit *audit, uint32_t hresult, uint64_t time, uint32_t log,
			 const struct cmid_counted *counted, uint16_t host);

/* When the computer was last rearmed after a time, by event 12306; 0: not known. */
uint64_t audit_rearmed_after(const struct audit *audit, uint32_t name, uint64_t time);

/* Of audit_finish: */
void audit_find_groups(struct audit *audit);
void audit_find_counts(struct audit *audit);
enum application audit_application(const struct audit *audit, const struct cmid_use *use);
void audit_find_changes(struct audit *audit);
void audit_find_renewals(struct audit *audit);
void audit_find_pools(struct audit *audit);
void audit_sort_failures(struct audit *audit);

/* Requests in whole hours from start to end of one counter. */
uint64_t audit_requests_between(const struct audit *audit, uint16_t host, enum kms_counter counter, uint64_t start,
				uint64_t end);

/* How many computers a CMID stands for in one host's counter between two times. */
uint64_t audit_computers_of(const struct audit *audit, const struct cmid_client *client, uint16_t host,
			    enum kms_counter counter, uint64_t start);

/* Requests by day, in order; free *ret. */
size_t audit_days(const struct audit *audit, struct day_count **ret);

extern const struct rule_meta *const kms_rules[]; /* NULL-terminated */
void rules_kms(struct audit *audit, struct report *report);

void audit_to_json(const struct audit *audit, struct json *json);
/* A row for each computer of a group. */
void audit_groups_to_csv(const struct audit *audit, struct strbuf *out);

void audit_to_text(const struct audit *audit, FILE *out);

/* One page with charts and tables that needs nothing but itself. */
void audit_to_html(const struct audit *audit, struct report *report, struct strbuf *out);
