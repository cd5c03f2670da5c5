/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The summary of an audit as JSON, and its groups as CSV. */
#include "common/base/filetime.h"
#include "common/report/csv.h"
#include "kms/audit.h"

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

static const char *machine_name(uint16_t kinds)
{
	return kinds == MACHINE_VIRTUAL ? "virtual" : kinds == MACHINE_PHYSICAL ? "physical" : "mixed";
}

static const char *image_of(const struct audit *audit, uint32_t name)
{
	return audit->options.inventory ?
		       inventory_image(audit->options.inventory, cmid_index_name(audit->index, name)) : NULL;
}

static void computer_to_json(const struct audit *audit, const struct audit_computer *computer, struct json *json)
{
	json_begin_object(json, NULL);
	json_text(json, "name", cmid_index_name(audit->index, computer->name));
	json_uint(json, "requests", computer->requests);
	json_filetime(json, "first", computer->first);
	json_filetime(json, "last", computer->last);
	json_text(json, "machine", machine_name(computer->kinds));
	if (audit->options.inventory)
		json_text(json, "image", image_of(audit, computer->name));
	if (computer->fixed)
		json_guid(json, "later_cmid", &computer->fixed_cmid);
	if (computer->rearmed)
		json_filetime(json, "rearmed", computer->rearmed);
	json_end_object(json);
}

static void group_to_json(const struct audit *audit, const struct audit_group *group, struct json *json)
{
	json_begin_object(json, NULL);
	json_guid(json, "cmid", &cmid_index_client(audit->index, group->client)->cmid);
	json_text(json, "verdict", group_verdict_name(group->verdict));
	json_text(json, "confidence", group_confidence(group->verdict));
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

static void product_to_json(const struct audit *audit, uint16_t number, struct json *json)
{
	const struct product *known = cmid_index_product(audit->index, number);

	json_guid(json, "product_id", cmid_index_product_id(audit->index, number));
	json_text(json, "product", known ? known->product : NULL);
}

static void change_to_json(const struct audit *audit, const struct audit_change *change, struct json *json)
{
	uint32_t client = INDEX_NONE;

	json_begin_object(json, NULL);
	json_text(json, "computer", cmid_index_name(audit->index, change->name));
	json_text(json, "verdict", change_verdict_name(change->verdict));
	json_text(json, "confidence", change_confidence(change->verdict));
	json_bool(json, "pool", audit_in_pool(audit, change->name));
	json_filetime(json, "first", change->first);
	json_filetime(json, "last", change->last);
	json_begin_array(json, "cmids");
	for (size_t i = 0; i < change->n_uses; i++) {
		uint32_t now = cmid_index_use(audit->index, audit->by_name[change->first_use + i]).client;

		if (now != client)
			json_guid(json, NULL, &cmid_index_client(audit->index, now)->cmid);
		client = now;
	}
	json_end_array(json);
	json_end_object(json);
}

static void renewal_to_json(const struct audit *audit, const struct audit_renewal *renewal, struct json *json)
{
	json_begin_object(json, NULL);
	json_guid(json, "cmid", &cmid_index_client(audit->index, renewal->client)->cmid);
	json_text(json, "computer", cmid_index_name(audit->index, renewal->name));
	product_to_json(audit, renewal->product, json);
	json_text(json, "verdict", renewal_verdict_name(renewal->verdict));
	json_text(json, "confidence", renewal_confidence(renewal->verdict));
	json_uint(json, "renewals", renewal->renewals);
	json_uint(json, "weekly", renewal->weekly);
	json_uint(json, "expected", renewal->expected);
	json_uint(json, "computers", renewal->computers);
	json_filetime(json, "first", renewal->first);
	json_filetime(json, "last", renewal->last);
	json_end_object(json);
}

static void pool_to_json(const struct audit_pool *pool, struct json *json)
{
	json_begin_object(json, NULL);
	json_text(json, "glob", pool->glob);
	json_uint(json, "computers", pool->computers);
	json_uint(json, "cmids", pool->cmids);
	json_uint(json, "computers_in_window", pool->now_computers);
	json_uint(json, "cmids_in_window", pool->now_cmids);
	json_end_object(json);
}

static void refusal_to_json(const struct audit *audit, const struct audit_refusal *refusal, struct json *json)
{
	json_begin_object(json, NULL);
	json_text(json, "host", audit->hosts.items[refusal->host].name);
	product_to_json(audit, refusal->product, json);
	json_uint(json, "requests", refusal->requests);
	json_filetime(json, "first", refusal->first);
	json_filetime(json, "last", refusal->last);
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
	json_begin_array(json, "changes");
	for (size_t i = 0; i < audit->changes.len; i++)
		change_to_json(audit, &audit->changes.items[i], json);
	json_end_array(json);
	json_begin_array(json, "renewals");
	for (size_t i = 0; i < audit->renewals.len; i++)
		renewal_to_json(audit, &audit->renewals.items[i], json);
	json_end_array(json);
	json_begin_array(json, "pools");
	for (size_t i = 0; i < audit->pools.len; i++)
		pool_to_json(&audit->pools.items[i], json);
	json_end_array(json);
	json_begin_array(json, "unsupported_products");
	for (size_t i = 0; i < audit->refusals.len; i++)
		refusal_to_json(audit, &audit->refusals.items[i], json);
	json_end_array(json);
}

static void computer_to_csv(const struct audit *audit, const struct audit_group *group,
			    const struct audit_computer *computer, struct strbuf *out)
{
	char cmid[GUID_BRACED_LEN + 1], time[FILETIME_TEXT_LEN + 8];

	csv_add(out, guid_format(&cmid_index_client(audit->index, group->client)->cmid, GUID_PLAIN, cmid));
	csv_add(out, group_verdict_name(group->verdict));
	csv_add(out, group_confidence(group->verdict));
	csv_add(out, cmid_index_name(audit->index, computer->name));
	csv_add(out, image_of(audit, computer->name));
	csv_addf(out, "%u", computer->requests);
	csv_add(out, filetime_format(computer->first, time));
	csv_add(out, filetime_format(computer->last, time));
	csv_add(out, machine_name(computer->kinds));
	csv_add(out, computer->fixed ? guid_format(&computer->fixed_cmid, GUID_PLAIN, cmid) : "");
	csv_end_row(out);
}

void audit_groups_to_csv(const struct audit *audit, struct strbuf *out)
{
	strbuf_adds(out, "cmid,verdict,confidence,computer,image,requests,first,last,machine,later_cmid\n");
	for (size_t i = 0; i < audit->groups.len; i++)
		for (size_t k = 0; k < audit->groups.items[i].n_computers; k++)
			computer_to_csv(audit, &audit->groups.items[i],
					&audit->computers.items[audit->groups.items[i].computers + k], out);
}
