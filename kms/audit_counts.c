/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why the count is what it is. A host remembers each CMID that it answered for
 * thirty days; its count is their number, capped at twice the largest count any
 * client asked for. Windows clients and servers are counted together, each Office
 * generation for itself, each host for itself.
 */
#include <stdlib.h>
#include <strings.h>

#include "kms/audit.h"

enum { NEEDED_BY_CLIENTS = 25, CAP_WITH_CLIENTS = 50, CAP_WITHOUT = 10 };

static uint64_t end_of(const struct audit *audit, const struct audit_host *host)
{
	return audit->options.until ? audit->options.until : host->last;
}

static struct audit_count *count_of(struct audit *audit, uint16_t host, enum kms_counter counter)
{
	const struct audit_host *from = &audit->hosts.items[host];
	uint64_t end = end_of(audit, from);
	struct audit_count *count;

	for (size_t i = audit->counts.len; i-- > 0;)
		if (audit->counts.items[i].host == host && audit->counts.items[i].counter == counter)
			return &audit->counts.items[i];
	count = vec_add(&audit->counts);
	*count = (struct audit_count){
		.host = host, .counter = counter, .end = end,
		.start = end > audit->options.window ? end - audit->options.window : 0,
	};
	count->covered = from->oldest && from->oldest <= count->start;
	if (!from->oldest)
		count->covered = from->first <= count->start;
	return count;
}

static const struct audit_group *group_of(const uint32_t *groups, uint32_t client, const struct audit *audit)
{
	return groups[client] ? &audit->groups.items[groups[client] - 1] : NULL;
}

static void count_client(struct audit *audit, uint32_t i, const struct audit_group *group)
{
	const struct cmid_client *client = cmid_index_client(audit->index, i);
	bool clones = group && group->verdict != GROUP_RENAMED;
	struct { uint16_t host; enum kms_counter counter; } done[64];
	size_t n_done = 0;

	for (uint32_t u = client->uses; u != INDEX_NONE; u = cmid_index_use_next(audit->index, u)) {
		const struct cmid_use use = cmid_index_use(audit->index, u);
		enum kms_counter counter = cmid_index_counter(audit->index, use.product);
		struct audit_count *count = count_of(audit, use.host, counter);
		bool seen = false;

		if (use.last > count->start) {
			count->wants_client |= use.needed >= NEEDED_BY_CLIENTS;
			count->wants_server |= use.needed && use.needed < NEEDED_BY_CLIENTS;
		}
		if (use.last_good <= count->start)
			continue;
		for (size_t k = 0; k < n_done && !seen; k++)
			seen = done[k].host == use.host && done[k].counter == counter;
		if (seen || n_done == ARRAY_SIZE(done))
			continue;
		done[n_done].host = use.host;
		done[n_done++].counter = counter;
		count->cmids++;
		count->computers += clones ? audit_computers_of(audit, client, use.host, counter, count->start) : 1;
	}
}

static const struct audit *sorted_audit;

static int compare_counts(const void *a, const void *b)
{
	const struct audit_count *x = a, *y = b;

	if (x->host != y->host)
		return strcasecmp(sorted_audit->hosts.items[x->host].name, sorted_audit->hosts.items[y->host].name);
	return (x->counter > y->counter) - (x->counter < y->counter);
}

void audit_find_counts(struct audit *audit)
{
	size_t n = cmid_index_clients(audit->index);
	uint32_t *groups = xcalloc(n + 1, sizeof(*groups));

	for (size_t i = 0; i < audit->groups.len; i++)
		groups[audit->groups.items[i].client] = (uint32_t)i + 1;
	for (uint32_t i = 0; i < n; i++)
		count_client(audit, i, group_of(groups, i, audit));
	free(groups);
	for (size_t i = 0; i < audit->counts.len; i++) {
		struct audit_count *count = &audit->counts.items[i];

		count->requests = audit_requests_between(audit, count->host, count->counter, count->start, count->end);
		count->cap = count->wants_client ? CAP_WITH_CLIENTS : CAP_WITHOUT;
	}
	sorted_audit = audit;
	if (audit->counts.len)
		qsort(audit->counts.items, audit->counts.len, sizeof(*audit->counts.items), compare_counts);
}
