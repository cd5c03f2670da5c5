/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first-boot rearm: its script, and the two ways to have Windows run it. */
#pragma once

#include "sysprep-lite/plan.h"

#define REARM_SCRIPT "goldwim-rearm.cmd"
#define POLICY "Windows\\System32\\GroupPolicy\\"
#define POLICY_SCRIPTS POLICY "Machine\\Scripts\\"
#define POLICY_STARTUP POLICY_SCRIPTS "Startup\\"

/* clean_up: lines that run after success, before the script removes itself. */
int rearm_script(struct winroot *root, const char *clean_up, struct strbuf *ret, struct err *err);
bool rearm_is_staged(struct winroot *root);

/* op_rearm_policy.c */
int plan_startup_script(struct plan *plan, struct winroot *root, const struct op_row *row, struct err *err);

/*
 * Text of scripts.ini and gpt.ini with our entry added; the rest stays as it is. ret
 * equals old when the entry is there. Exported for the tests.
 */
void policy_scripts_ini(const char *old, struct strbuf *ret);
void policy_gpt_ini(const char *old, struct strbuf *ret);
