/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Windows-like folder tree; see README.md: "The tree". */
#pragma once

#include "common/base/err.h"
#include "tests/support/machine.h"

#define TREE_FILES_MIN 200

struct tree_options {
	size_t files; /* names of regular files; 0 means 2000 */
	enum machine_state state;
	uint64_t seed;     /* of the contents and the computer name */
	uint64_t identity; /* of the identifiers */
};

/* Makes the folder, which must not exist. */
int tree_build(const char *path, const struct tree_options *options, struct err *err);
