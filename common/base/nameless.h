/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file without a name, in $TMPDIR or /var/tmp, for what is as large as an image: it goes with its descriptor. */
#pragma once

#include "common/base/err.h"

/* Open for reading and writing; -1 on error. */
int nameless_file(struct err *err);
