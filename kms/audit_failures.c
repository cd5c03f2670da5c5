/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests that hosts refused: by result code, and by the product that the host has no key for. */
#include <stdlib.h>
#include <strings.h>

#include "kms/audit.h"

enum {
	FAILURES_MAX = 256,  /* distinct result codes; Windows has about eighty */
	REFUSALS_MAX = 4096, /* products that one of the hosts has no key for */
};

#define KEY_MISMATCH 0xC004F042 /* the host's key does not activate the product */

/* Keeps the names that sort first, in order. */
static void note_name(const struct audit *audit, struct audit_failure *failure, uint32_t name)
{
	const char *text = cmid_index_name(audit->index, name);
	size_t at = 0;

	for (; at < failure->n_names; at++) {
		int order = strcasecmp(text, cmid_index_name(audit->index, failure->names[at]));

		if (failure->names[at] == name)
			return;
		if (order < 0)
			break;
	}
	failure->more_names |= failure->n_names == ARRAY_SIZE(failure->names);
	if (at == ARRAY_SIZE(failure->names))
		return;
	if (failure->n_names < ARRAY_SIZE(failure->names))
		failure->n_names++;
	memmove(&failure->names[at + 1], &failure->names[at],
		(failure->n_names - at - 1) * sizeof(failure->names[0]));
	failure->names[at] = name;
}

static void count_code(struct audit *audit, uint32_t hresult, uint64_t time, uint32_t log,
		       uint32_t name)
{
	struct audit_failure *failure = NULL;

	for (size_t i = 0; i < audit->failures.len && !failure; i++)
		if (audit->failures.items[i].hresult == hresult)
			failure = &audit->failures.items[i];
	if (!failure) {
		if (audit->failures.len == FAILURES_MAX)
			return;
		failure = vec_add(&audit->failures);
		*failure = (struct audit_failure){ .hresult = hresult,
						   .first = time,
						   .log = log };
	}
	failure->requests++;
	failure->first = MIN(failure->first, time);
	failure->last = MAX(failure->last, time);
	note_name(audit, failure, name);
}

static void count_refusal(struct audit *audit, uint16_t host, uint16_t product, uint64_t time, uint32_t log)
{
	struct audit_refusal *refusal = NULL;

	for (size_t i = 0; i < audit->refusals.len && !refusal; i++)
		if (audit->refusals.items[i].host == host && audit->refusals.items[i].product == product)
			refusal = &audit->refusals.items[i];
	if (!refusal) {
		if (audit->refusals.len == REFUSALS_MAX)
			return;
		refusal = vec_add(&audit->refusals);
		*refusal = (struct audit_refusal){
			.host = host, .product = product, .log = log, .first = time,
		};
	}
	refusal->requests++;
	refusal->first = MIN(refusal->first, time);
	refusal->last = MAX(refusal->last, time);
}

void audit_count_failure(struct audit *audit, uint32_t hresult, uint64_t time, uint32_t log,
			 const struct cmid_counted *counted, uint16_t host)
{
	audit->refused++;
	count_code(audit, hresult, time, log, counted->name);
	if (hresult == KEY_MISMATCH)
		count_refusal(audit, host, (uint16_t)counted->product, time, log);
}

static int compare_failures(const void *a, const void *b)
{
	const struct audit_failure *x = a, *y = b;

	return (x->hresult > y->hresult) - (x->hresult < y->hresult);
}

static const struct audit *sorted_audit; /* for the comparison, while sorting */

static int compare_refusals(const void *a, const void *b)
{
	const struct audit_refusal *x = a, *y = b;

	if (x->host != y->host)
		return strcasecmp(sorted_audit->hosts.items[x->host].name, sorted_audit->hosts.items[y->host].name);
	return guid_compare(cmid_index_product_id(sorted_audit->index, x->product),
			    cmid_index_product_id(sorted_audit->index, y->product));
}

void audit_sort_failures(struct audit *audit)
{
	if (audit->failures.len)
		qsort(audit->failures.items, audit->failures.len, sizeof(*audit->failures.items), compare_failures);
	sorted_audit = audit;
	if (audit->refusals.len)
		qsort(audit->refusals.items, audit->refusals.len, sizeof(*audit->refusals.items), compare_refusals);
}
