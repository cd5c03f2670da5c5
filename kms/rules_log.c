/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other records of the log, and damage. */
#include "kms/rules_kms.h"

const struct rule_meta rule_log_damaged = {
	.id = "log-damaged",
	.severity = SEVERITY_WARNING,
	.summary = "a part of the log cannot be read",
	.why = "What lies there is missing in the counts; the rest was read.",
	.advice = "Export the log again, or copy it while the event log service is stopped.",
};

const struct rule_meta rule_foreign_record = {
	.id = "foreign-record",
	.severity = SEVERITY_ERROR,
	.summary = "a record in the log of the KMS is not the KMS's own",
	.why = "Only the licensing service writes to this log. It is a known place to hide malicious code in event "
	       "data.",
	.advice = "Have the host examined; keep the log.",
	.source = "Public reports of 2022 on code kept in the log \"Key Management Service\"",
};

const struct rule_meta rule_dns_publishing_failed = {
	.id = "dns-publishing-failed",
	.severity = SEVERITY_WARNING,
	.summary = "the host could not publish itself in DNS",
	.why = "Clients that have no fixed host find it by the record _vlmcs._tcp (0x8007232B without it).",
	.advice = "Let the host update the zone, or create the SRV record by hand: port 1688.",
};

const struct rule_meta rule_log_cleared = {
	.id = "log-cleared",
	.severity = SEVERITY_INFO,
	.summary = "an event log was cleared",
	.why = "Requests from before are gone.",
	.advice = "Ask who did it.",
};

static struct place place_of_note(const struct audit *audit, const struct audit_note *note)
{
	struct place place = place_of_log(audit, note->log);

	place.line = note->line;
	place.has_offset = note->line == 0;
	place.offset = note->offset;
	return place;
}

static const struct rule_meta *const rules[] = {
	[NOTE_DAMAGE] = &rule_log_damaged,
	[NOTE_FOREIGN] = &rule_foreign_record,
	[NOTE_DNS_FAILED] = &rule_dns_publishing_failed,
	[NOTE_CLEARED] = &rule_log_cleared,
	[NOTE_NO_CMID] = &rule_empty_cmid,
};

void check_notes(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->notes.len; i++) {
		const struct audit_note *note = &audit->notes.items[i];
		struct place place = place_of_note(audit, note);

		switch (note->kind) {
		case NOTE_DNS_FAILED:
			report_add(out, rules[note->kind], place, "publishing in DNS failed: %s", note->text);
			break;
		case NOTE_NO_CMID:
			place.item = *note->text ? note->text : "(no name)";
			report_add(out, rules[note->kind], place, "%s asks without a CMID", place.item);
			break;
		default:
			report_add(out, rules[note->kind], place, "%s", note->text);
			break;
		}
	}
}
