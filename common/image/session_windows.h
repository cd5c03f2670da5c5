/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What libwim finds out of the registry and a DLL of a captured Windows, as the elements it would write. */
#pragma once

#include "common/image/capture_scan.h"

/* *ret is NULL when the tree is no Windows; free it. Never fails: what cannot be found is left out, as libwim has it. */
void session_describe_windows(const char *source, const struct capture_scan *scan, char **ret);
