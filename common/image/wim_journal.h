/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The undo journal of an append: "WIM.goldwim-undo" beside the WIM. Format and
 * the reasoning about every moment at which a program may be killed are in
 * docs/formats/wim.md.
 *
 * begin, before the first write -> next, before the header is written -> end.
 * The caller holds the lock on the WIM throughout, also for replay.
 */
#pragma once

#include "common/image/wim_header.h"

/* The name of the journal; free it. */
char *wim_journal_path(const char *wim_path);

/* Writes through the old header and what follows from the blob table on. */
int wim_journal_begin(const char *wim_path, int wim_fd, const struct wim_header *header, uint64_t wim_bytes,
		      struct err *err);

/* Adds the header that is going to be written, so that replay can tell our commit from one of another program. */
int wim_journal_next(const char *wim_path, const struct wim_header *header, struct err *err);

/*
 * begin and next for a write that libwim is going to do: its header says "being written" until it has ended well.
 * The lock is libwim's then; replay, under a lock again, puts back or sees that the new header is there.
 */
int wim_journal_guard(const char *wim_path, int wim_fd, const struct wim_header *header, uint64_t wim_bytes,
		      struct err *err);

int wim_journal_end(const char *wim_path, struct err *err);

/*
 * In place of end: the journal becomes the file kept, which must not exist, so that the write can be
 * taken back later. When this fails the journal is still there and replay puts the WIM back.
 */
int wim_journal_keep(const char *wim_path, const char *kept, struct err *err);

/* True when the file begins as a journal does. */
bool wim_journal_is(const char *path);

/* Puts the WIM back to what a kept journal says; the journal stays. Refusals as for replay. */
int wim_journal_take_back(const char *kept, int wim_fd, struct err *err);

/*
 * Puts the WIM back to what the journal says and removes the journal. *did is
 * false when there is none, or when the write that it guards has ended well.
 * ERR_REFUSED, with nothing changed, when the WIM is not in a state that our commit can have left.
 */
int wim_journal_replay(const char *wim_path, int wim_fd, bool *did, struct err *err);
