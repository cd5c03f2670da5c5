/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The half of "info" that changes a WIM, as wimlib-imagex info does: names, properties, the image that boots. */
#pragma once

#include "common/cli/cli.h"

struct info_change {
	bool boot;
	bool check;
	bool no_check;
	const struct cli_list *properties; /* NAME=VALUE */
};

/* Arguments of cli: WIM [IMAGE [NEW-NAME [NEW-DESCRIPTION]]]. */
int info_change(struct cli *cli, const struct info_change *change, struct err *err);
