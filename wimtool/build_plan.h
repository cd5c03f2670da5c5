/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a build would do, without doing or reading anything. */
#pragma once

#include "wimtool/build.h"

void build_plan_show(struct cli *cli, const struct recipe_file *file, const struct recipe_jobs *jobs, const bool *skip);

/* One job a line, each with the command that builds it: for GNU parallel, Slurm arrays and the like. */
void build_plan_show_lines(const struct recipe_file *file, const struct recipe_jobs *jobs, const bool *skip, FILE *out);
