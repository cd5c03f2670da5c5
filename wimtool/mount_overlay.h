/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The layer for changes over a mounted image: overlayfs of the kernel, or fuse-overlayfs where the user may not
 * mount; and unmounting of anything.
 */
#pragma once

#include "wimtool/mount_state.h"

/* Makes upper and work below record->staging; sets keeps_xattrs. */
int mount_overlay_prepare(struct mount_record *record, struct err *err);

/* Puts the changes over the lower folder and shows both at the mount point; sets by_fuse. */
int mount_overlay_start(struct mount_record *record, struct err *err);

/* Takes the topmost mount away. lazy: although files are open there; they stay usable for those who have them. */
int mount_take_away(const char *path, bool lazy, struct err *err);
