/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The summary of an audit, as text and as JSON. */
#include <inttypes.h>

#include "common/base/filetime.h"
#include "kms/audit.h"

#define FILETIME_PER_DAY (FILETIME_PER_SECOND * 86400)

static const char *of(uint64_t time, char ret[FILETIME_TEXT_LEN + 8])
{
	return filetime_format(time, ret);
}

static void log_to_text(const struct audit_log *log, FILE *out)
{
	fprintf(out, "%s: %" PRIu64 " event%s, %" PRIu64 " request%s (%s)\n", log->path, log->events,
		log->events == 1 ? "" : "s", log->requests, log->requests == 1 ? "" : "s", log->format);
	for (size_t i = 0; i < SKIP_REASONS; i++)
		if (log->skipped[i])
			fprintf(out, "  skipped %" PRIu64 ": %s\n", log->skipped[i], skip_text((enum skip_reason)i));
}

static void threshold_to_text(const struct audit_count *count, const char *who, unsigned needed, FILE *out)
{
	if (count->cmids >= needed)
		fprintf(out, "    %s wait for %u: reached\n", who, needed);
	else
		fprintf(out, "    %s wait for %u: %" PRIu64 " missing%s\n", who, needed, needed - count->cmids,
			count->covered ? "" : " in what the log covers");
}

static void count_to_text(const struct audit_count *count, FILE *out)
{
	uint64_t shown = MIN(count->cmids, (uint64_t)count->cap), own = MIN(count->computers, (uint64_t)count->cap);
	bool office = count->counter != COUNTER_WINDOWS;

	fprintf(out, "  %s: %" PRIu64 " request%s from %" PRIu64 " distinct CMID%s; ", counter_name(count->counter),
		count->requests, count->requests == 1 ? "" : "s", count->cmids, count->cmids == 1 ? "" : "s");
	fprintf(out, "the host counts %s%" PRIu64 " (at most %u)\n", count->covered ? "" : "at least ", shown,
		count->cap);
	if (count->computers > count->cmids)
		fprintf(out,
			"    with a CMID of its own for every computer: %" PRIu64 " computers, count %" PRIu64 "\n",
			count->computers, own);
	if (count->wants_client)
		threshold_to_text(count, "Windows clients", 25, out);
	if (count->wants_server)
		threshold_to_text(count, office ? "clients" : "servers", 5, out);
}

static void counts_to_text(const struct audit *audit, FILE *out)
{
	char end[FILETIME_TEXT_LEN + 8];

	for (size_t i = 0; i < audit->counts.len; i++) {
		const struct audit_count *count = &audit->counts.items[i];

		if (i == 0 || audit->counts.items[i - 1].host != count->host)
			fprintf(out, "\nhost %s, the %" PRIu64 " days before %s\n",
				audit->hosts.items[count->host].name,
				(uint64_t)(audit->options.window / FILETIME_PER_DAY), of(count->end, end));
		count_to_text(count, out);
	}
}

void audit_to_text(const struct audit *audit, FILE *out)
{
	for (size_t i = 0; i < audit->logs.len; i++)
		log_to_text(&audit->logs.items[i], out);
	counts_to_text(audit, out);
	fputc('\n', out);
}

static void log_to_json(const struct audit_log *log, struct json *json)
{
	json_begin_object(json, NULL);
	json_text(json, "path", log->path);
	json_text(json, "format", log->format);
	json_uint(json, "events", log->events);
	json_uint(json, "requests", log->requests);
	json_begin_object(json, "skipped");
	for (size_t i = 0; i < SKIP_REASONS; i++)
		json_uint(json, skip_key((enum skip_reason)i), log->skipped[i]);
	json_end_object(json);
	json_uint(json, "damages", log->damages);
	json_uint(json, "foreign_records", log->foreign);
	json_end_object(json);
}

static void time_to_json(struct json *json, const char *key, uint64_t time)
{
	if (time)
		json_filetime(json, key, time);
	else
		json_null(json, key);
}

static void count_to_json(const struct audit *audit, const struct audit_count *count, struct json *json)
{
	json_begin_object(json, NULL);
	json_text(json, "host", audit->hosts.items[count->host].name);
	json_text(json, "counter", counter_key(count->counter));
	json_filetime(json, "from", count->start);
	json_filetime(json, "to", count->end);
	json_uint(json, "requests", count->requests);
	json_uint(json, "distinct_cmids", count->cmids);
	json_uint(json, "expected_count", MIN(count->cmids, (uint64_t)count->cap));
	json_uint(json, "cap", count->cap);
	json_uint(json, "computers", count->computers);
	json_uint(json, "count_without_duplicates", MIN(count->computers, (uint64_t)count->cap));
	json_uint(json, "needed", count->wants_client ? 25 : count->wants_server ? 5 : 0);
	json_bool(json, "covers_window", count->covered);
	json_end_object(json);
}

static void computer_to_json(const struct audit *audit, const struct audit_computer *computer, struct json *json)
{
	json_begin_object(json, NULL);
	json_text(json, "name", cmid_index_name(audit->index, computer->name));
	json_uint(json, "requests", computer->requests);
	json_filetime(json, "first", computer->first);
	json_filetime(json, "last", computer->last);
	json_text(json, "machine", computer->kinds == MACHINE_VIRTUAL ? "virtual" :
				   computer->kinds == MACHINE_PHYSICAL ? "physical" : "mixed");
	if (audit->options.inventory)
		json_text(json, "image", inventory_image(audit->options.inventory,
							 cmid_index_name(audit->index, computer->name)));
	if (computer->fixed)
		json_guid(json, "later_cmid", &computer->fixed_cmid);
	json_end_object(json);
}

static const char *confidence_of(enum group_verdict verdict)
{
	return verdict == GROUP_CLONES ? "high" : "medium";
}

static void group_to_json(const struct audit *audit, const struct audit_group *group, struct json *json)
{
	json_begin_object(json, NULL);
	json_guid(json, "cmid", &cmid_index_client(audit->index, group->client)->cmid);
	json_text(json, "verdict", group_verdict_name(group->verdict));
	json_text(json, "confidence", confidence_of(group->verdict));
	json_uint(json, "requests", group->requests);
	json_begin_array(json, "computers");
	for (size_t i = 0; i < group->n_computers; i++)
		computer_to_json(audit, &audit->computers.items[group->computers + i], json);
	json_end_array(json);
	json_end_object(json);
}

static void failure_to_json(const struct audit_failure *failure, struct json *json)
{
	const struct hresult *known = hresult_find(failure->hresult);

	json_begin_object(json, NULL);
	json_textf(json, "code", "0x%08X", failure->hresult);
	json_text(json, "symbol", known && *known->symbol ? known->symbol : NULL);
	json_text(json, "meaning", known ? known->meaning : NULL);
	json_uint(json, "requests", failure->requests);
	json_filetime(json, "first", failure->first);
	json_filetime(json, "last", failure->last);
	json_end_object(json);
}

void audit_to_json(const struct audit *audit, struct json *json)
{
	json_begin_array(json, "logs");
	for (size_t i = 0; i < audit->logs.len; i++)
		log_to_json(&audit->logs.items[i], json);
	json_end_array(json);
	json_uint(json, "requests", audit->requests);
	json_uint(json, "refused", audit->refused);
	json_uint(json, "without_cmid", audit->no_cmid);
	json_uint(json, "cmids", cmid_index_clients(audit->index));
	json_uint(json, "names", cmid_index_names(audit->index));
	time_to_json(json, "first", audit->first);
	time_to_json(json, "last", audit->last);
	json_begin_array(json, "counters");
	for (size_t i = 0; i < audit->counts.len; i++)
		count_to_json(audit, &audit->counts.items[i], json);
	json_end_array(json);
	json_begin_array(json, "groups");
	for (size_t i = 0; i < audit->groups.len; i++)
		group_to_json(audit, &audit->groups.items[i], json);
	json_end_array(json);
	json_begin_array(json, "failures");
	for (size_t i = 0; i < audit->failures.len; i++)
		failure_to_json(&audit->failures.items[i], json);
	json_end_array(json);
}
