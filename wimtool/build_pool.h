/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many builds, each in a process of its own, a few at a time. A child that loses its
 * parent is told to end. One build runs in the process itself.
 */
#pragma once

#include "wimtool/build.h"

struct build_pool {
	struct cli *cli;
	const struct recipe_file *file;
	const struct recipe_jobs *jobs;
	struct build_options options;
	unsigned at_once;
	const bool *skip; /* jobs that were not chosen */
};

/* Adds the members "jobs" and "counts" to the JSON result. Returns CLI_DONE, CLI_FINDINGS or -1. */
int build_pool_run(struct build_pool *pool, struct err *err);
