/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of unattend, one file each. */
#pragma once

#include "common/cli/cli.h"

extern const struct cli_command cmd_lint, cmd_fix, cmd_explain, cmd_rules, cmd_key, cmd_schema, cmd_timezone, cmd_get,
	cmd_set;
