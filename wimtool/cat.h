/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents of files of an image to standard output, in pieces of bounded size. */
#pragma once

#include "common/cli/cli.h"

/* Returns CLI_DONE or -1. A reader that went away (head) is no error. */
int cat_paths(const char *wim, const struct cli_list *refs, const char *image, const char *const *paths, size_t n_paths,
	      struct err *err);
