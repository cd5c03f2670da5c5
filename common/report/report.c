/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/report/report.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/vec.h"
#include "common/report/fingerprint.h"

struct file_name {
	char *text;
	uint32_t hash;
};

struct severity_choice {
	const struct rule_meta *rule;
	enum severity severity;
};

struct report {
	VEC(struct finding) findings;
	VEC(struct file_name) files; /* each file name once, in the order of first use */
	VEC(struct severity_choice) choices;
	bool sorted;
	bool dropped; /* what was added last was off */
};

struct report *report_new(void)
{
	return xcalloc(1, sizeof(struct report));
}

void report_freep(struct report **report)
{
	struct report *r = *report;

	if (!r)
		return;
	for (size_t i = 0; i < r->findings.len; i++) {
		struct finding *finding = &r->findings.items[i];

		free(finding->message);
		free(finding->note);
		free((char *)finding->where.item);
		for (size_t k = 0; k < finding->n_edits; k++)
			free(finding->edits[k].text);
		free(finding->edits);
	}
	for (size_t i = 0; i < r->files.len; i++)
		free(r->files.items[i].text);
	vec_release(&r->findings);
	vec_release(&r->files);
	vec_release(&r->choices);
	free(r);
	*report = NULL;
}

/* FNV-1a: thousands of names with the same beginning are told apart by it. */
static uint32_t hash_name(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return hash;
}

/* Findings of one file follow each other: the last name is nearly always the one. */
static const char *keep_file(struct report *report, const char *file)
{
	uint32_t hash = hash_name(file);
	struct file_name *name;

	for (size_t i = report->files.len; i > 0; i--) {
		name = &report->files.items[i - 1];
		if (name->hash == hash && strcmp(name->text, file) == 0)
			return name->text;
	}
	name = vec_add(&report->files);
	*name = (struct file_name){ xstrdup(file), hash };
	return name->text;
}

void report_set_severity(struct report *report, const struct rule_meta *rule, enum severity severity)
{
	report_unset_severity(report, rule);
	*vec_add(&report->choices) = (struct severity_choice){ rule, severity };
}

void report_unset_severity(struct report *report, const struct rule_meta *rule)
{
	size_t kept = 0;

	for (size_t i = 0; i < report->choices.len; i++)
		if (report->choices.items[i].rule != rule)
			report->choices.items[kept++] = report->choices.items[i];
	report->choices.len = kept;
}

static enum severity chosen(const struct report *report, const struct rule_meta *rule, enum severity severity)
{
	for (size_t i = 0; i < report->choices.len; i++)
		if (report->choices.items[i].rule == rule && severity != SEVERITY_OFF)
			return report->choices.items[i].severity;
	return severity;
}

PRINTF_LIKE(5, 0)
static void add(struct report *report, const struct rule_meta *rule, enum severity severity, struct place where,
		const char *fmt, va_list args)
{
	struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	severity = chosen(report, rule, severity);
	report->dropped = severity == SEVERITY_OFF;
	if (report->dropped)
		return;
	strbuf_addv(&message, fmt, args);
	where.file = keep_file(report, where.file ? where.file : "-");
	where.item = where.item ? xstrdup(where.item) : NULL;
	finding = vec_add(&report->findings);
	*finding = (struct finding){
		.rule = rule,
		.severity = severity,
		.where = where,
		.message = strbuf_detach(&message),
		.order = report->findings.len - 1,
	};
	report->sorted = false;
}

void report_add(struct report *report, const struct rule_meta *rule, struct place where, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(report, rule, rule->severity, where, fmt, args);
	va_end(args);
}

void report_add_as(struct report *report, const struct rule_meta *rule, enum severity severity, struct place where,
		   const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(report, rule, severity, where, fmt, args);
	va_end(args);
}

/* The finding with the highest order; sorting may have moved it. */
static struct finding *added_last(struct report *report)
{
	for (size_t i = report->findings.len; i > 0; i--)
		if (report->findings.items[i - 1].order == report->findings.len - 1)
			return &report->findings.items[i - 1];
	return NULL;
}

void report_note(struct report *report, const char *fmt, ...)
{
	struct finding *finding = report->dropped ? NULL : added_last(report);
	struct strbuf note = STRBUF_INIT;
	va_list args;

	if (!finding)
		return;
	if (finding->note) {
		strbuf_adds(&note, finding->note);
		strbuf_addc(&note, '\n');
	}
	va_start(args, fmt);
	strbuf_addv(&note, fmt, args);
	va_end(args);
	free(finding->note);
	finding->note = strbuf_detach(&note);
}

void report_edit(struct report *report, uint64_t offset, uint64_t len, const char *text)
{
	struct finding *finding = report->dropped ? NULL : added_last(report);

	if (!finding)
		return;
	finding->edits = xrealloc(finding->edits, (finding->n_edits + 1) * sizeof(*finding->edits));
	finding->edits[finding->n_edits++] = (struct finding_edit){ offset, len, xstrdup(text) };
}

void report_take(struct report *report, struct report *other)
{
	for (size_t i = 0; i < other->findings.len; i++) {
		struct finding *finding = vec_add(&report->findings);

		*finding = other->findings.items[i];
		finding->where.file = keep_file(report, finding->where.file);
		finding->order = report->findings.len - 1;
	}
	report->sorted = report->sorted && other->findings.len == 0;
	other->findings.len = 0;
}

size_t report_len(const struct report *report)
{
	return report->findings.len;
}

#define COMPARE(a, b) ((a) < (b) ? -1 : (a) > (b))

static int compare_findings(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	int by;

	if ((by = COMPARE(a->where.line, b->where.line)) || (by = COMPARE(a->where.column, b->where.column)) ||
	    (by = COMPARE(a->where.offset, b->where.offset)) || (by = strcmp(a->rule->id, b->rule->id)))
		return by;
	return COMPARE(a->order, b->order);
}

/* hint: the one of the finding before, which it mostly is. */
static size_t file_index(const struct report *report, const char *file, size_t hint)
{
	size_t i = 0;

	if (report->files.items[hint].text == file)
		return hint;
	while (report->files.items[i].text != file)
		i++;
	return i;
}

struct hashed {
	uint64_t hash;
	size_t at;
};

static int compare_hashed(const void *left, const void *right)
{
	const struct hashed *a = left, *b = right;

	return a->hash != b->hash ? COMPARE(a->hash, b->hash) : COMPARE(a->at, b->at);
}

/* Of findings that say the same, which one in their order each is. */
static void count_equal(struct report *report)
{
	size_t n = report->findings.len;
	struct hashed *all = xcalloc(n, sizeof(*all));

	for (size_t i = 0; i < n; i++)
		all[i] = (struct hashed){ finding_hash(&report->findings.items[i]), i };
	qsort(all, n, sizeof(*all), compare_hashed);
	for (size_t i = 0; i < n; i++)
		report->findings.items[all[i].at].nth =
			i && all[i].hash == all[i - 1].hash ? report->findings.items[all[i - 1].at].nth + 1 : 0;
	free(all);
}

/* Stable counting sort by file, then each file's findings by place. */
static void sort_findings(struct report *report)
{
	size_t n = report->findings.len, n_files = report->files.len;
	size_t *start = xcalloc(n_files + 1, sizeof(*start));
	size_t *file_of = xcalloc(n, sizeof(*file_of));
	struct finding *sorted = xcalloc(n, sizeof(*sorted));

	for (size_t i = 0; i < n; i++) {
		file_of[i] = file_index(report, report->findings.items[i].where.file, i ? file_of[i - 1] : 0);
		start[file_of[i] + 1]++;
	}
	for (size_t f = 0; f < n_files; f++)
		start[f + 1] += start[f];
	for (size_t i = 0; i < n; i++)
		sorted[start[file_of[i]]++] = report->findings.items[i];
	/* start[f] is now the end of file f. */
	for (size_t f = 0; f < n_files; f++) {
		size_t first = f ? start[f - 1] : 0;

		qsort(sorted + first, start[f] - first, sizeof(*sorted), compare_findings);
	}
	memcpy(report->findings.items, sorted, n * sizeof(*sorted));
	free(start);
	free(file_of);
	free(sorted);
	count_equal(report);
	report->sorted = true;
}

const struct finding *report_get(struct report *report, size_t i)
{
	assert(i < report->findings.len);
	if (!report->sorted)
		sort_findings(report);
	return &report->findings.items[i];
}

size_t report_count(const struct report *report, enum severity at_least)
{
	size_t count = 0;

	for (size_t i = 0; i < report->findings.len; i++)
		count += report->findings.items[i].severity >= at_least;
	return count;
}

static const char *const severity_names[] = {
	[SEVERITY_OFF] = "off",         [SEVERITY_STYLE] = "style", [SEVERITY_INFO] = "info",
	[SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error",
};

const char *severity_name(enum severity severity)
{
	return severity_names[severity];
}

bool severity_parse(const char *text, enum severity *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(severity_names); i++) {
		if (strcmp(text, severity_names[i]) == 0) {
			*ret = (enum severity)i;
			return true;
		}
	}
	return false;
}
