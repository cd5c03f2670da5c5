/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One computer, several CMIDs. */
#include "kms/rules_kms.h"

enum { CMIDS_SHOWN = 8 };

const struct rule_meta rule_cmid_changed = {
	.id = "cmid-changed",
	.severity = SEVERITY_INFO,
	.by_item = true,
	.summary = "one computer has used several CMIDs",
	.why = "A CMID changes when Windows is installed again or rearmed. Many in a short time come from pool "
	       "images that are made anew at each start, and raise the count for thirty days each.",
	.advice = "Nothing after a reinstallation. For pools: --pool GLOB.",
};

const struct rule_meta rule_shared_name = {
	.id = "shared-name",
	.severity = SEVERITY_INFO,
	.by_item = true,
	.summary = "two CMIDs take turns under one name: two computers of one name",
	.why = "Each counts for itself; only lists by name are wrong.",
	.advice = "Give one of them another name.",
};

const struct rule_meta rule_non_persistent_pool = {
	.id = "non-persistent-pool",
	.severity = SEVERITY_INFO,
	.by_item = true,
	.summary = "computers of a pool are made anew at each start and get new CMIDs",
	.why = "Each new CMID stays in the host's count for thirty days: the count is higher than the number of "
	       "computers, and falls below what is needed when the pool rests.",
	.advice = "Nothing, when the count does not depend on it. Name such computers with --pool GLOB.",
};

/* Uses of one CMID stand together: how many from i on, and when they were. */
static size_t same_cmid(const struct audit *audit, const struct audit_change *change, size_t i, uint64_t *ret_first,
			uint64_t *ret_last)
{
	const struct cmid_use one = cmid_index_use(audit->index, audit->by_name[change->first_use + i]);
	size_t n = 0;

	*ret_first = one.first;
	*ret_last = one.last;
	for (; i + n < change->n_uses; n++) {
		const struct cmid_use use = cmid_index_use(audit->index, audit->by_name[change->first_use + i + n]);

		if (use.client != one.client)
			break;
		*ret_first = MIN(*ret_first, use.first);
		*ret_last = MAX(*ret_last, use.last);
	}
	return n;
}

static void note_cmids(const struct audit *audit, const struct audit_change *change, struct report *out)
{
	uint64_t first, last;
	size_t shown = 0;

	for (size_t i = 0; i < change->n_uses && shown < CMIDS_SHOWN; shown++) {
		uint32_t client = cmid_index_use(audit->index, audit->by_name[change->first_use + i]).client;
		char cmid[GUID_BRACED_LEN + 1];
		struct day_text from, to;

		i += same_cmid(audit, change, i, &first, &last);
		report_note(out, "%s: %s to %s",
			    guid_format(&cmid_index_client(audit->index, client)->cmid, GUID_PLAIN, cmid),
			    day_of(first, &from), day_of(last, &to));
	}
	if (shown < change->n_cmids)
		report_note(out, "and %zu more", change->n_cmids - shown);
}

static void tell_change(struct report *out, const struct audit_change *change, struct place place)
{
	switch (change->verdict) {
	case CHANGE_REINSTALLED:
		report_add(out, &rule_cmid_changed, place, "%s changed its CMID: installed again or rearmed", place.item);
		break;
	case CHANGE_TWO_COMPUTERS:
		report_add(out, &rule_shared_name, place, "two computers use the name %s", place.item);
		break;
	case CHANGE_REARM_LOOP:
		report_add_as(out, &rule_cmid_changed, SEVERITY_WARNING, place,
			      "%s changes its CMID again and again: rearmed each time, or a name used many times",
			      place.item);
		report_note(out, "%zu CMIDs", change->n_cmids);
		break;
	case CHANGE_NON_PERSISTENT:
		report_add(out, &rule_non_persistent_pool, place,
			   "%s is a virtual machine that gets a new CMID at each start", place.item);
		report_note(out, "%zu CMIDs, none of which ever renewed", change->n_cmids);
		break;
	}
}

void check_changes(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->changes.len; i++) {
		const struct audit_change *change = &audit->changes.items[i];
		const struct cmid_use use = cmid_index_use(audit->index, audit->by_name[change->first_use]);
		struct place place = place_of_log(audit, cmid_index_client(audit->index, use.client)->log);

		if (audit_in_pool(audit, change->name))
			continue;
		place.item = computer_name(audit, change->name);
		tell_change(out, change, place);
		note_cmids(audit, change, out);
	}
}

/* Pools that --pool names are told as a whole. */
void check_pools(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->pools.len; i++) {
		const struct audit_pool *pool = &audit->pools.items[i];
		struct place place = place_of_log(audit, 0);

		if (pool->cmids <= pool->computers)
			continue;
		place.item = pool->glob;
		report_add(out, &rule_non_persistent_pool, place, "the computers of the pool %s get new CMIDs",
			   pool->glob);
		report_note(out, "%zu computer%s used %zu CMIDs", pool->computers,
			    pool->computers == 1 ? " has" : "s have", pool->cmids);
		if (pool->now_cmids > pool->now_computers)
			report_note(out, "in the last days that count: %zu computer%s, %zu CMIDs; the count of the host is "
					 "up to %zu too high",
				    pool->now_computers, PLURAL(pool->now_computers), pool->now_cmids, pool->now_cmids - pool->now_computers);
	}
}
