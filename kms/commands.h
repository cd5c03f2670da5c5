/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of kms, one file each. */
#pragma once

#include "common/cli/cli.h"

extern const struct cli_command cmd_audit;
extern const struct cli_command cmd_events;
extern const struct cli_command cmd_explain;
extern const struct cli_command cmd_host_keys;
extern const struct cli_command cmd_ingest;
extern const struct cli_command cmd_merge;
extern const struct cli_command cmd_products;
extern const struct cli_command cmd_summarize;
