/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads a target back after generalize --plan: every edit of the plan is there, no old
 * identifier is left, and each hive holds what the plan says and nothing else.
 */
#pragma once

#include "sysprep-lite/plan_file.h"

int verify_run(const struct plan_file *file, struct winroot *root, struct report *report, struct err *err);

/* The rules of its findings; NULL at the end. */
const struct rule_meta *verify_rule_at(size_t i);
