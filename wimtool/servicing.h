/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verbs of DISM that only Windows can carry out: its servicing stack keeps the
 * component store, and nothing else can change it without breaking later updates.
 * They are recognised, so that a script gets one line that says what to run where.
 */
#pragma once

#include "common/base/base.h"

/* The word as DISM writes it (/Add-Package) or as a verb (add-package), in any case. */
bool servicing_is_verb(const char *word);

/* One line on stderr, with --json an object on stdout. Returns the exit code 3. */
int servicing_refuse(int argc, char **argv);
