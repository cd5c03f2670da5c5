/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a code of libwim means in our terms. libwim prints its details to stderr
 * only, so the code and its short text are all there is to pass on.
 */
#pragma once

#include "common/base/err.h"

/* "DOING: what libwim says (wimlib error 47)" with the kind that belongs to code; returns -1. */
int image_error_from_wimlib(struct err *err, int code, const char *doing);
