/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Captures that our own code can do, asked for in the words of session.h. */
#pragma once

#include "common/image/session.h"

bool session_own_can(const struct session_capture *request);
int session_own_capture(const struct session_capture *request, bool append, const struct cli *cli,
			struct session_captured *ret, struct err *err);

/* The last part of the source's path; "." and "/" are looked up first. Free it. */
char *session_name_of_source(const char *source);
