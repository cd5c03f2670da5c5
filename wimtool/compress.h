/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The value of --compress: TYPE or TYPE:LEVEL, with the names of wimlib-imagex and DISM. */
#pragma once

#include "common/image/session.h"

struct compress_choice {
	enum session_compression type;
	unsigned level; /* 0: what libwim does */
	bool solid;
};

/* NULL text is the usual choice. The error names what there is. */
int compress_parse(const char *text, struct compress_choice *ret, struct err *err);
