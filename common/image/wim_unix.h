/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What wimlib keeps of files of Linux, in tagged items behind the names of an entry. */
#pragma once

#include "common/image/wim_metadata.h"

struct wim_unix_data {
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t rdev;
};

/* Owner, mode and device number; false when the entry has none. */
bool wim_node_unix_data(const struct wim_node *node, struct wim_unix_data *ret);

struct wim_xattr {
	char name[256]; /* "user.comment" */
	struct bytes value;
};

/*
 * Extended attributes one by one; *at is 0 at first and is moved on. 1: ret is filled; 0: there are no more; -1: they
 * are broken.
 */
int wim_node_next_xattr(const struct wim_node *node, size_t *at, struct wim_xattr *ret, struct err *err);
