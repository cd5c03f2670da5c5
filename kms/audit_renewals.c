/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clones that share even their name. An activated computer renews once in seven
 * days, and each request tells how many minutes of its 180 days are left, so when
 * it was renewed before. Two kinds of excess:
 *
 * - More renewals exactly a week after the one before than there are weeks: one
 *   timer cannot do that, however often somebody renews by hand.
 * - The times since the renewal before, added up, are longer than the time that
 *   went by: they lie beside each other. One computer whose renewals do not
 *   succeed looks alike, so this is less sure.
 *
 * Where they add up to no more than the time that went by, one computer renews
 * more often: a shorter interval by policy, or slmgr /ato.
 */
#include <stdlib.h>
#include <strings.h>

#include "common/base/filetime.h"
#include "kms/audit.h"

enum {
	WEEK_MINUTES = 10080,
	RENEWALS_SPARE = 2, /* slmgr /ato by hand, and one at each edge of the time looked at */
	SPARE_PERCENT = 10,
};

static const struct {
	const char *name;
	const char *confidence;
} verdicts[] = {
	[RENEWAL_CLONES] = { "clones-of-one-name", "high" },
	[RENEWAL_LIKELY_CLONES] = { "likely-clones-of-one-name", "medium" },
	[RENEWAL_SHORT_INTERVAL] = { "short-interval", "medium" },
};

const char *renewal_verdict_name(enum renewal_verdict verdict)
{
	return verdicts[verdict].name;
}

const char *renewal_confidence(enum renewal_verdict verdict)
{
	return verdicts[verdict].confidence;
}

struct renewing {
	struct audit_renewal sum;
	uint64_t run_down;
	const char *label;
	size_t label_len;
};

static const struct audit *sorted_audit; /* for the comparisons, while sorting */

static int compare_labels(const struct renewing *x, const struct renewing *y)
{
	int by_label = strncasecmp(x->label, y->label, MIN(x->label_len, y->label_len));

	return by_label ? by_label : (x->label_len > y->label_len) - (x->label_len < y->label_len);
}

static int compare_products(const struct renewing *x, const struct renewing *y)
{
	return (x->sum.product > y->sum.product) - (x->sum.product < y->sum.product);
}

/* The full name of a computer stands before the short one. */
static int compare_renewing(const void *a, const void *b)
{
	const struct renewing *x = a, *y = b;
	int by_label = compare_labels(x, y), by_product = compare_products(x, y);

	if (by_label)
		return by_label;
	if (by_product)
		return by_product;
	return strcasecmp(y->label, x->label);
}

static struct renewing renewing_of(const struct audit *audit, const struct cmid_use *use)
{
	struct renewing r = {
		.sum = { .client = use->client, .name = use->name, .product = use->product,
			 .renewals = use->renewals, .weekly = use->weekly,
			 .first = use->first_renewal, .last = use->last_renewal },
		.run_down = use->run_down,
		.label = cmid_index_name(audit->index, use->name),
	};

	r.label_len = audit_label_length(r.label);
	return r;
}

static void join(struct renewing *into, const struct renewing *r)
{
	into->sum.renewals += r->sum.renewals;
	into->sum.weekly += r->sum.weekly;
	into->sum.first = MIN(into->sum.first, r->sum.first);
	into->sum.last = MAX(into->sum.last, r->sum.last);
	into->run_down += r->run_down;
}

static void judge(struct audit *audit, struct renewing *r)
{
	struct audit_renewal *sum = &r->sum;
	uint64_t minutes = (sum->last - sum->first) / (FILETIME_PER_SECOND * 60);
	/* Before the first renewal lies a week that it tells of. */
	uint64_t explained = minutes + minutes / (100 / SPARE_PERCENT) + 2 * WEEK_MINUTES;

	sum->expected = minutes / WEEK_MINUTES + 1;
	sum->computers = 1;
	if (sum->renewals <= sum->expected + RENEWALS_SPARE)
		return;
	if (sum->weekly > sum->expected + RENEWALS_SPARE) {
		sum->verdict = RENEWAL_CLONES;
		sum->computers = (sum->weekly + sum->expected - 1) / sum->expected;
	} else if (r->run_down > explained) {
		sum->verdict = RENEWAL_LIKELY_CLONES;
		sum->computers = MAX(r->run_down / (minutes + WEEK_MINUTES), (uint64_t)2);
	} else {
		sum->verdict = RENEWAL_SHORT_INTERVAL;
	}
	*vec_add(&audit->renewals) = *sum;
}

static int compare_found(const void *a, const void *b)
{
	const struct audit_renewal *x = a, *y = b;
	int by_cmid = guid_compare(&cmid_index_client(sorted_audit->index, x->client)->cmid,
				   &cmid_index_client(sorted_audit->index, y->client)->cmid);
	int by_product = guid_compare(cmid_index_product_id(sorted_audit->index, x->product),
				      cmid_index_product_id(sorted_audit->index, y->product));

	if (by_cmid)
		return by_cmid;
	if (by_product)
		return by_product;
	return strcasecmp(cmid_index_name(sorted_audit->index, x->name), cmid_index_name(sorted_audit->index, y->name));
}

void audit_find_renewals(struct audit *audit)
{
	VEC(struct renewing) all = { 0 };

	for (uint32_t c = 0; c < cmid_index_clients(audit->index); c++) {
		all.len = 0;
		for (uint32_t i = cmid_index_client(audit->index, c)->uses; i != INDEX_NONE;
		     i = cmid_index_use_next(audit->index, i)) {
			const struct cmid_use use = cmid_index_use(audit->index, i);

			if (use.renewals)
				*vec_add(&all) = renewing_of(audit, &use);
		}
		if (all.len > 1)
			qsort(all.items, all.len, sizeof(*all.items), compare_renewing);
		for (size_t i = 0, n; i < all.len; i += n) {
			for (n = 1; i + n < all.len && compare_labels(&all.items[i], &all.items[i + n]) == 0 &&
				    compare_products(&all.items[i], &all.items[i + n]) == 0; n++)
				join(&all.items[i], &all.items[i + n]);
			judge(audit, &all.items[i]);
		}
	}
	vec_release(&all);
	sorted_audit = audit;
	if (audit->renewals.len)
		qsort(audit->renewals.items, audit->renewals.len, sizeof(*audit->renewals.items), compare_found);
}
