/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Capture of folders by our own code: the tree is read in the order of names, each file once where that is possible,
 * and all processors compress. The same tree gives the same bytes for any number of threads, order of folders, umask and
 * time zone; with steady times and a fixed clock, at any place and moment.
 */
#pragma once

#include "common/image/capture_scan.h"
#include "common/image/image_compose.h"

struct image_capture {
	const char *source;
	const char *target;
	bool append;   /* to the WIM that is there */
	bool replace;  /* a file that is there */
	const char *name;        /* "" for none */
	const char *description; /* NULL: none */
	const char *flags;       /* NULL: none */
	const char *const *properties; /* "WINDOWS/VERSION/BUILD=19045" */
	size_t n_properties;
	/* Gives elements for what is found in a Windows (NULL: nothing); freed. May be NULL. */
	void (*describe)(const char *source, const struct capture_scan *scan, char **ret);
	struct capture_rules rules;
	bool links_as_wim;       /* fix links when the WIM that is appended to says so, whatever the rules say */
	bool boot;
	bool reproducible;       /* the GUID comes from the contents, the clock of the XML from the tree or SOURCE_DATE_EPOCH */
	const char *update_from; /* WIM whose image the tree was before: unchanged files are not read; NULL: none */
	const char *update_image;
	const char *const *bases; /* WIMs whose contents are not stored again */
	size_t n_bases;
	struct image_packing packing; /* of a new WIM */
};

struct image_captured {
	unsigned index;
	uint64_t dirs, files, bytes, excluded;
	uint64_t stored;   /* contents that were written */
	uint64_t unread;   /* bytes of files that were taken as unchanged */
	uint64_t wim_bytes;
};

int image_capture(const struct image_capture *request, const struct image_work *work, struct image_captured *ret,
		  struct err *err);
