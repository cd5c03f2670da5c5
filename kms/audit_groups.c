/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who shares a CMID, and is it a clone? The names under one CMID are first made
 * computers: "PC1" and "pc1.example.com" are one; so are two domains of one name,
 * unless they take turns. Computers whose times overlap cannot be one machine.
 * Where one stops before the next begins, the machine was renamed.
 */
#include <stdlib.h>
#include <strings.h>

#include "kms/audit.h"

/* A machine is renamed once or twice (installation, joining a domain); more names than this are several machines. */
#define RENAMED_NAMES_MAX 3

/* CMIDs of one name among which a repair is looked for; a name with more is no computer. */
#define REPAIRS_SEEN 256

/* A name under a CMID. */
struct member {
	uint32_t name;
	const char *text;
	size_t label_len; /* up to the first dot */
	uint64_t first, last;
	uint32_t requests;
	uint16_t kinds;
	uint16_t applications;
};

struct grouping {
	const struct audit *audit;
	VEC(struct member) members;
	VEC(struct audit_computer) computers;
};

const char *group_verdict_name(enum group_verdict verdict)
{
	static const char *const names[] = {
		[GROUP_CLONES] = "clones", [GROUP_LIKELY_CLONES] = "likely-clones", [GROUP_RENAMED] = "renamed",
	};

	return names[verdict];
}

const char *group_confidence(enum group_verdict verdict)
{
	return verdict == GROUP_CLONES ? "high" : "medium";
}

size_t audit_label_length(const char *name)
{
	size_t len = strcspn(name, ".");

	return strspn(name, "0123456789.") == strlen(name) || strchr(name, ':') ? strlen(name) : len;
}

static bool has_domain(const struct member *m)
{
	return m->text[m->label_len] == '.';
}

static void add_member(struct grouping *g, uint32_t i_use)
{
	const struct cmid_use use = cmid_index_use(g->audit->index, i_use);
	const char *text = cmid_index_name(g->audit->index, use.name);
	struct member *m = NULL;

	for (size_t i = 0; i < g->members.len && i < 8 && !m; i++)
		if (g->members.items[g->members.len - 1 - i].name == use.name)
			m = &g->members.items[g->members.len - 1 - i];
	if (!m) {
		m = vec_add(&g->members);
		*m = (struct member){
			.name = use.name, .text = text, .label_len = audit_label_length(text), .first = use.first,
		};
	}
	m->first = MIN(m->first, use.first);
	m->last = MAX(m->last, use.last);
	m->requests += use.requests;
	m->kinds |= use.kinds;
	m->applications |= (uint16_t)(1U << audit_application(g->audit, &use));
}

static int compare_labels(const struct member *a, const struct member *b)
{
	int by_label = strncasecmp(a->text, b->text, MIN(a->label_len, b->label_len));

	if (by_label)
		return by_label;
	return (a->label_len > b->label_len) - (a->label_len < b->label_len);
}

/* By label, short names first, then by domain. */
static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int by_label = compare_labels(x, y);

	return by_label ? by_label : strcasecmp(x->text + x->label_len, y->text + y->label_len);
}

/* The same name from products or hosts that were apart in the list. */
static void merge_same(struct grouping *g)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->members.len; i++) {
		struct member *m = &g->members.items[i], *into = kept ? &g->members.items[kept - 1] : NULL;

		if (!into || into->name != m->name) {
			g->members.items[kept++] = *m;
			continue;
		}
		into->first = MIN(into->first, m->first);
		into->last = MAX(into->last, m->last);
		into->requests += m->requests;
		into->kinds |= m->kinds;
		into->applications |= m->applications;
	}
	g->members.len = kept;
}

/* The name with a domain is kept, of two domains the later. */
static void join(struct audit_computer *computer, const struct member *m, bool has_domain_yet)
{
	if (!has_domain_yet || m->last > computer->last)
		computer->name = m->name;
	computer->first = MIN(computer->first, m->first);
	computer->last = MAX(computer->last, m->last);
	computer->requests += m->requests;
	computer->kinds |= m->kinds;
	computer->applications |= m->applications;
}

static struct audit_computer *new_computer(struct grouping *g, const struct member *m)
{
	struct audit_computer *computer = vec_add(&g->computers);

	*computer = (struct audit_computer){
		.name = m->name, .first = m->first, .last = m->last, .requests = m->requests, .kinds = m->kinds,
		.applications = m->applications,
	};
	return computer;
}

static bool overlap(const struct member *a, const struct member *b)
{
	return a->first <= b->last && b->first <= a->last;
}

/* True when two domains of one label take turns: then they are two machines. */
static bool domains_overlap(const struct member *members, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n && k < i + 64; k++)
			if (has_domain(&members[i]) && overlap(&members[i], &members[k]))
				return true;
	return false;
}

/* One label: one computer, or one a domain; the short name goes with the first. */
static void add_label(struct grouping *g, const struct member *members, size_t n)
{
	bool apart = domains_overlap(members, n);
	struct audit_computer *computer = new_computer(g, &members[0]);
	size_t n_domains = has_domain(&members[0]);

	for (size_t i = 1; i < n; i++) {
		if (apart && n_domains) {
			new_computer(g, &members[i]);
		} else {
			join(computer, &members[i], n_domains > 0);
			if (n_domains++)
				computer->moved = true;
		}
		n_domains = MAX(n_domains, (size_t)1);
	}
}

static const struct cmid_index *sorted_index; /* for the comparisons, while sorting */

static int compare_by_name(const void *a, const void *b)
{
	const struct audit_computer *x = a, *y = b;

	return strcasecmp(cmid_index_name(sorted_index, x->name), cmid_index_name(sorted_index, y->name));
}

static int compare_by_time(const void *a, const void *b)
{
	const struct audit_computer *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last < y->last ? -1 : 1;
	return compare_by_name(a, b);
}

/* Makes computers of the members. */
static void join_members(struct grouping *g)
{
	size_t n;

	g->computers.len = 0;
	if (g->members.len > 1) {
		qsort(g->members.items, g->members.len, sizeof(*g->members.items), compare_members);
		merge_same(g);
	}
	for (size_t i = 0; i < g->members.len; i += n) {
		for (n = 1; i + n < g->members.len; n++)
			if (compare_labels(&g->members.items[i], &g->members.items[i + n]) != 0)
				break;
		add_label(g, &g->members.items[i], n);
	}
}

static void find_computers(struct grouping *g, const struct cmid_client *client)
{
	g->members.len = 0;
	for (uint32_t i = client->uses; i != INDEX_NONE; i = cmid_index_use_next(g->audit->index, i))
		add_member(g, i);
	join_members(g);
	sorted_index = g->audit->index;
	if (g->computers.len > 1)
		qsort(g->computers.items, g->computers.len, sizeof(*g->computers.items), compare_by_time);
}

static bool take_turns(const struct audit_computer *computers, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (computers[i].first <= computers[i - 1].last)
			return true;
	return false;
}

static enum group_verdict verdict_of(const struct audit_computer *computers, size_t n)
{
	if (take_turns(computers, n))
		return GROUP_CLONES;
	return n > RENAMED_NAMES_MAX ? GROUP_LIKELY_CLONES : GROUP_RENAMED;
}

static int compare_names_of_uses(const struct audit *audit, uint32_t name, uint32_t use)
{
	uint32_t other = cmid_index_use_name(audit->index, use);

	return (name > other) - (name < other);
}

/* A later CMID of the same name: somebody has repaired the computer. */
static void find_repair(const struct audit *audit, uint32_t client, struct audit_computer *computer)
{
	size_t low = 0, high = cmid_index_uses(audit->index);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_names_of_uses(audit, computer->name, audit->by_name[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	computer->rearmed = audit_rearmed_after(audit, computer->name, computer->last);
	high = MIN(cmid_index_uses(audit->index), low + REPAIRS_SEEN);
	for (; low < high && !computer->fixed; low++) {
		const struct cmid_use use = cmid_index_use(audit->index, audit->by_name[low]);

		if (use.name != computer->name)
			return;
		if (use.client != client && use.first > computer->last &&
		    computer->applications & 1U << audit_application(audit, &use)) {
			computer->fixed = true;
			computer->fixed_cmid = cmid_index_client(audit->index, use.client)->cmid;
		}
	}
}

static void add_group(struct audit *audit, struct grouping *g, uint32_t client)
{
	struct audit_group group = {
		.client = client, .computers = audit->computers.len, .n_computers = g->computers.len,
		.verdict = verdict_of(g->computers.items, g->computers.len),
	};

	if (group.verdict != GROUP_RENAMED)
		qsort(g->computers.items, g->computers.len, sizeof(*g->computers.items), compare_by_name);
	for (size_t i = 0; i < g->computers.len; i++) {
		struct audit_computer computer = g->computers.items[i];

		group.requests += computer.requests;
		find_repair(audit, client, &computer);
		*vec_add(&audit->computers) = computer;
	}
	*vec_add(&audit->groups) = group;
}

static int compare_groups(const void *a, const void *b)
{
	const struct audit_group *x = a, *y = b;

	if (x->verdict != y->verdict)
		return x->verdict < y->verdict ? -1 : 1;
	return guid_compare(&cmid_index_client(sorted_index, x->client)->cmid,
			    &cmid_index_client(sorted_index, y->client)->cmid);
}

void audit_find_groups(struct audit *audit)
{
	struct grouping g = { .audit = audit };

	for (uint32_t i = 0; i < cmid_index_clients(audit->index); i++) {
		const struct cmid_client *client = cmid_index_client(audit->index, i);

		if (client->uses == INDEX_NONE || cmid_index_use_next(audit->index, client->uses) == INDEX_NONE)
			continue;
		find_computers(&g, client);
		if (g.computers.len > 1 || g.computers.items[0].moved)
			add_group(audit, &g, i);
	}
	vec_release(&g.members);
	vec_release(&g.computers);
	sorted_index = audit->index;
	if (audit->groups.len)
		qsort(audit->groups.items, audit->groups.len, sizeof(*audit->groups.items), compare_groups);
}

/* Computers of a clone group that were answered in one counter since start. */
uint64_t audit_computers_of(const struct audit *audit, const struct cmid_client *client, uint16_t host,
			    enum kms_counter counter, uint64_t start)
{
	struct grouping g = { .audit = audit };
	uint64_t n;

	for (uint32_t i = client->uses; i != INDEX_NONE; i = cmid_index_use_next(audit->index, i)) {
		const struct cmid_use use = cmid_index_use(audit->index, i);

		if (use.host == host && use.last_good > start &&
		    cmid_index_counter(audit->index, use.product) == counter)
			add_member(&g, i);
	}
	join_members(&g);
	n = g.computers.len;
	vec_release(&g.members);
	vec_release(&g.computers);
	return n;
}
