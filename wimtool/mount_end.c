/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/mount_end.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wimtool/mount_overlay.h"

#define LEAVE_STEP 10000 /* microseconds */
#define LEAVE_STEPS 500

/* A server that has died leaves a mount that nobody can use any more, so nothing is lost by force. */
static int take_away_layer(const char *path, bool lazy, struct err *err)
{
	struct stat st;
	bool dead = stat(path, &st) < 0 && errno == ENOTCONN;

	return mount_is_mounted(path, NULL) ? mount_take_away(path, lazy || dead, err) : 0;
}

/* fuse-overlayfs leaves its layer only when it has ended, a moment after what it showed has gone. */
static int take_away_lower(const struct mount_record *record, const char *lower, bool lazy, struct err *err)
{
	for (unsigned i = 0; record->by_fuse && !lazy && i < LEAVE_STEPS; i++) {
		if (take_away_layer(lower, false, NULL) == 0)
			return 0;
		usleep(LEAVE_STEP);
	}
	return take_away_layer(lower, lazy, err);
}

int mount_end(const struct mount_record *record, bool lazy, struct err *err)
{
	CLEANUP(freep) char *lower = mount_path(record, "lower");
	bool dead = !mount_server_lives(record);

	if (take_away_layer(record->mountpoint, lazy || dead, err) < 0)
		return err_context(err, "%s", record->mountpoint);
	if (record->writable && take_away_lower(record, lower, lazy || dead, err) < 0)
		return err_context(err, "%s", lower);
	/* with files open, a server that was unmounted lazily lives on for them */
	if (!mount_wait_for_end(record) && !lazy)
		return err_set(err, ERR_BUSY, "%s: the server does not end", record->mountpoint);
	return 0;
}

int mount_clear_dead(const char *folder, struct err *err)
{
	struct stat st;

	if (stat(folder, &st) == 0 || errno != ENOTCONN) {
		err_set(err, ERR_NOT_FOUND, "no image is mounted here");
		return err_hint(err, "wimtool mounts lists the mounts there are");
	}
	return mount_take_away(folder, true, err);
}
