/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The frame of every change that is appended: undo journal, new data behind the
 * end, header last. Its order, and what is on the disk at each moment, is told in
 * docs/formats/wim.md. The caller holds the lock on the WIM.
 */
#pragma once

#include "common/image/wim_header.h"

struct wim_append {
	const char *path; /* with links resolved, so that there is one journal */
	int fd;
	const struct wim_header *old;
	uint64_t old_bytes;
	const char *keep; /* the file that the undo journal becomes at the end; NULL: it is removed */
	/* Writes behind old_bytes only; sets what changes in header, and the new length of the file. */
	int (*write)(void *context, struct wim_header *header, uint64_t *ret_end, struct err *err);
	void *context;
};

/* On failure the WIM is as it was. */
int wim_append_run(const struct wim_append *append, struct err *err);
