/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run removes from a folder, and what undo may want back, lies in JOURNAL.kept beside the
 * undo journal, each thing under a number: moved there where that is one rename (nothing is
 * copied, owner and times stay), copied before where the journal is on another file system.
 */
#pragma once

#include "sysprep-lite/dir_place.h"

/* The folder of a journal; free the result. */
char *kept_folder(const char *journal);

/* One rename; kept must not exist. */
int kept_move_out(const struct dir_place *place, const char *kept, struct err *err);

/* A rename, or where that cannot be a copy and then a removal. place must not exist. */
int kept_move_back(const char *kept, const struct dir_place *place, struct err *err);

/* A new file with the contents and last-write time of fd, holes kept, written through. */
int kept_copy(int fd, const char *host, struct err *err);
