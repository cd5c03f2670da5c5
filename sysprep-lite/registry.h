/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Single edits of the registry of an offline Windows, by the paths that regedit shows:
 *
 *	HKLM\SOFTWARE\..., HKLM\SYSTEM\..., HKLM\SAM, HKLM\SECURITY
 *	HKU\.DEFAULT (the hive DEFAULT), HKU\S-1-5-19, HKU\S-1-5-20
 *	HKU\Default (of the profile that new users get)
 *	HKLM\BCD00000000 (Boot\BCD)
 *
 * HKEY_LOCAL_MACHINE and HKEY_USERS are the same; the first part may also be missing
 * ("SOFTWARE\Microsoft"). In SYSTEM, CurrentControlSet stands for the control set that
 * Windows starts with. The edits are made in memory; winroot_commit writes them.
 */
#pragma once

#include "sysprep-lite/winroot.h"

struct registry_key {
	enum hive_id hive;
	char *path; /* below the root of the hive; "" is the root */
};

/* ERR_USAGE when path names no hive that an offline Windows can have. */
int registry_check_path(const char *path, struct err *err);

/* ERR_USAGE when path names no hive, ERR_NOT_FOUND when this Windows does not have it. */
int registry_parse(struct winroot *root, const char *path, struct registry_key *ret, struct err *err);
void registry_key_release(struct registry_key *key);

/* *ret_key is 0 when there is no such key. */
int registry_find(struct winroot *root, const char *path, struct regf **ret_hive, regf_key *ret_key, struct err *err);

/* Missing keys are made. */
int registry_set(struct winroot *root, const char *path, const char *name, uint32_t type, const void *data, size_t len,
		 struct err *err);
int registry_set_text(struct winroot *root, const char *path, const char *name, uint32_t type, const char *text,
		      struct err *err);
int registry_set_u32(struct winroot *root, const char *path, const char *name, uint32_t number, struct err *err);
int registry_add_key(struct winroot *root, const char *path, struct err *err);

/* Missing: done. A key goes with all below it. */
int registry_delete_value(struct winroot *root, const char *path, const char *name, struct err *err);
int registry_delete_key(struct winroot *root, const char *path, struct err *err);
