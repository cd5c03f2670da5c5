/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/scan.h"

#include <string.h>

struct place scan_place(const struct scanning *scan, const char *item)
{
	return (struct place){ .file = target_name(winroot_target(scan->root)), .item = item };
}

static void add_verdict(struct scanning *scan)
{
	static const char *const ids[] = {
		[VERDICT_GENERALIZED] = NULL,
		[VERDICT_NOT_GENERALIZED] = "image-not-generalized",
		[VERDICT_BROKEN] = "image-broken-half-way",
		[VERDICT_UNKNOWN] = "image-state-unknown",
	};
	const char *id = ids[scan->result->verdict];

	if (id)
		report_add(scan->report, scan_rule(id), scan_place(scan, NULL), "%s", scan->result->reason);
}

int scan_run(struct winroot *root, const struct scan_options *options, struct report *report, struct scan_result *ret,
	     struct err *err)
{
	struct scanning scan = { .root = root, .options = options, .report = report, .result = ret, .err = err };

	if (setup_state_read(root, &ret->state, err) < 0 || marker_read(root, &ret->marker, err) < 0)
		return -1;
	ret->verdict = verdict_of(&ret->state, &ret->reason);
	if (scan_plan(&scan) < 0)
		return -1;
	if (options->changeable_only)
		return 0;
	add_verdict(&scan);
	if (scan_report_rows(&scan) < 0 || scan_users(&scan) < 0 || scan_traps(&scan) < 0)
		return -1;
	return scan_answer_files(&scan);
}

void scan_release(struct scan_result *result)
{
	marker_release(&result->marker);
}
