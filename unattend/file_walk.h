/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files that arguments mean: those named, and all below a folder. Hidden
 * files and folders below a folder are passed over, links to folders not followed.
 */
#pragma once

#include "common/base/err.h"
#include "common/base/vec.h"

struct walked_file {
	char *path;      /* "-" is standard input */
	bool named;      /* by the user; else found in a folder */
	struct err *err; /* path is a folder that could not be listed; else NULL */
};

struct file_walk {
	VEC(struct walked_file) files; /* in the order of the arguments, each folder by name */
};

void file_walk_add(struct file_walk *walk, char *const *paths, size_t n);
void file_walk_release(struct file_walk *walk);
