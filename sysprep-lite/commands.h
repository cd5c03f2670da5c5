/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of sysprep-lite, and what several of them share. */
#pragma once

#include "common/cli/cli.h"
#include "sysprep-lite/plan.h"

extern const struct cli_command cmd_scan;
extern const struct cli_command cmd_plan;
extern const struct cli_command cmd_generalize;
extern const struct cli_command cmd_verify;
extern const struct cli_command cmd_compare;
extern const struct cli_command cmd_undo;
extern const struct cli_command cmd_operations;
extern const struct cli_command cmd_timezone;

/* --nic, --rearm */
extern const char *const nic_choices[];
extern const char *const rearm_choices[];

#define OPT_HIVE(st, field)                                                                             \
	OPT_LIST(st, field, 0, "hive", "NAME=FILE",                                                     \
		 "instead of TARGET: a hive file; SYSTEM, SOFTWARE, SAM, SECURITY, DEFAULT, S-1-5-20, S-1-5-19, "   \
		 "DefaultUser, BCD, BCD-EFI")

/* Target and the Windows in it; freed by subject_release. */
struct subject {
	struct target *target;
	struct winroot *root;
};

/* The one argument of the command, or hives: a list of NAME=FILE. */
int subject_open(struct subject *subject, const struct cli *cli, const struct cli_list *hives, bool for_write,
		 struct err *err);
int subject_open_target(struct subject *subject, const char *spec, bool for_write, struct err *err);
void subject_release(struct subject *subject);

/* The hives alone, without a Windows around them. */
struct target *hives_open(const struct cli_list *hives, struct err *err);
