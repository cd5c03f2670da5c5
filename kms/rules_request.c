/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What single requests say: refusals, clocks, requests without a CMID. */
#include <stdlib.h>

#include "kms/rules_kms.h"

const struct rule_meta rule_failed_requests = {
	.id = "failed-requests",
	.severity = SEVERITY_WARNING,
	.by_item = true,
	.summary = "the host refused requests",
	.why = "The first field of event 12290 is the result the host gave.",
	.advice = "kms explain CODE",
};

const struct rule_meta rule_unsupported_product = {
	.id = "unsupported-product",
	.severity = SEVERITY_WARNING,
	.by_item = true,
	.summary = "clients ask for a product that the key of the host does not activate",
	.why = "A host key activates the products of its group and of earlier ones. For newer ones the host answers "
	       "0xC004F042.",
	.advice = "Install a host key of the group that is named (kms host-keys), with the update that an older host "
		  "system needs for it.",
	.source = "Microsoft Learn, Plan for volume activation",
};

const struct rule_meta rule_clock_skew = {
	.id = "clock-skew",
	.severity = SEVERITY_WARNING,
	.by_item = true,
	.summary = "a client's clock is more than four hours off",
	.why = "The host refuses a request whose time differs by more than 240 minutes in UTC (0xC004F06C).",
	.advice = "Correct the time service of the client, or the time synchronisation of its hypervisor.",
	.source = "Microsoft support: error 0xC004F06C",
};

const struct rule_meta rule_empty_cmid = {
	.id = "empty-cmid",
	.severity = SEVERITY_WARNING,
	.by_item = true,
	.summary = "requests with an empty or zero CMID",
	.why = "A Windows client always has one: the request is malformed or was made by other software.",
	.advice = "Find out what sends it.",
};

void check_failures(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->failures.len; i++) {
		const struct audit_failure *failure = &audit->failures.items[i];
		const struct hresult *known = hresult_find(failure->hresult);
		struct place place = place_of_log(audit, failure->log);
		struct day_text from, to;
		char code[16];

		snprintf(code, sizeof(code), "0x%08X", failure->hresult);
		place.item = code;
		report_add(out, &rule_failed_requests, place, "requests were refused with %s%s%s", code,
			   known ? ": " : "", known ? known->meaning : "");
		if (known && *known->advice)
			report_note(out, "%s", known->advice);
		report_note(out, "%llu request%s, %s to %s, among them those of:",
			    (unsigned long long)failure->requests, failure->requests == 1 ? "" : "s",
			    day_of(failure->first, &from), day_of(failure->last, &to));
		for (size_t k = 0; k < failure->n_names; k++)
			report_note(out, "  %s", computer_name(audit, failure->names[k]));
		if (failure->more_names)
			report_note(out, "  and others");
	}
}

static void note_keys(const struct product *product, struct report *out)
{
	if (*product->host_key)
		report_note(out, "it needs: %s", product->host_key);
	for (size_t i = 0; host_key_at(i); i++) {
		const struct host_key *key = host_key_at(i);

		if (host_key_is_for(key, product))
			report_note(out, "%s: can be installed on %s%s%s", key->name, key->hosted_on,
				    *key->update ? "; updates: " : "", key->update);
	}
}

void check_refusals(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->refusals.len; i++) {
		const struct audit_refusal *refusal = &audit->refusals.items[i];
		const struct product *product = cmid_index_product(audit->index, refusal->product);
		const char *host = audit->hosts.items[refusal->host].name;
		struct place place = place_of_log(audit, refusal->log);
		char id[GUID_BRACED_LEN + 1];
		struct day_text from, to;

		guid_format(cmid_index_product_id(audit->index, refusal->product), GUID_PLAIN, id);
		place.item = id;
		report_add(out, &rule_unsupported_product, place, "the key of %s does not activate %s", host,
			   product ? product->product : "a product that is not in the tables");
		if (product)
			note_keys(product, out);
		report_note(out, "%llu request%s, %s to %s", (unsigned long long)refusal->requests,
			    refusal->requests == 1 ? "" : "s", day_of(refusal->first, &from), day_of(refusal->last, &to));
	}
}

void check_skew(struct audit *audit, struct report *out)
{
	for (uint32_t i = 0; i < cmid_index_uses(audit->index); i++) {
		const struct cmid_use use = cmid_index_use(audit->index, i);
		char cmid[GUID_BRACED_LEN + 1];
		struct place place;

		if (!use.skewed)
			continue;
		place = place_of_client(audit, cmid_index_client(audit->index, use.client), cmid);
		report_add(out, &rule_clock_skew, place, "the clock of %s is more than four hours %s",
			   computer_name(audit, use.name), use.worst_skew < 0 ? "behind" : "ahead");
		report_note(out, "%d minutes (%u of %u request%s)", abs(use.worst_skew), use.skewed, use.requests,
			    PLURAL(use.requests));
	}
}
