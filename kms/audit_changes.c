/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Computers that used more than one CMID: reinstalled, rearmed, built anew at
 * each start from a pool image, or two machines of one name.
 */
#include <stdlib.h>
#include <strings.h>

#include "kms/audit.h"

#define CHURN_CMIDS 4 /* more CMIDs under one name than a reinstallation or two explain */

static const struct {
	const char *name;
	const char *confidence;
} verdicts[] = {
	[CHANGE_REINSTALLED] = { "reinstalled", "medium" },
	[CHANGE_TWO_COMPUTERS] = { "two-computers-of-one-name", "high" },
	[CHANGE_REARM_LOOP] = { "rearm-loop", "medium" },
	[CHANGE_NON_PERSISTENT] = { "non-persistent", "medium" },
};

const char *change_verdict_name(enum change_verdict verdict)
{
	return verdicts[verdict].name;
}

const char *change_confidence(enum change_verdict verdict)
{
	return verdicts[verdict].confidence;
}

static const struct audit *sorted_audit; /* for the comparison, while sorting */

/* Office 2010, and on Windows 7 what is newer, have client machine ids of their own. */
enum application audit_application(const struct audit *audit, const struct cmid_use *use)
{
	enum kms_counter counter = cmid_index_counter(audit->index, use->product);

	switch (counter) {
	case COUNTER_WINDOWS:
		return APPLICATION_WINDOWS;
	case COUNTER_OFFICE_2010:
		return APPLICATION_OFFICE_2010;
	case COUNTER_NONE:
	case COUNTER_UNKNOWN:
		return APPLICATION_UNKNOWN;
	default:
		return APPLICATION_OFFICE;
	}
}

/* Of one name. */
static int compare_uses(const void *a, const void *b)
{
	const struct cmid_use x = cmid_index_use(sorted_audit->index, *(const uint32_t *)a);
	const struct cmid_use y = cmid_index_use(sorted_audit->index, *(const uint32_t *)b);

	if (audit_application(sorted_audit, &x) != audit_application(sorted_audit, &y))
		return audit_application(sorted_audit, &x) < audit_application(sorted_audit, &y) ? -1 : 1;
	if (x.client != y.client)
		return guid_compare(&cmid_index_client(sorted_audit->index, x.client)->cmid,
				    &cmid_index_client(sorted_audit->index, y.client)->cmid);
	if (x.product != y.product)
		return x.product < y.product ? -1 : 1;
	return (x.host > y.host) - (x.host < y.host);
}

static int compare_by_name(const void *a, const void *b)
{
	uint32_t x = cmid_index_use_name(sorted_audit->index, *(const uint32_t *)a);
	uint32_t y = cmid_index_use_name(sorted_audit->index, *(const uint32_t *)b);

	return x == y ? compare_uses(a, b) : x < y ? -1 : 1;
}

/* As it is where each computer has one use: names are numbered as they are met. */
static bool is_sorted(const uint32_t *uses, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (compare_by_name(&uses[i - 1], &uses[i]) > 0)
			return false;
	return true;
}

struct span {
	uint64_t first, last;
};

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->last > y->last) - (x->last < y->last);
}

/* Virtual, and never there long enough to renew. */
static bool never_stays(const struct audit *audit, const struct audit_change *change)
{
	for (size_t i = 0; i < change->n_uses; i++) {
		const struct cmid_use use = cmid_index_use(audit->index, audit->by_name[change->first_use + i]);

		if (use.kinds != MACHINE_VIRTUAL || use.renewals)
			return false;
	}
	return true;
}

static enum change_verdict verdict_of(const struct audit *audit, const struct audit_change *change, bool take_turns)
{
	if (change->n_cmids >= CHURN_CMIDS)
		return never_stays(audit, change) ? CHANGE_NON_PERSISTENT : CHANGE_REARM_LOOP;
	return take_turns ? CHANGE_TWO_COMPUTERS : CHANGE_REINSTALLED;
}

/* The uses [at, at + n) are of one computer, and those of one CMID stand together. */
static void judge(struct audit *audit, size_t at, size_t n)
{
	VEC(struct span) spans = { 0 };
	struct audit_change change = { .first_use = at, .n_uses = n };
	uint32_t client = INDEX_NONE;
	bool take_turns = false;

	for (size_t i = at; i < at + n; i++) {
		const struct cmid_use use = cmid_index_use(audit->index, audit->by_name[i]);

		if (!spans.len || use.client != client)
			*vec_add(&spans) = (struct span){ use.first, use.last };
		client = use.client;
		spans.items[spans.len - 1].first = MIN(spans.items[spans.len - 1].first, use.first);
		spans.items[spans.len - 1].last = MAX(spans.items[spans.len - 1].last, use.last);
		change.name = use.name;
	}
	change.n_cmids = spans.len;
	if (spans.len > 1) {
		qsort(spans.items, spans.len, sizeof(*spans.items), compare_spans);
		change.first = spans.items[0].first;
		change.last = spans.items[0].last;
		for (size_t i = 1; i < spans.len; i++) {
			take_turns |= spans.items[i].first <= change.last;
			change.last = MAX(change.last, spans.items[i].last);
		}
		change.verdict = verdict_of(audit, &change, take_turns);
		*vec_add(&audit->changes) = change;
	}
	vec_release(&spans);
}

static int compare_changes(const void *a, const void *b)
{
	const struct audit_change *x = a, *y = b;
	int by_name = strcasecmp(cmid_index_name(sorted_audit->index, x->name),
				 cmid_index_name(sorted_audit->index, y->name));

	return by_name ? by_name : (x->first_use > y->first_use) - (x->first_use < y->first_use);
}

static enum application application_of(const struct audit *audit, uint32_t i_use)
{
	const struct cmid_use use = cmid_index_use(audit->index, i_use);

	return audit_application(audit, &use);
}

/* Uses from i on that are of one computer and application. */
static size_t run_length(const struct audit *audit, size_t i, size_t n)
{
	uint32_t name = cmid_index_use_name(audit->index, audit->by_name[i]);
	size_t len = 1;

	while (i + len < n && cmid_index_use_name(audit->index, audit->by_name[i + len]) == name &&
	       application_of(audit, audit->by_name[i + len]) == application_of(audit, audit->by_name[i]))
		len++;
	return len;
}

static const struct guid *cmid_of(const struct audit *audit, size_t i)
{
	return &cmid_index_client(audit->index, cmid_index_use(audit->index, audit->by_name[i]).client)->cmid;
}

/* Office that has the CMIDs of Windows, which were told already. Both are sorted. */
static bool is_told(const struct audit *audit, size_t at, size_t len, size_t told, size_t told_len)
{
	size_t k = told;

	if (cmid_index_use(audit->index, audit->by_name[at]).name !=
	    cmid_index_use(audit->index, audit->by_name[told]).name)
		return false;
	for (size_t i = at; i < at + len; i++) {
		while (k < told + told_len && guid_compare(cmid_of(audit, k), cmid_of(audit, i)) < 0)
			k++;
		if (k == told + told_len || !guid_equal(cmid_of(audit, k), cmid_of(audit, i)))
			return false;
	}
	return true;
}

void audit_find_changes(struct audit *audit)
{
	size_t n = cmid_index_uses(audit->index), told = 0, told_len = 0, len;

	audit->by_name = xcalloc(n + 1, sizeof(*audit->by_name));
	for (uint32_t i = 0; i < n; i++)
		audit->by_name[i] = i;
	sorted_audit = audit;
	if (!is_sorted(audit->by_name, n))
		qsort(audit->by_name, n, sizeof(*audit->by_name), compare_by_name);
	for (size_t i = 0; i < n; i += len) {
		len = run_length(audit, i, n);
		if (len == 1 || (told_len && is_told(audit, i, len, told, told_len)))
			continue;
		judge(audit, i, len);
		told = i;
		told_len = len;
	}
	if (audit->changes.len)
		qsort(audit->changes.items, audit->changes.len, sizeof(*audit->changes.items), compare_changes);
}
