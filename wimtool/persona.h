/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names under which wimtool stands in for wimlib's programs: wimlib-imagex, and wimcapture, wimapply and so on, as
 * symbolic links. Then options may be shortened as getopt_long_only lets them be, names in images are found in their own case
 * (unless WIMLIB_IMAGEX_IGNORE_CASE says otherwise), and what scripts meet is done as wimlib-imagex does it: see
 * docs/from-wimlib.md.
 */
#pragma once

#include "common/cli/cli.h"

#define PERSONA_VERSION "1.13.6" /* of wimlib-imagex, whose commands and options are taken */

/*
 * Looks at argv[0]; puts the verb of a name like wimcapture into the arguments, and writes options out in full. Returns
 * the new argc.
 */
int persona_take(const struct cli_tool *tool, int argc, char ***argv);

/* When the arguments are no longer looked at. */
void persona_end(void);

bool persona_is_wimlib(void);
