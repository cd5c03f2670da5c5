/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text exports of event logs, any shape, through the whole audit. */
#include "kms/audit.h"
#include "kms/evtx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct audit_options options = { .window = 30ULL * 86400 * 10000000 };
	CLEANUP(audit_freep) struct audit *audit = audit_new(&options);
	CLEANUP(report_freep) struct report *report = report_new();
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct json *json;
	struct err err = { 0 };

	if (evtx_is(bytes_of(data, size)) || (size > 2 && data[0] == 0x1f && data[1] == 0x8b))
		return 0;
	if (audit_log_bytes(audit, "input", bytes_of(data, size), &err) < 0)
		return 0;
	audit_finish(audit);
	rules_kms(audit, report);
	json = json_new(&out, false);
	json_begin_object(json, NULL);
	audit_to_json(audit, json);
	report_to_json(report, json);
	json_end_object(json);
	json_freep(&json);
	return 0;
}
