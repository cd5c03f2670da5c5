/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Puts files with fixed times into a tree. Folders are made as needed; their
 * times are set by tree_finish, when nothing more is put into them.
 */
#pragma once

#include "common/base/err.h"
#include "common/base/strbuf.h"
#include "common/base/vec.h"
#include "tests/support/rng.h"

struct tree {
	const char *root; /* lent */
	struct rng times;
	size_t files;     /* names of regular files so far */
	VEC(char *) folders;
	struct err *err;
};

void tree_begin(struct tree *ret, const char *root, uint64_t seed, struct err *err);
int tree_finish(struct tree *tree);
void tree_release(struct tree *tree);

/* Paths are below the root. */
int tree_mkdir(struct tree *tree, const char *path);
int tree_put(struct tree *tree, const char *path, const void *data, size_t len);
int tree_put_text(struct tree *tree, const char *path, const char *text);
int tree_link(struct tree *tree, const char *old_path, const char *new_path);
int tree_symlink(struct tree *tree, const char *target, const char *path);

/* For files that other builders write: the host path (free it), then the time. */
char *tree_host_path(struct tree *tree, const char *path);
int tree_adopt(struct tree *tree, const char *path);
