/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What wimtool --version says of the libraries in use and of mounting. */
#pragma once

/* NULL-terminated, as struct cli_tool wants it. */
extern const char *(*const wimtool_library_versions[])(void);
