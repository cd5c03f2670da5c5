/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A place below a folder of the host, found part by part without regard to case: each part is
 * opened in the folder before it by common/base/beneath.h, so no name and no link, made before or
 * meanwhile, leads out of the folder. For the folder target alone.
 */
#pragma once

#include "common/base/names.h"
#include "common/base/strbuf.h"
#include "sysprep-lite/target.h"

struct dir_place {
	int folder;  /* open, O_PATH */
	char *name;  /* in it; of an entry that is there, or of one to be made; "." is the folder itself */
	bool exists;
};

#define DIR_PLACE_NONE { .folder = -1 }

/*
 * Parts are separated by a backslash; "" is the root. False when a part on the way is missing or no
 * folder, and when a part is ".." or holds a slash. With make, missing folders on the way are made.
 */
bool dir_place_find(int root, const char *path, bool make, struct dir_place *ret);
void dir_place_release(struct dir_place *place);

bool dir_place_stat(const struct dir_place *place, struct target_entry *ret);

/* A regular file, for reading; -1 for all else. */
int dir_place_open(const struct dir_place *place);

/* A path for functions that take one, good while place is held. */
char *dir_place_path(const struct dir_place *place);

/* Sorted names of the folder that place is; free with names_release. */
int dir_place_names(const struct dir_place *place, struct names *ret, struct err *err);

/* Removes a file, a link, or a folder with all below it. */
int dir_place_remove(const struct dir_place *place, struct err *err);
