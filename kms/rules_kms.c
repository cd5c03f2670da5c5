/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of rules, in the order of the list that kms explain prints, and what their checks share. */
#include "kms/rules_kms.h"

#define DAY_LEN 10 /* 2026-08-04 */

const struct rule_meta *const kms_rules[] = {
	&rule_duplicate_cmid, &rule_computer_renamed, &rule_several_renewals,
	&rule_cmid_changed, &rule_shared_name, &rule_non_persistent_pool,
	&rule_failed_requests, &rule_unsupported_product, &rule_clock_skew, &rule_empty_cmid,
	&rule_log_damaged, &rule_foreign_record, &rule_dns_publishing_failed, &rule_log_cleared,
	&rule_count_too_low, &rule_count_explained, &rule_short_coverage, &rule_several_hosts, NULL,
};

const char *day_of(uint64_t time, struct day_text *buffer)
{
	filetime_format(time, buffer->text);
	buffer->text[DAY_LEN] = '\0';
	return buffer->text;
}

const char *computer_name(const struct audit *audit, uint32_t name)
{
	const char *text = cmid_index_name(audit->index, name);

	return *text ? text : "(no name)";
}

struct place place_of_log(const struct audit *audit, uint32_t log)
{
	return (struct place){ .file = audit->logs.items[log].path };
}

struct place place_of_host(const struct audit *audit, uint16_t host)
{
	return place_of_log(audit, audit->hosts.items[host].log);
}

struct place place_of_client(const struct audit *audit, const struct cmid_client *client, char cmid[])
{
	struct place place = place_of_log(audit, client->log);

	place.line = client->in_lines ? (uint32_t)client->at : 0;
	place.has_offset = !client->in_lines;
	place.offset = client->in_lines ? 0 : client->at;
	place.item = guid_format(&client->cmid, GUID_PLAIN, cmid);
	return place;
}

static void (*const checks[])(struct audit *audit, struct report *out) = {
	check_groups, check_renewals, check_changes, check_pools, check_failures, check_refusals,
	check_skew, check_notes, check_counts, check_coverage, check_hosts,
};

void rules_kms(struct audit *audit, struct report *report)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		checks[i](audit, report);
}
