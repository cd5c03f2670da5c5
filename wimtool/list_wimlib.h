/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "dir --detailed" as wimlib-imagex prints it, for what reads that: each stream with its place in the WIM. */
#pragma once

#include <stdio.h>

#include "common/image/image.h"

/* An entry and, unless alone, all below it. */
int list_as_wimlib(struct image_file *file, unsigned index, const char *path, bool alone, FILE *out, struct err *err);
