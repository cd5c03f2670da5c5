/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "unattend get" of the text formats: values by SECTION/KEY.
 */
#pragma once

#include "common/cli/cli.h"
#include "unattend/answer.h"

/* Prints the value of path, all of a section, or (NULL) all of the file; adds them to the JSON array that is open. */
int get_ini(struct cli *cli, const struct answer *answer, const char *path, struct err *err);
