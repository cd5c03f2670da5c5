/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SHA-1 of every blob of a WIM, on several threads. */
#pragma once

#include "common/image/image_private.h"

/*
 * damaged gets true for each blob of this part whose contents cannot be read or have
 * another SHA-1. step is called by the calling thread with the bytes done since
 * the last call; non-zero stops with ERR_CANCELLED. threads 0: one for each processor.
 */
int verify_blobs(const struct image_file *file, unsigned threads, int (*step)(void *context, uint64_t done),
		 void *context, bool *damaged, struct err *err);
