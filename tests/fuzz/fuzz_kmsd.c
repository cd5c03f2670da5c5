/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Summaries: the checksum is made right, so that the fuzzer gets past it; then read, summarised again, audited. */
#include <stdlib.h>
#include <zlib.h>

#include "kms/audit.h"
#include "kms/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void audit_it(struct bytes file)
{
	struct audit_options options = { .window = 30ULL * 86400 * 10000000 };
	CLEANUP(audit_freep) struct audit *audit = audit_new(&options);
	CLEANUP(report_freep) struct report *report = report_new();
	CLEANUP(strbuf_release) struct strbuf shown = STRBUF_INIT;
	struct err err = { 0 };

	if (audit_log_bytes(audit, "input", file, &err) < 0)
		return;
	audit_finish(audit);
	rules_kms(audit, report);
	audit_to_html(audit, report, &shown);
	audit_groups_to_csv(audit, &shown);
}

/* What was read can be written, and the writing read again: the same bytes. */
static void write_again(struct bytes file)
{
	CLEANUP(summary_freep) struct summary *first = summary_new(NULL), *second = summary_new(NULL);
	CLEANUP(strbuf_release) struct strbuf once = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf twice = STRBUF_INIT;
	struct err err = { 0 };

	if (summary_log_bytes(first, "input", file, &err) < 0)
		return;
	summary_write(first, &once);
	if (summary_log_bytes(second, "again", bytes_of(once.data, once.len), &err) < 0)
		abort();
	summary_write(second, &twice);
	if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *file;

	if (size < KMSD_HEADER_LEN || memcmp(data, KMSD_MAGIC, KMSD_MAGIC_LEN) != 0)
		return 0;
	file = xmemdup(data, size);
	store_le32(file + KMSD_AT_CRC, (uint32_t)crc32_z(0, file + KMSD_HEADER_LEN, size - KMSD_HEADER_LEN));
	store_le64(file + KMSD_AT_BODY, size - KMSD_HEADER_LEN);
	audit_it(bytes_of(file, size));
	write_again(bytes_of(file, size));
	free(file);
	return 0;
}
