/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Windows installation inside a target: its folder (Windows, WINNT) and its
 * registry hives, each read once when first asked for, log replay included.
 *
 * SYSTEM must be there; other hives may be missing. Editing happens on the
 * struct regf in memory; apply.h writes what was changed.
 */
#pragma once

#include "sysprep-lite/regf.h"
#include "sysprep-lite/target.h"

enum hive_id {
	HIVE_SYSTEM,
	HIVE_SOFTWARE,
	HIVE_SAM,
	HIVE_SECURITY,
	HIVE_DEFAULT,
	HIVE_NETWORK_SERVICE,
	HIVE_LOCAL_SERVICE,
	HIVE_DEFAULT_USER, /* NTUSER.DAT that new users get a copy of */
	HIVE_BCD,          /* boot configuration, when the volume holds it */
	HIVE_BCD_EFI,
	HIVE_COUNT,
	HIVE_FILE = HIVE_COUNT, /* in the operations table: not a hive but a file */
	HIVE_USER,              /* in rows that are only told: NTUSER.DAT of each user */
	HIVE_USER_CLASSES,      /* UsrClass.dat of each user */
};

#define HIVE_BYTES_MAX (1ULL << 30) /* Windows itself stops far below */

struct winroot;

struct winroot *winroot_open(struct target *target, struct err *err);
void winroot_freep(struct winroot **root);

struct target *winroot_target(struct winroot *root);

/* "SYSTEM", "SOFTWARE", ... as in HKEY_LOCAL_MACHINE; "S-1-5-20" as in HKEY_USERS; "DefaultUser", "BCD", "BCD-EFI". */
const char *hive_name(enum hive_id id);

/* The hive of that name; HIVE_COUNT when there is none. */
enum hive_id hive_by_name(const char *name, size_t len);

/* Its place in an installation whose folder is called Windows; free the result. */
char *hive_default_path(enum hive_id id);

/* Where the hive lies in the target. */
const char *winroot_hive_path(struct winroot *root, enum hive_id id);

/*
 * For looking only: a dirty hive without usable logs is read as it is. Nothing read so
 * may be written back; winroot_is_incomplete tells.
 */
void winroot_accept_dirty(struct winroot *root);
bool winroot_is_incomplete(const struct winroot *root, enum hive_id id);

/* -1 with the reason when a hive was read so. */
int winroot_require_complete(const struct winroot *root, struct err *err);

/* The hive when it was read already, else NULL. */
struct regf *winroot_loaded_hive(const struct winroot *root, enum hive_id id);

/* *ret is NULL when there is no such hive; damaged or not recoverable is -1. Owned by root. */
int winroot_hive(struct winroot *root, enum hive_id id, struct regf **ret, struct err *err);

/* A hive at any path, with the logs beside it, for looking only; NULL when it is damaged. The caller frees it. */
struct regf *winroot_open_to_read(struct winroot *root, const char *path, struct err *err);

/* "Windows\X" becomes "WINNT\X" where the installation is so named; free the result. */
char *winroot_path(struct winroot *root, const char *path);

/*
 * Calls fn for each key of a hive that matches a pattern of glob.h; path is the
 * real one. fn stops by returning non-zero. Keys must not be deleted meanwhile.
 */
typedef int (*hive_key_fn)(void *context, struct regf *hive, regf_key key, const char *path);
int hive_match(struct regf *hive, const char *pattern, hive_key_fn fn, void *context);
