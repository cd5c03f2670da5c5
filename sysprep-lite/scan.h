/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks at an image and judges it: the verdict, the identities that
 * sysprep-lite can change (they are the plan of a generalize run, so "nothing left"
 * and "empty plan" are the same thing), what only Windows can change, and traps.
 */
#pragma once

#include "sysprep-lite/plan.h"
#include "sysprep-lite/verdict.h"

struct scan_result {
	struct setup_state state;
	enum verdict verdict;
	const char *reason;
	struct marker marker;
	size_t changeable;   /* findings that generalize removes */
	size_t optional;     /* findings that generalize --enable removes */
	size_t only_windows;
};

struct scan_options {
	bool changeable_only;
	bool show_secrets;
	int verbose;
};

int scan_run(struct winroot *root, const struct scan_options *options, struct report *report, struct scan_result *ret,
	     struct err *err);
void scan_release(struct scan_result *result);

/* ---- for the parts of scan ---- */

struct scanning {
	struct winroot *root;
	const struct scan_options *options;
	struct report *report;
	struct scan_result *result;
	struct err *err;
};

struct place scan_place(const struct scanning *scan, const char *item);

/* scan_rows.c: the plan and the rows that are only told. */
int scan_plan(struct scanning *scan);
int scan_report_rows(struct scanning *scan);
int scan_tell_hive(struct scanning *scan, enum hive_id id, const char *shown, struct regf *hive); /* rows of one hive */

/* scan_users.c: rows that are told of users' profiles. */
int scan_users(struct scanning *scan);

/* scan_traps.c */
int scan_traps(struct scanning *scan);

/* scan_answer.c: answer files that Windows keeps, and sysprep.inf. */
int scan_answer_files(struct scanning *scan);

/* scan_rules.c: every rule of the tool. */
const struct rule_meta *scan_rule(const char *id);
const struct rule_meta *scan_rule_at(size_t i); /* NULL at the end */

/* The rule under which an operation's finding is told. */
const struct rule_meta *scan_rule_of(const struct op_row *row);

/* Text of the answer-file setting NAME: the first one found that is true; for the tests. */
bool answer_setting_is_true(const char *xml, const char *name);
