/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents of files of an image to standard output, in pieces of bounded size. */
#pragma once

#include "common/base/err.h"

/* Returns CLI_DONE or -1. A reader that went away (head) is no error. */
int cat_paths(const char *wim, const char *image, const char *const *paths, size_t n_paths, struct err *err);
