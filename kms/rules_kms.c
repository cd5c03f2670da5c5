/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <strings.h>

#include "common/base/filetime.h"
#include "kms/audit.h"

enum {
	NAMES_SHOWN = 50,     /* computers listed under one finding; JSON has them all */
	CMIDS_SHOWN = 8,
	IMAGES_SHOWN = 32,    /* images of one group of clones */
	CHURN_CMIDS = 4,      /* more CMIDs under one name than a reinstallation or two explain */
	RENEWAL_DAYS = 7,
	RENEWALS_SPARE = 2,   /* slmgr /ato by hand, and one at each edge of the time looked at */
};

#define FILETIME_PER_DAY (FILETIME_PER_SECOND * 86400)
#define DAY_LEN 10 /* 2026-08-04 */

static const struct rule_meta duplicate_cmid = {
	.id = "duplicate-cmid",
	.severity = SEVERITY_ERROR,
	.summary = "several computers use one client machine ID (CMID)",
	.why = "A KMS host counts CMIDs, not computers: machines made from an image that was not generalized count "
	       "as one, and the count stays below the 25 or 5 that activation needs (0xC004F038).",
	.advice = "Run \"slmgr /rearm\" and restart each computer but one, and make the image again with sysprep "
		  "/generalize, without SkipRearm=1 in its answer file (for Office: ospprearm before the capture).",
	.source = "Microsoft KB929829; Microsoft Learn, Plan for volume activation",
};

static const struct rule_meta computer_renamed = {
	.id = "computer-renamed",
	.severity = SEVERITY_INFO,
	.summary = "one name of a CMID stops and another begins: a rename, not a clone",
	.why = "A computer keeps its CMID when it is renamed or joins a domain.",
	.advice = "Nothing, when the rename is known. When both computers exist they are clones.",
};

static const struct rule_meta cmid_changed = {
	.id = "cmid-changed",
	.severity = SEVERITY_INFO,
	.summary = "one computer has used several CMIDs",
	.why = "A CMID changes when Windows is installed again or rearmed. Many in a short time come from pool "
	       "images that are made anew at each start, and raise the count for thirty days each.",
	.advice = "Nothing after a reinstallation. For pools: --pool GLOB.",
};

static const struct rule_meta shared_name = {
	.id = "shared-name",
	.severity = SEVERITY_INFO,
	.summary = "two CMIDs take turns under one name: two computers of one name",
	.why = "Each counts for itself; only lists by name are wrong.",
	.advice = "Give one of them another name.",
};

static const struct rule_meta several_renewals = {
	.id = "several-renewals-one-name",
	.severity = SEVERITY_WARNING,
	.summary = "an activated computer renews more often than once in seven days",
	.why = "Activated clients renew every seven days. More renewals under one CMID and one name mean several "
	       "computers that were cloned together with their name.",
	.advice = "Look for computers of this name; slmgr /dlv on each shows its CMID. A renewal interval set by "
		  "policy looks alike.",
	.source = "Microsoft Learn, Plan for volume activation: renewal interval 10080 minutes",
};

static const struct rule_meta failed_requests = {
	.id = "failed-requests",
	.severity = SEVERITY_WARNING,
	.summary = "the host refused requests",
	.why = "The first field of event 12290 is the result the host gave.",
	.advice = "kms explain CODE",
};

static const struct rule_meta clock_skew = {
	.id = "clock-skew",
	.severity = SEVERITY_WARNING,
	.summary = "a client's clock is more than four hours off",
	.why = "The host refuses a request whose time differs by more than 240 minutes in UTC (0xC004F06C).",
	.advice = "Correct the time service of the client, or the time synchronisation of its hypervisor.",
	.source = "Microsoft support: error 0xC004F06C",
};

static const struct rule_meta empty_cmid = {
	.id = "empty-cmid",
	.severity = SEVERITY_WARNING,
	.summary = "requests with an empty or zero CMID",
	.why = "A Windows client always has one: the request is malformed or was made by other software.",
	.advice = "Find out what sends it.",
};

static const struct rule_meta log_damaged = {
	.id = "log-damaged",
	.severity = SEVERITY_WARNING,
	.summary = "a part of the log cannot be read",
	.why = "What lies there is missing in the counts; the rest was read.",
	.advice = "Export the log again, or copy it while the event log service is stopped.",
};

static const struct rule_meta foreign_record = {
	.id = "foreign-record",
	.severity = SEVERITY_ERROR,
	.summary = "a record in the log of the KMS is not the KMS's own",
	.why = "Only the licensing service writes to this log. It is a known place to hide malicious code in event "
	       "data.",
	.advice = "Have the host examined; keep the log.",
	.source = "Public reports of 2022 on code kept in the log \"Key Management Service\"",
};

static const struct rule_meta dns_publishing_failed = {
	.id = "dns-publishing-failed",
	.severity = SEVERITY_WARNING,
	.summary = "the host could not publish itself in DNS",
	.why = "Clients that have no fixed host find it by the record _vlmcs._tcp (0x8007232B without it).",
	.advice = "Let the host update the zone, or create the SRV record by hand: port 1688.",
};

static const struct rule_meta log_cleared = {
	.id = "log-cleared",
	.severity = SEVERITY_INFO,
	.summary = "an event log was cleared",
	.why = "Requests from before are gone.",
	.advice = "Ask who did it.",
};

static const struct rule_meta count_short = {
	.id = "count-too-low",
	.severity = SEVERITY_WARNING,
	.summary = "the count of the host is below what its clients need",
	.why = "Each client compares the count in the host's answer with its own minimum: 25 for Windows clients, 5 "
	       "for servers and Office. Below that it does not activate, though the host answers with result 0.",
	.advice = "Repair duplicate CMIDs first; point clients of other hosts to this one; or let more computers ask.",
	.source = "Microsoft Learn, Plan for volume activation",
};

static const struct rule_meta short_coverage = {
	.id = "short-coverage",
	.severity = SEVERITY_INFO,
	.summary = "the log is younger than the time a host remembers its clients",
	.why = "Clients that asked before the log begins are in the host's count, but not in the log: the count is a "
	       "lower bound.",
	.advice = "Add older logs of the host, or let its log grow: wevtutil sl \"Key Management Service\" "
		  "/ms:104857600",
};

static const struct rule_meta several_hosts = {
	.id = "several-hosts",
	.severity = SEVERITY_INFO,
	.summary = "the same clients ask more than one host",
	.why = "Each host counts for itself only those that ask it: with the clients spread over several hosts each "
	       "count is "
	       "smaller than the number of clients.",
	.advice = "Nothing while every count is above what is needed; else leave one host in DNS (_vlmcs._tcp).",
	.source = "Microsoft Learn, Plan for volume activation",
};

const struct rule_meta *const kms_rules[] = {
	&duplicate_cmid, &computer_renamed, &cmid_changed, &shared_name, &several_renewals, &failed_requests,
	&clock_skew, &empty_cmid, &log_damaged, &foreign_record, &dns_publishing_failed, &log_cleared,
	&count_short, &short_coverage, &several_hosts, NULL,
};

struct shown {
	char text[FILETIME_TEXT_LEN + 8];
};

static const char *day(uint64_t time, struct shown *buffer)
{
	filetime_format(time, buffer->text);
	buffer->text[DAY_LEN] = '\0';
	return buffer->text;
}

static const char *name_text(const struct audit *audit, uint32_t name)
{
	const char *text = cmid_index_name(audit->index, name);

	return *text ? text : "(no name)";
}

static struct place place_of_log(const struct audit *audit, uint32_t log)
{
	return (struct place){ .file = audit->logs.items[log].path };
}

static struct place place_of_note(const struct audit *audit, const struct audit_note *note)
{
	struct place place = place_of_log(audit, note->log);

	place.line = note->line;
	place.has_offset = note->line == 0;
	place.offset = note->offset;
	return place;
}

static struct place place_of_client(const struct audit *audit, const struct cmid_client *client, char cmid[])
{
	struct place place = place_of_log(audit, client->log);

	place.line = client->in_lines ? (uint32_t)client->at : 0;
	place.has_offset = !client->in_lines;
	place.offset = client->in_lines ? 0 : client->at;
	place.item = guid_format(&client->cmid, GUID_PLAIN, cmid);
	return place;
}

static const char *kind_text(uint16_t kinds)
{
	return kinds == MACHINE_VIRTUAL ? ", virtual" : kinds == MACHINE_PHYSICAL ? "" : ", physical and virtual";
}

static void note_computer(const struct audit *audit, const struct audit_computer *computer, struct report *out)
{
	struct shown from, to;
	char cmid[GUID_BRACED_LEN + 1];

	report_note(out, "%s: %u request%s, %s to %s%s", name_text(audit, computer->name), computer->requests,
		    computer->requests == 1 ? "" : "s", day(computer->first, &from), day(computer->last, &to),
		    kind_text(computer->kinds));
	if (computer->fixed)
		report_note(out, "  since then it has used another CMID, %s",
			    guid_format(&computer->fixed_cmid, GUID_PLAIN, cmid));
}

static void note_computers(const struct audit *audit, const struct audit_group *group, struct report *out)
{
	size_t shown = MIN(group->n_computers, (size_t)NAMES_SHOWN);

	for (size_t i = 0; i < shown; i++)
		note_computer(audit, &audit->computers.items[group->computers + i], out);
	if (shown < group->n_computers)
		report_note(out, "and %zu more", group->n_computers - shown);
}

struct image_share {
	const char *image; /* NULL: not in the inventory */
	size_t n;
};

static int compare_shares(const void *a, const void *b)
{
	const struct image_share *x = a, *y = b;

	if (!x->image || !y->image)
		return (x->image == NULL) - (y->image == NULL);
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return strcmp(x->image, y->image);
}

static void count_image(struct image_share *shares, size_t *n, const char *image)
{
	for (size_t i = 0; i < *n; i++)
		if (image == shares[i].image || (image && shares[i].image && strcmp(image, shares[i].image) == 0)) {
			shares[i].n++;
			return;
		}
	if (*n < IMAGES_SHOWN)
		shares[(*n)++] = (struct image_share){ image, 1 };
}

/* Where the clones of a group come from, the image of most of them first. */
static void note_images(const struct audit *audit, const struct audit_group *group, struct report *out)
{
	struct image_share shares[IMAGES_SHOWN];
	size_t n = 0;

	if (!audit->options.inventory)
		return;
	for (size_t i = 0; i < group->n_computers; i++) {
		uint32_t name = audit->computers.items[group->computers + i].name;

		count_image(shares, &n, inventory_image(audit->options.inventory, cmid_index_name(audit->index, name)));
	}
	qsort(shares, n, sizeof(*shares), compare_shares);
	for (size_t i = 0; i < n; i++)
		report_note(out, "%s%s: %zu of %zu", shares[i].image ? "image " : "not in the inventory",
			    shares[i].image ? shares[i].image : "", shares[i].n, group->n_computers);
}

static bool group_in_pool(const struct audit *audit, const struct audit_group *group)
{
	for (size_t i = 0; i < group->n_computers; i++)
		if (!audit_in_pool(audit, audit->computers.items[group->computers + i].name))
			return false;
	return true;
}

static void check_groups(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->groups.len; i++) {
		const struct audit_group *group = &audit->groups.items[i];
		const struct cmid_client *client = cmid_index_client(audit->index, group->client);
		char cmid[GUID_BRACED_LEN + 1];
		struct place place = place_of_client(audit, client, cmid);

		switch (group->verdict) {
		case GROUP_CLONES:
			report_add(out, &duplicate_cmid, place,
				   "%zu computers share the CMID %s and take turns: clones%s", group->n_computers, cmid,
				   group_in_pool(audit, group) ? " of a pool image that was not rearmed" : "");
			break;
		case GROUP_LIKELY_CLONES:
			report_add_as(out, &duplicate_cmid, SEVERITY_WARNING, place,
				      "%zu names with the CMID %s, one after the other: more than renames explain",
				      group->n_computers, cmid);
			break;
		case GROUP_RENAMED:
			report_add(out, &computer_renamed, place, "%s with the CMID %s was renamed or joined a domain",
				   group->n_computers == 1 ? "a computer" : "the computer", cmid);
			break;
		}
		if (group->verdict != GROUP_RENAMED)
			note_images(audit, group, out);
		note_computers(audit, group, out);
	}
}

static void note_cmids(const struct audit *audit, const struct audit_change *change, struct report *out)
{
	uint32_t client = INDEX_NONE;
	size_t shown = 0;

	for (size_t i = 0; i < change->n_uses && shown < CMIDS_SHOWN; i++) {
		const struct cmid_use use = cmid_index_use(audit->index, audit->by_name[change->first_use + i]);
		char cmid[GUID_BRACED_LEN + 1];
		struct shown from, to;

		if (use.client == client)
			continue;
		client = use.client;
		shown++;
		report_note(out, "%s: %s to %s",
			    guid_format(&cmid_index_client(audit->index, client)->cmid, GUID_PLAIN, cmid),
			    day(use.first, &from), day(use.last, &to));
	}
	if (shown < change->n_cmids)
		report_note(out, "and %zu more", change->n_cmids - shown);
}

static void check_changes(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->changes.len; i++) {
		const struct audit_change *change = &audit->changes.items[i];
		const struct cmid_use use = cmid_index_use(audit->index, audit->by_name[change->first_use]);
		struct place place = place_of_log(audit, cmid_index_client(audit->index, use.client)->log);
		bool churn = change->n_cmids >= CHURN_CMIDS;

		if (audit_in_pool(audit, change->name))
			continue;
		place.item = name_text(audit, change->name);
		if (change->overlapping && !churn)
			report_add(out, &shared_name, place, "two computers use the name %s", place.item);
		else if (churn)
			report_add_as(out, &cmid_changed, SEVERITY_WARNING, place,
				      "%s used %zu CMIDs: rearmed again and again, a pool image, or a name used many "
				      "times",
				      place.item, change->n_cmids);
		else
			report_add(out, &cmid_changed, place, "%s changed its CMID: installed again or rearmed",
				   place.item);
		note_cmids(audit, change, out);
	}
}

static void check_renewals(struct audit *audit, struct report *out)
{
	for (uint32_t i = 0; i < cmid_index_uses(audit->index); i++) {
		const struct cmid_use use = cmid_index_use(audit->index, i);
		uint64_t days = (use.last_renewal - use.first_renewal) / FILETIME_PER_DAY;
		uint64_t expected = days / RENEWAL_DAYS + 1 + RENEWALS_SPARE;
		char cmid[GUID_BRACED_LEN + 1];
		struct place place;

		if (use.renewals <= expected || audit_in_pool(audit, use.name))
			continue;
		place = place_of_client(audit, cmid_index_client(audit->index, use.client), cmid);
		report_add(out, &several_renewals, place, "%s renewed %u times in %llu days: about %llu are normal",
			   name_text(audit, use.name), use.renewals, (unsigned long long)days,
			   (unsigned long long)(days / RENEWAL_DAYS) + 1);
	}
}

static void check_failures(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->failures.len; i++) {
		const struct audit_failure *failure = &audit->failures.items[i];
		const struct hresult *known = hresult_find(failure->hresult);
		struct shown from, to;

		report_add(out, &failed_requests, place_of_log(audit, failure->log),
			   "%llu request%s refused with 0x%08X%s%s", (unsigned long long)failure->requests,
			   failure->requests == 1 ? "" : "s", failure->hresult, known ? ": " : "",
			   known ? known->meaning : "");
		if (known && *known->advice)
			report_note(out, "%s", known->advice);
		report_note(out, "%s to %s, among them:", day(failure->first, &from), day(failure->last, &to));
		for (size_t k = 0; k < failure->n_names; k++)
			report_note(out, "  %s", name_text(audit, failure->names[k]));
		if (failure->more_names)
			report_note(out, "  and others");
	}
}

static void check_skew(struct audit *audit, struct report *out)
{
	for (uint32_t i = 0; i < cmid_index_uses(audit->index); i++) {
		const struct cmid_use use = cmid_index_use(audit->index, i);
		char cmid[GUID_BRACED_LEN + 1];
		struct place place;

		if (!use.skewed)
			continue;
		place = place_of_client(audit, cmid_index_client(audit->index, use.client), cmid);
		report_add(out, &clock_skew, place, "the clock of %s is %d minutes %s (%u of %u requests)",
			   name_text(audit, use.name), abs(use.worst_skew), use.worst_skew < 0 ? "behind" : "ahead",
			   use.skewed, use.requests);
	}
}

static void check_notes(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->notes.len; i++) {
		const struct audit_note *note = &audit->notes.items[i];
		struct place place = place_of_note(audit, note);

		switch (note->kind) {
		case NOTE_DAMAGE:
			report_add(out, &log_damaged, place, "%s", note->text);
			break;
		case NOTE_FOREIGN:
			report_add(out, &foreign_record, place, "%s", note->text);
			break;
		case NOTE_DNS_FAILED:
			report_add(out, &dns_publishing_failed, place, "publishing in DNS failed: %s", note->text);
			break;
		case NOTE_CLEARED:
			report_add(out, &log_cleared, place, "%s", note->text);
			break;
		case NOTE_NO_CMID:
			report_add(out, &empty_cmid, place, "%s asks without a CMID",
				   *note->text ? note->text : "(no name)");
			break;
		}
	}
}

static uint32_t log_of_host(const struct audit *audit, uint16_t host)
{
	for (uint32_t i = 0; i < audit->logs.len; i++)
		if (strcmp(audit->logs.items[i].path, audit->hosts.items[host].name) == 0)
			return i;
	return 0;
}

static bool last_of_host(const struct audit *audit, size_t i)
{
	return i + 1 == audit->counts.len || audit->counts.items[i + 1].host != audit->counts.items[i].host;
}

static void check_coverage(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->counts.len; i++) {
		const struct audit_count *count = &audit->counts.items[i];
		struct shown start;

		if (!count->covered && last_of_host(audit, i))
			report_add(out, &short_coverage, place_of_log(audit, log_of_host(audit, count->host)),
				   "the log of %s does not reach back to %s: its counts are lower bounds",
				   audit->hosts.items[count->host].name, day(count->start, &start));
	}
}

/* A log that does not cover the window cannot tell that a count is too low. */
static void check_counts(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->counts.len; i++) {
		const struct audit_count *count = &audit->counts.items[i];
		unsigned needed = count->wants_client ? 25 : 5;

		if (count->cmids >= needed || !count->covered || !(count->wants_client || count->wants_server) ||
		    count->counter == COUNTER_NONE || count->counter == COUNTER_UNKNOWN)
			continue;
		report_add(out, &count_short, place_of_log(audit, log_of_host(audit, count->host)),
			   "%s: the count is %llu, clients wait for %u", counter_name(count->counter),
			   (unsigned long long)count->cmids, needed);
		if (count->computers > count->cmids)
			report_note(out, "with a CMID of its own for every computer it would be %llu",
				    (unsigned long long)count->computers);
	}
}

static bool on_several_hosts(const struct audit *audit, const struct cmid_client *client)
{
	uint16_t host = cmid_index_use(audit->index, client->uses).host;

	for (uint32_t i = client->uses; i != INDEX_NONE; i = cmid_index_use(audit->index, i).next)
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
		report_note(out, "%s: %llu requests", sorted[i]->name, (unsigned long long)sorted[i]->requests);
}

static void check_hosts(struct audit *audit, struct report *out)
{
	size_t n = 0;

	for (size_t i = 0; i < cmid_index_clients(audit->index); i++)
		n += on_several_hosts(audit, cmid_index_client(audit->index, i));
	if (!n)
		return;
	report_add(out, &several_hosts, place_of_log(audit, 0), "%zu of %zu CMIDs ask more than one host", n,
		   cmid_index_clients(audit->index));
	note_hosts(audit, out);
}

static void (*const checks[])(struct audit *audit, struct report *out) = {
	check_groups, check_changes, check_renewals, check_failures, check_skew, check_notes, check_counts,
	check_coverage, check_hosts,
};

void rules_kms(struct audit *audit, struct report *report)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		checks[i](audit, report);
}
