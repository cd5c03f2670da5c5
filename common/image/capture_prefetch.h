/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thread that asks the system to read the next files of a capture, so that the disk works while others compress. */
#pragma once

#include "common/image/capture_scan.h"

struct capture_prefetch;

/* NULL when no thread can be had: all goes on without. */
struct capture_prefetch *capture_prefetch_new(const struct capture_scan *scan);

/* The capture is at that file. */
void capture_prefetch_at(struct capture_prefetch *prefetch, size_t file);
void capture_prefetch_freep(struct capture_prefetch **prefetch);
