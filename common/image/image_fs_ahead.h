/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that will be wanted next. Programs read trees in order: when files are read one after the other, as the tree lists them,
 * threads decode the next ones before they are asked for. Several readers at once are followed, each with some MiB.
 *
 * Contents come here whole and with their SHA-1 checked, or not at all: what is damaged is read again by the one
 * who wants it, and he hears why. A thread is started when it is first of use, so that a process may fork before.
 */
#pragma once

#include "common/image/image_fs.h"

struct fs_ahead;

struct fs_ahead *fs_ahead_new(const struct image_fs *fs);
void fs_ahead_freep(struct fs_ahead **ahead);

/*
 * Says that an entry is read, and takes [offset, offset + len) of its contents when they are here or about to be.
 * False: read them yourself.
 */
bool fs_ahead_read(struct fs_ahead *ahead, uint32_t number, const struct wim_blob *blob, uint64_t offset, size_t len,
		   void *ret);
