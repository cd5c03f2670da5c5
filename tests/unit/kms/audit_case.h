/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Audits of small logs for the tests: lines in, rules out. */
#pragma once

#include <strings.h>

#include "kms/audit.h"
#include "tests/unit/kms/kms_case.h"

#define DAYS(n) ((uint64_t)(n) * 86400 * FILETIME_PER_SECOND)
#define OFFICE_2010 "cee5d470-6e3b-4fcc-8c2b-d17428568a9f" /* Excel */
#define OFFICE_2016 "d450596f-894d-49e0-966a-fd39ed4c4c64"

/* A row of a text export, and an event as XML. */
#define TAB(time, info) "Information\t" time "\tSPP\t12290\tNone\t\"Info:\r\n" info "\"\r\n"
#define XML(provider, id, record, rest)                                                                \
	"<Event><System><Provider Name='" provider "'/><EventID>" id "</EventID><TimeCreated "         \
	"SystemTime='2026-08-04T10:00:00Z'/><EventRecordID>" record "</EventRecordID>"                 \
	"<Channel>Key Management Service</Channel><Computer>kms01</Computer></System><EventData>" rest \
	"</EventData></Event>"
#define SPP "Microsoft-Windows-Security-SPP"

struct audit_case {
	struct audit_options options;
	struct strbuf lines;
	struct audit *audit;
	struct report *report;
};

static inline int case_setup(void **state)
{
	struct audit_case *c = xcalloc(1, sizeof(*c));

	c->options.window = DAYS(30);
	*state = c;
	return 0;
}

static inline void case_clear(struct audit_case *c)
{
	report_freep(&c->report);
	audit_freep(&c->audit);
	strbuf_clear(&c->lines);
}

static inline int case_teardown(void **state)
{
	struct audit_case *c = *state;

	case_clear(c);
	strbuf_release(&c->lines);
	free(c);
	return 0;
}

/* One request, as a bare line: its time is the time of the client. cmid is a number. */
static inline void ask_as(struct audit_case *c, const char *name, unsigned cmid, const char *time, unsigned needed,
			  unsigned status, const char *product)
{
	strbuf_addf(&c->lines, "0x0,%u,%s,%08x-230c-49ad-a8c2-c24914da4739,%s,1,%u,1000,%s\n", needed, name, cmid, time,
		    status, product);
}

/* A licensed computer with so many minutes of its 180 days left, at a minute of August 2026. */
static inline void renew(struct audit_case *c, const char *name, unsigned cmid, unsigned minute, unsigned left)
{
	strbuf_addf(&c->lines, "0x0,25,%s,%08x-230c-49ad-a8c2-c24914da4739,2026/8/%u %u:%02u,0,1,%u," WINDOWS_10 "\n", name,
		    cmid, 1 + minute / 1440, minute / 60 % 24, minute % 60, left);
}

static inline void ask(struct audit_case *c, const char *name, unsigned cmid, const char *time)
{
	ask_as(c, name, cmid, time, 25, 2, WINDOWS_10);
}

static inline void add_log(struct audit_case *c, const char *name, const void *data, size_t len)
{
	struct err err = { 0 };

	if (!c->audit)
		c->audit = audit_new(&c->options);
	if (audit_log_bytes(c->audit, name, bytes_of(data, len), &err) < 0)
		fail_msg("%s", err.text);
}

static inline void judge_case(struct audit_case *c)
{
	if (!c->audit || c->lines.len)
		add_log(c, "log.txt", strbuf_text(&c->lines), c->lines.len);
	audit_finish(c->audit);
	c->report = report_new();
	rules_kms(c->audit, c->report);
}

static inline size_t n_found(struct audit_case *c, const char *rule)
{
	size_t n = 0;

	for (size_t i = 0; i < report_len(c->report); i++)
		n += strcmp(report_get(c->report, i)->rule->id, rule) == 0;
	return n;
}

static inline const struct finding *found(struct audit_case *c, const char *rule)
{
	for (size_t i = 0; i < report_len(c->report); i++)
		if (strcmp(report_get(c->report, i)->rule->id, rule) == 0)
			return report_get(c->report, i);
	fail_msg("no finding %s", rule);
	return NULL;
}
