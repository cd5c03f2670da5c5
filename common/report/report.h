/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Findings: what a tool judged, in the order a reader wants them.
 *
 * A rule is a static row (struct rule_meta). A check adds findings; the report
 * owns their texts, sorts them by file, line, column and rule id, and counts by
 * severity. Renderers (renderers[] in render.c) turn a report into text or JSON.
 */
#pragma once

#include <stdio.h>

#include "common/base/err.h"
#include "common/report/json.h"

enum severity {
	SEVERITY_OFF,   /* the rule does not run */
	SEVERITY_STYLE,
	SEVERITY_INFO,
	SEVERITY_WARNING,
	SEVERITY_ERROR,
};

struct rule_meta {
	const char *id;       /* "UA301", or kebab-case "duplicate-cmid" */
	const char *name;     /* kebab-case name where the id is a number; else NULL */
	enum severity severity;
	const char *summary;  /* one line: what is wrong */
	const char *why;      /* what happens in Windows because of it, with the message to search for */
	const char *advice;   /* what to do */
	const char *source;   /* where the fact is published; may be NULL */
	bool off;             /* does not run unless it is asked for; see rule_args.h */
	bool by_item;         /* a finding with an item is about that item, in whichever file it was met */
};

/* Where a finding is. Only file is needed; 0 and NULL mean "not known". */
struct place {
	const char *file;  /* as the user wrote it; "-" for standard input */
	uint32_t line;     /* from 1 */
	uint32_t column;   /* from 1, in characters */
	bool has_offset;
	uint64_t offset;   /* bytes, for binary files */
	const char *item;  /* what inside the file: registry key, setting path, CMID */
};

/* A place in the file and what would mend it there. */
struct finding_edit {
	uint64_t offset; /* bytes of the file that go away; none for an insertion */
	uint64_t len;
	char *text;      /* what comes in their place, in UTF-8; owned by the report */
};

struct finding {
	const struct rule_meta *rule;
	enum severity severity;
	struct place where; /* texts owned by the report */
	char *message;
	char *note;         /* further lines, "\n" separated; may be NULL */
	size_t order;       /* order of adding */
	size_t nth;         /* equal ones before it, for its fingerprint */
	struct finding_edit *edits; /* in rising order; NULL when it is not known how to mend it */
	size_t n_edits;
};

struct report;

struct report *report_new(void);
void report_freep(struct report **report);

/* From now on findings of the rule have this severity, whatever they are added as; SEVERITY_OFF drops them. */
void report_set_severity(struct report *report, const struct rule_meta *rule, enum severity severity);
/* Takes that back. */
void report_unset_severity(struct report *report, const struct rule_meta *rule);

/* Adds a finding with the severity of its rule; nothing when that is SEVERITY_OFF. */
void report_add(struct report *report, const struct rule_meta *rule, struct place where, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* The same with another severity. */
void report_add_as(struct report *report, const struct rule_meta *rule, enum severity severity, struct place where,
		   const char *fmt, ...) PRINTF_LIKE(5, 6);

/* Adds a line of explanation to the finding added last; nothing when that was dropped. */
void report_note(struct report *report, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Adds an edit to the finding added last; text is copied. The edits of a finding are made together. */
void report_edit(struct report *report, uint64_t offset, uint64_t len, const char *text);

/* Moves the findings of another report behind those of this one; the other is empty afterwards. */
void report_take(struct report *report, struct report *other);

/* Sorted findings. The order is by file (as first added), line, column, offset, id. */
size_t report_len(const struct report *report);
const struct finding *report_get(struct report *report, size_t i);
size_t report_count(const struct report *report, enum severity at_least);

const char *severity_name(enum severity severity); /* "error" */
bool severity_parse(const char *text, enum severity *ret);

struct render_options {
	bool color;
	const char *tool; /* "unattend" */
};

struct renderer {
	const char *name; /* "text" */
	void (*render)(struct report *report, const struct render_options *options, struct strbuf *out);
};

/* NULL when there is none of that name. renderer_at walks the table, NULL at its end. */
const struct renderer *renderer_find(const char *name);
const struct renderer *renderer_at(size_t i);

/* One finding as an object, as "findings" has it. */
void finding_to_json(const struct finding *finding, struct json *json);

/* The members "findings" and "counts" of a --json result object. */
void report_to_json(struct report *report, struct json *json);
