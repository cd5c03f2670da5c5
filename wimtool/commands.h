/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of wimtool; main.c lists them. */
#pragma once

#include "common/cli/cli.h"

extern const struct cli_command cmd_info;
extern const struct cli_command cmd_list;
extern const struct cli_command cmd_dir; /* list, as wimlib-imagex calls it */
extern const struct cli_command cmd_capture;
extern const struct cli_command cmd_append;
extern const struct cli_command cmd_apply;
extern const struct cli_command cmd_extract;
extern const struct cli_command cmd_cat;
extern const struct cli_command cmd_verify;
extern const struct cli_command cmd_update;
extern const struct cli_command cmd_mount;
extern const struct cli_command cmd_mountrw; /* mount --rw */
extern const struct cli_command cmd_unmount;
extern const struct cli_command cmd_mounts;
extern const struct cli_command cmd_clean;
extern const struct cli_command cmd_remount;
extern const struct cli_command cmd_commit;
extern const struct cli_command cmd_recover;
extern const struct cli_command cmd_hash;
extern const struct cli_command cmd_set;
extern const struct cli_command cmd_diff;
extern const struct cli_command cmd_doctor;
extern const struct cli_command cmd_set_timezone;
extern const struct cli_command cmd_set_computername;
extern const struct cli_command cmd_set_locale;
extern const struct cli_command cmd_apply_unattend;
extern const struct cli_command cmd_build;
extern const struct cli_command cmd_export;
extern const struct cli_command cmd_delete;
extern const struct cli_command cmd_optimize;
extern const struct cli_command cmd_split;
extern const struct cli_command cmd_join;
