/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wimlib-imagex changes pipable WIMs by writing them anew. Under its name so do we, in three steps, each of which leaves a
 * whole WIM: it becomes a usual one, that is changed under the undo journal, and it becomes pipable again.
 */
#pragma once

#include "common/base/err.h"

struct pipable {
	const char *wim;
	bool was; /* it was pipable and is not now */
};

/* Whether the WIM is pipable, and the program has wimlib's name. */
bool pipable_under_its_name(const char *wim);

int pipable_begin(const char *wim, struct pipable *ret, struct err *err);

/* After the change, also after one that failed with err set (result -1): that is what is told then. */
int pipable_end(const struct pipable *pipable, int result, struct err *err);
