/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options with which the user chooses rules and what makes exit code 1, for
 * commands whose rules are a table of struct rule_meta:
 *
 *	struct args { struct rule_args rules; ... };
 *	RULE_OPTIONS(struct args, rules),
 *	rule_args_apply(&args->rules, table, report, err);      before findings are added
 *	rule_args_baseline(cli, &args->rules, &report, err);    after the last
 *	cli_report_as(cli, report, renderer, rule_args_fail_on(&args->rules));
 */
#pragma once

#include "common/cli/cli.h"

struct rule_args {
	struct cli_list enable, disable, severity;
	int fail_on;
	const char *baseline;
	bool baseline_write;
};

extern const char *const rule_fail_levels[]; /* "default", "error", ... */

#define RULE_OPTIONS(st, field)                                                                                          \
	OPT_LIST(st, field.disable, 0, "disable", "RULE", "do not run a rule; all: only those of --enable"),             \
	OPT_LIST(st, field.enable, 0, "enable", "RULE", "run a rule that is off"),                                       \
	OPT_LIST(st, field.severity, 0, "severity", "RULE=LEVEL", "give a rule another severity: error, warning, info, style, off"), \
	OPT_CHOICE(st, field.fail_on, 0, "fail-on", "LEVEL", rule_fail_levels,                                           \
		   "exit with 1 from this severity on (default: warning); never: only when something cannot be done"),   \
	OPT_TEXT(st, field.baseline, 0, "baseline", "FILE", "hide the findings recorded in FILE; made when there is none"), \
	OPT_FLAG(st, field.baseline_write, 0, "baseline-write", "record the findings of this run in the baseline anew")

/* rules is NULL-terminated. */
int rule_args_apply(const struct rule_args *args, const struct rule_meta *const *rules, struct report *report,
		    struct err *err);

/* Hides or records the findings of a baseline file, and says how many. */
int cli_apply_baseline(struct cli *cli, const char *path, bool write, struct report **report, struct err *err);

/* Findings that the baseline knows are taken out of *report (which is replaced). */
int rule_args_baseline(struct cli *cli, const struct rule_args *args, struct report **report, struct err *err);

/* Severity for cli_report_as. */
enum severity rule_args_fail_on(const struct rule_args *args);
