/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of a split WIM as a set: their names, and how a new set takes the place of an old one, so that a kill
 * leaves the one or the other once recover has run:
 *
 *	parts 2, 3, ... complete and on the disk, under temporary names       the old set, until here
 *	the first part, marked as being written, takes its name               the new set, from here on
 *	split_complete: the others take theirs, further old parts go, the mark is cleared
 */
#pragma once

#include "common/image/image_recover.h"

/* install.swm, install2.swm, install3.swm, as Windows Setup looks for them. Free it. */
char *split_part_name(const char *first, unsigned number);

/*
 * The number, from 2 on, of the part of the set first as whose temporary file an entry of the folder is named; 0 when it
 * is none. Its contents do not tell while it is written.
 */
unsigned split_temp_number(const char *first, const char *entry);

/*
 * The number of the last part that another set has left behind those of first: the next names, each with a part of its
 * number and of another GUID. 0 when there is none.
 */
unsigned split_last_stale(const char *path, const struct wim_header *first);

/*
 * fd is the first part, which has its name and the mark. Returns 1 when the set is complete, or 0 and has done nothing when a part
 * is missing.
 */
int split_complete(const char *path, int fd, const struct wim_header *first, struct image_recovery *ret, struct err *err);

/* Removes the parts of this set, the first last, since its mark tells what the others are. */
int split_remove(const char *path, const struct wim_header *first, unsigned *ret_removed, struct err *err);

/* Removes temporary files of parts of the set path that nobody writes any more, and counts them. */
int split_remove_temps(const char *path, unsigned *ret_removed, struct err *err);

/* Sets or clears the mark of the first of so many parts. A single one is marked as a part while it is written, too. */
int split_mark(int fd, unsigned parts, bool writing, struct err *err);
