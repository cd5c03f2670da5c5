/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names under which wimtool stands in for wimlib's programs: wimlib-imagex, and wimcapture, wimapply and so on, as
 * symbolic links. Then an existing file is replaced where those replace it; all else is as under our own name.
 */
#pragma once

#include "common/base/base.h"

/* Looks at argv[0]; puts the verb of a name like wimcapture into the arguments. Returns the new argc. */
int persona_take(int argc, char ***argv);

/* When the arguments are no longer looked at. */
void persona_end(void);

bool persona_is_wimlib(void);
