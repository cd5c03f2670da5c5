/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Progress of long work, on stderr. On a terminal one line is drawn over
 * (percent, bytes, rate, time left); elsewhere one line every five seconds;
 * with --progress=json one JSON object a line. Updating is cheap: most calls
 * only look at the clock.
 *
 *	struct progress bar;
 *	progress_begin(&bar, cli, "capture", total_bytes);   0 when not known
 *	progress_update(&bar, done);  ...  progress_end(&bar);
 */
#pragma once

#include <time.h>

#include "common/cli/cli.h"

enum progress_style {
	PROGRESS_AUTO,
	PROGRESS_PLAIN,
	PROGRESS_JSON,
	PROGRESS_NONE,
};

struct progress {
	const struct cli *cli;
	const char *label; /* lent */
	enum progress_style style;
	bool terminal;
	bool drawn;
	uint64_t total;
	uint64_t done;
	uint64_t started_ns;
	uint64_t shown_ns;
};

void progress_begin(struct progress *bar, const struct cli *cli, const char *label, uint64_t total);
void progress_set_total(struct progress *bar, uint64_t total);
void progress_update(struct progress *bar, uint64_t done);
void progress_end(struct progress *bar);
