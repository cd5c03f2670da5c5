/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The summary of an audit as text. */
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
			"    with a CMID of its own for every computer: %" PRIu64 " computer%s, count %" PRIu64 "\n",
			count->computers, PLURAL(count->computers), own);
	if (count->wants_client)
		threshold_to_text(count, "Windows clients", 25, out);
	if (count->wants_server)
		threshold_to_text(count, office ? "clients" : "servers", 5, out);
}

static void counts_to_text(const struct audit *audit, FILE *out)
{
	const uint64_t days = audit->options.window / FILETIME_PER_DAY;
	char end[FILETIME_TEXT_LEN + 8];

	for (size_t i = 0; i < audit->counts.len; i++) {
		const struct audit_count *count = &audit->counts.items[i];

		if (i == 0 || audit->counts.items[i - 1].host != count->host)
			fprintf(out, "\nhost %s, the %" PRIu64 " day%s before %s\n",
				audit->hosts.items[count->host].name, days, PLURAL(days), of(count->end, end));
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
