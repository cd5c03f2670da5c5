/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The counts of hosts: why they are what they are, and what is missing. */
#include <stdlib.h>
#include <strings.h>

#include "kms/rules_kms.h"

const struct rule_meta rule_count_too_low = {
	.id = "count-too-low",
	.severity = SEVERITY_WARNING,
	.by_item = true,
	.summary = "the count of the host is below what its clients need",
	.why = "Each client compares the count in the host's answer with its own minimum: 25 for Windows clients, 5 "
	       "for servers and Office. Below that it does not activate, though the host answers with result 0.",
	.advice = "Repair duplicate CMIDs first; point clients of other hosts to this one; or let more computers ask.",
	.source = "Microsoft Learn, Plan for volume activation",
};

const struct rule_meta rule_count_explained = {
	.id = "count-explained",
	.severity = SEVERITY_INFO,
	.off = true,
	.by_item = true,
	.summary = "how the count of a host comes about",
	.why = "A host counts the distinct CMIDs it answered in thirty days, Windows and each Office generation for "
	       "itself, up to twice the largest count a client asks for: 50, or 10 where only servers or Office ask.",
	.advice = "Nothing: it is the text of the audit as findings, for formats that have findings only.",
	.source = "Microsoft Learn, KMS activation troubleshooting",
};

const struct rule_meta rule_short_coverage = {
	.id = "short-coverage",
	.severity = SEVERITY_INFO,
	.by_item = true,
	.summary = "the log is younger than the time a host remembers its clients",
	.why = "Clients that asked before the log begins are in the host's count, but not in the log: the count is a "
	       "lower bound.",
	.advice = "Add older logs of the host, or let its log grow: wevtutil sl \"Key Management Service\" "
		  "/ms:104857600",
};

const struct rule_meta rule_several_hosts = {
	.id = "several-hosts",
	.severity = SEVERITY_INFO,
	.summary = "the same clients ask more than one host",
	.why = "Each host counts for itself only those that ask it: with the clients spread over several hosts each "
	       "count is smaller than the number of clients.",
	.advice = "Nothing while every count is above what is needed; else leave one host in DNS (_vlmcs._tcp).",
	.source = "Microsoft Learn, Plan for volume activation",
};

/* Counters are known by their host and name. */
static char *counter_item(const struct audit *audit, const struct audit_count *count)
{
	return xasprintf("%s: %s", audit->hosts.items[count->host].name, counter_name(count->counter));
}

static void explain_count(const struct audit *audit, const struct audit_count *count, struct place place,
			  struct report *out)
{
	struct day_text from, to;

	report_add(out, &rule_count_explained, place, "the %s count of %s should be %s%llu", counter_name(count->counter),
		   audit->hosts.items[count->host].name, count->covered ? "" : "at least ",
		   (unsigned long long)MIN(count->cmids, (uint64_t)count->cap));
	report_note(out, "%llu requests of %llu distinct CMIDs from %s to %s, at most %u are counted",
		    (unsigned long long)count->requests, (unsigned long long)count->cmids, day_of(count->start, &from),
		    day_of(count->end, &to), count->cap);
	report_note(out, "with a CMID of its own for every computer: %llu",
		    (unsigned long long)MIN(count->computers, (uint64_t)count->cap));
	if (count->wants_client)
		report_note(out, "Windows clients wait for 25");
	if (count->wants_server)
		report_note(out, "servers and Office wait for 5");
}

/* A log that does not cover the window cannot tell that a count is too low. */
static bool is_too_low(const struct audit_count *count, unsigned needed)
{
	return count->covered && count->cmids < needed && (count->wants_client || count->wants_server) &&
	       count->counter != COUNTER_NONE && count->counter != COUNTER_UNKNOWN;
}

static void tell_too_low(const struct audit *audit, const struct audit_count *count, unsigned needed,
			 struct place place, struct report *out)
{
	report_add(out, &rule_count_too_low, place, "the %s count of %s is below the %u that clients wait for",
		   counter_name(count->counter), audit->hosts.items[count->host].name, needed);
	report_note(out, "it is %llu", (unsigned long long)count->cmids);
	if (count->computers > count->cmids)
		report_note(out, "with a CMID of its own for every computer it would be %llu",
			    (unsigned long long)count->computers);
}

void check_counts(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->counts.len; i++) {
		const struct audit_count *count = &audit->counts.items[i];
		CLEANUP(freep) char *item = counter_item(audit, count);
		struct place place = place_of_host(audit, count->host);
		unsigned needed = count->wants_client ? 25 : 5;

		place.item = item;
		explain_count(audit, count, place, out);
		if (is_too_low(count, needed))
			tell_too_low(audit, count, needed, place, out);
	}
}

static bool last_of_host(const struct audit *audit, size_t i)
{
	return i + 1 == audit->counts.len || audit->counts.items[i + 1].host != audit->counts.items[i].host;
}

void check_coverage(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->counts.len; i++) {
		const struct audit_count *count = &audit->counts.items[i];
		const struct audit_host *host = &audit->hosts.items[count->host];
		struct place place = place_of_host(audit, count->host);
		struct day_text start, oldest;

		if (count->covered || !last_of_host(audit, i))
			continue;
		place.item = host->name;
		report_add(out, &rule_short_coverage, place,
			   "the log of %s is shorter than a host remembers: its counts are lower bounds", host->name);
		report_note(out, "it begins on %s and had to reach back to %s",
			    day_of(host->oldest ? host->oldest : host->first, &oldest), day_of(count->start, &start));
	}
}

static bool on_several_hosts(const struct audit *audit, const struct cmid_client *client)
{
	uint16_t host = cmid_index_use(audit->index, client->uses).host;

	for (uint32_t i = client->uses; i != INDEX_NONE; i = cmid_index_use_next(audit->index, i))
		if (cmid_index_use(audit->index, i).host != host)
			return true;
	return false;
}

static int compare_hosts(const void *a, const void *b)
{
	return strcasecmp((*(const struct audit_host *const *)a)->name, (*(const struct audit_host *const *)b)->name);
}

static void note_hosts(const struct audit *audit, struct report *out)
{
	CLEANUP(freep) const struct audit_host **sorted = xcalloc(audit->hosts.len + 1, sizeof(*sorted));

	for (size_t i = 0; i < audit->hosts.len; i++)
		sorted[i] = &audit->hosts.items[i];
	qsort(sorted, audit->hosts.len, sizeof(*sorted), compare_hosts);
	for (size_t i = 0; i < MIN(audit->hosts.len, (size_t)NAMES_SHOWN); i++)
		report_note(out, "%s: %llu request%s", sorted[i]->name, (unsigned long long)sorted[i]->requests,
			    PLURAL(sorted[i]->requests));
}

void check_hosts(struct audit *audit, struct report *out)
{
	size_t n = 0;

	for (size_t i = 0; i < cmid_index_clients(audit->index); i++)
		n += on_several_hosts(audit, cmid_index_client(audit->index, i));
	if (!n)
		return;
	report_add(out, &rule_several_hosts, place_of_log(audit, 0), "clients ask more than one host");
	report_note(out, "%zu of %zu CMIDs do", n, cmid_index_clients(audit->index));
	note_hosts(audit, out);
}
