/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks everything in a WIM that can be checked: the integrity table, the
 * structure of each image, every blob's SHA-1 (on all processors), that each
 * file's contents are there, and the reference counts.
 */
#pragma once

#include "common/base/err.h"

enum wim_problem {
	WIM_PROBLEM_INTEGRITY, /* the file differs from its integrity table, or that table is broken */
	WIM_PROBLEM_METADATA,  /* the folders of an image cannot be read */
	WIM_PROBLEM_SECURITY,  /* a file names a security descriptor that is not there */
	WIM_PROBLEM_MISSING,   /* contents of a file are not in the WIM */
	WIM_PROBLEM_DAMAGED,   /* contents cannot be read or have another SHA-1 */
	WIM_PROBLEM_REFCOUNT,  /* the blob table counts uses wrongly */
};

struct wim_verify_options {
	void *context;
	/* A problem and where it is: a path in an image, the SHA-1 of a blob, or an offset. */
	void (*problem)(void *context, enum wim_problem kind, const char *what, const char *place);
	/* Now and then, in bytes; non-zero cancels. May be NULL. */
	int (*progress)(void *context, uint64_t done, uint64_t total);
	unsigned threads; /* 0: one for each processor */
	bool no_integrity; /* the integrity table is not looked at */
	const char *const *refs; /* globs of further parts */
	size_t n_refs;
};

struct wim_verify_result {
	unsigned parts; /* files read */
	unsigned images;
	uint64_t entries; /* files and folders of all images */
	uint64_t blobs;
	uint64_t bytes; /* contents that were checked */
	bool had_integrity;
	bool write_in_progress; /* the header says that it is being written */
	size_t problems;
};

/*
 * 0 when all could be checked: problems tells whether it was good. -1 when the file is no
 * WIM, cannot be read, or its tables are broken; err names the file. All callbacks come from the calling thread.
 */
int image_verify(const char *path, const struct wim_verify_options *options, struct wim_verify_result *ret,
		 struct err *err);
