/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answer files of both kinds: all rules, and all mendings of small ones. */
#include <stdlib.h>

#include "unattend/fix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What our reader is sure of, libxml2 has to agree with. */
static void check_certain(const struct answer *answer)
{
	size_t start = answer->markup.declaration;
	struct xml_fault fault;

	if (answer->kind != ANSWER_XML || !answer->markup.well_formed || answer->source.damaged || answer->calmed)
		return;
	xml_check(answer->source.text.data + start, answer->source.text.len - start, &fault);
	if (fault.found)
		abort();
}

static void lint_all(const uint8_t *data, size_t size, const struct lint_options *options)
{
	CLEANUP(report_freep) struct report *report = report_new();
	struct strbuf raw = STRBUF_INIT;
	struct answer answer;
	struct lint lint = { .answer = &answer, .options = options, .report = report };
	struct err err;

	strbuf_add(&raw, data, size);
	if (answer_read(&raw, "x.xml", options->template_mode, &answer, &err) < 0)
		return;
	check_certain(&answer);
	lint_run(&lint);
	lint_release(&lint);
	answer_release(&answer);
}

static void fix_all(const uint8_t *data, size_t size, const struct lint_options *options)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf diff = STRBUF_INIT;
	CLEANUP(fix_log_release) struct fix_log log = { .n_fixed = 0 };
	struct err err;

	if (fix_bytes(bytes_of(data, size), "x.xml", options, FIX_UNSAFE, &log, &out, &err) == 0)
		unified_diff("x.xml", bytes_of(data, size), bytes_of(strbuf_text(&out), out.len), &diff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lint_options options = { .template_mode = (enum template_mode)(size % 5), .target = windows_find("win11") };
	const struct rule *rule;

	for (size_t i = 0; (rule = rule_at(i)); i++)
		*vec_add(&options.overrides) = (struct severity_override){ rule, SEVERITY_WARNING };
	lint_all(data, size, &options);
	if (size < 8192)
		fix_all(data, size, &options);
	vec_release(&options.overrides);
	return 0;
}
