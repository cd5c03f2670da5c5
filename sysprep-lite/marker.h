/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The note that sysprep-lite leaves in an image, in the key Setup\Goldwim of the
 * SYSTEM hive, so that identifiers which it made are not taken for those of the
 * reference machine again:
 *
 *	Run           REG_SZ        a random GUID of the last run
 *	When          REG_QWORD     FILETIME
 *	Version       REG_SZ        of the program
 *	FreshIds      REG_MULTI_SZ  the new GUIDs, in braces
 *	ShutdownTime  REG_BINARY    copy of Control\Windows\ShutdownTime
 *
 * The note counts only as long as that ShutdownTime stays the same: once Windows
 * has run from the image, its identifiers are those of a machine again.
 */
#pragma once

#include "common/base/vec.h"
#include "sysprep-lite/winroot.h"

#define MARKER_KEY "Setup\\Goldwim"
#define MARKER_IDS_MAX 65536

struct marker {
	bool present;
	bool valid; /* Windows has not run since */
	uint64_t when;
	char *run;
	VEC(struct guid) fresh; /* empty when not valid */
};

int marker_read(struct winroot *root, struct marker *ret, struct err *err);
void marker_release(struct marker *marker);
bool marker_knows(const struct marker *marker, const struct guid *guid);

/* Writes a new note with the fresh GUIDs of marker and the n more. */
int marker_write(struct regf *system, const struct marker *marker, const struct guid *more, size_t n, uint64_t now,
		 struct err *err);

/* The control set that the next boot uses ("ControlSet001"); falls back to the first there is. */
void current_control_set(struct regf *system, struct strbuf *ret);
