/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files below one open folder, and never outside of it: the kernel resolves each path with RESOLVE_BENEATH and
 * follows no symbolic link, whoever puts one there meanwhile. Paths have no leading slash; "" is the folder itself.
 * They may be longer than the kernel takes at once. On failure errno is set.
 */
#pragma once

#include <sys/types.h>

#include "common/base/base.h"

/* Opens with flags and O_CLOEXEC; -1 on error. */
int beneath_open(int root, const char *path, int flags, mode_t mode);

/* The folder that holds path, for the *at calls with *name, which points into path. */
int beneath_open_parent(int root, const char *path, const char **name);

/*
 * Makes a new file for reading and writing. One that is there fails with EEXIST or, when replace, is unlinked first: a
 * link is then replaced and not followed.
 */
int beneath_create(int root, const char *path, mode_t mode, bool replace);

/* Makes a folder; one that is there already is right, a link to one is not (ENOTDIR). */
int beneath_mkdir(int root, const char *path, mode_t mode);

int beneath_unlink(int root, const char *path);
