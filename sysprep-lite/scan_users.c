/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hives of users' profiles: opened one at a time, for the rows that are told of them, and never changed. */
#include <stdlib.h>
#include <string.h>

#include "sysprep-lite/scan.h"

static const struct {
	enum hive_id id;
	const char *pattern;
} places[] = {
	{ HIVE_USER, "Users\\*\\NTUSER.DAT" },
	{ HIVE_USER, "Documents and Settings\\*\\NTUSER.DAT" },
	{ HIVE_USER_CLASSES, "Users\\*\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat" },
	{ HIVE_USER_CLASSES,
	  "Documents and Settings\\*\\Local Settings\\Application Data\\Microsoft\\Windows\\UsrClass.dat" },
};

struct looking {
	struct scanning *scan;
	enum hive_id id;
};

/* A damaged hive of a user is no reason to say nothing of the rest. */
static void tell_unread(struct scanning *scan, const char *path, const struct err *why)
{
	report_add(scan->report, scan_rule("check-by-hand"), scan_place(scan, path),
		   "profile-hive: the hive of a user cannot be read: %s: %s", path, why->text);
}

static int take_hive(void *context, const char *path, const struct target_entry *entry)
{
	struct looking *l = context;
	struct regf *hive;
	struct err why = { 0 };
	int status;

	if (entry->is_dir || entry->is_link ||
	    strcasecmp(path, winroot_hive_path(l->scan->root, HIVE_DEFAULT_USER)) == 0)
		return 0;
	hive = winroot_open_to_read(l->scan->root, path, &why);
	if (!hive) {
		tell_unread(l->scan, path, &why);
		return 0;
	}
	status = scan_tell_hive(l->scan, l->id, path, hive);
	regf_freep(&hive);
	return status;
}

int scan_users(struct scanning *scan)
{
	struct target *target = winroot_target(scan->root);

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct looking l = { .scan = scan, .id = places[i].id };

		if (target_match(target, places[i].pattern, take_hive, &l, scan->err) < 0)
			return -1;
	}
	return 0;
}
