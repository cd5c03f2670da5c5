/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The address of a value in a text of sections and keys, and its change:
 *
 *	GuiUnattended/TimeZone
 *	GuiRunOnce/Command0
 *	SysprepMassStorage/PCI\VEN_8086[2]     the second of several lines with that key
 */
#pragma once

#include "unattend/answer.h"
#include "unattend/edit.h"

struct ini_path {
	char *section;
	char *key;     /* NULL: the section as a whole */
	size_t number; /* 0: not given */
};

int ini_path_parse(const char *text, struct ini_path *ret, struct err *err);
void ini_path_release(struct ini_path *path);

/* The line of path, NULL when there is none. ERR_USAGE when several lines have the key and none is chosen. */
int ini_path_find(const struct answer_ini *ini, const struct ini_path *path, const struct ini_line **ret, struct err *err);

/*
 * The edits that give the value, made as the lines around it are; none when it has the value already. The value is
 * put in quotes where it needs them. Comments, order and line ends stay.
 */
int ini_set(const struct answer *answer, const struct ini_path *path, const char *value, struct edits *edits, struct err *err);
