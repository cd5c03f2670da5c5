/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A WIM that comes through standard input. It is kept in a file without a name, so that all of it can be checked
 * before anything is written; a pipable WIM has its tables at its end.
 */
#pragma once

#include "common/base/err.h"

/* A path that opens it while the program runs; free it. NULL on error. */
char *piped_wim_keep(struct err *err);
