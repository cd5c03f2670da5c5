/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/answer_prepare.h"

#include "common/base/file.h"
#include "unattend/answer.h"
#include "unattend/check.h"

static const struct rule_meta passes_rule = {
	.id = "answer-pass-not-run",
	.severity = SEVERITY_WARNING,
	.summary = "a pass of the answer file does not run any more in an image that is applied",
	.why = "windowsPE runs before an image is applied, and offlineServicing (packages, drivers) is carried out by the "
	       "servicing stack of Windows: dism /Image:MOUNT /Apply-Unattend.",
	.advice = "give the file to Setup itself, or carry out offlineServicing with DISM",
};

static void judge_passes(const struct answer *answer, struct report *report)
{
	for (size_t i = 0; i < answer->blocks.len; i++) {
		const struct settings_block *block = &answer->blocks.items[i];
		struct spot where = block->element->where;

		if (block->pass != PASS_OFFLINE_SERVICING && block->pass != PASS_WINDOWS_PE)
			continue;
		report_add(report, &passes_rule,
			   (struct place){ .file = answer->file, .line = where.line, .column = where.column,
					   .item = block->pass_text },
			   "the settings of pass %s are not carried out from here", block->pass_text);
	}
}

/* Only for a look at the passes: what is wrong with the file was told by the check. */
static int look_at_passes(const char *file, const struct strbuf *text, struct report *report, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;
	struct answer answer;

	strbuf_add(&copy, text->data, text->len);
	if (answer_read(&copy, file, TEMPLATE_AUTO, &answer, err) < 0)
		return -1;
	judge_passes(&answer, report);
	answer_release(&answer);
	return 0;
}

static int check_and_fix(const struct answer_wish *wish, struct bytes raw, struct strbuf *ret, struct report *report,
			 struct err *err)
{
	const struct check_options options = {
		.image = wish->image, .target = wish->target, .pkeyconfig = wish->pkeyconfig,
	};
	CLEANUP(check_freep) struct check *check = check_new(&options, err);

	if (!check)
		return -1;
	if (wish->fix != ANSWER_FIX_NONE)
		return check_fix(check, wish->file, raw,
				 wish->fix == ANSWER_FIX_UNSAFE ? CHECK_FIX_UNSAFE : CHECK_FIX_SAFE, ret, report, err);
	strbuf_add(ret, raw.data, raw.len);
	return check_lint(check, wish->file, raw, report, err);
}

int answer_prepare(const struct answer_wish *wish, struct strbuf *ret, struct report *report, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	int result;

	if (file_read_all(wish->file, SOURCE_MAX_BYTES, &raw, err) < 0)
		return err_context(err, "%s", wish->file);
	if (!raw.len) {
		err_set(err, ERR_FORMAT, "the file is empty");
		return err_context(err, "%s", wish->file);
	}
	result = check_and_fix(wish, bytes_of(raw.data, raw.len), ret, report, err);
	strbuf_wipe(&raw);
	if (result < 0)
		return -1;
	return look_at_passes(wish->file, ret, report, err);
}
