/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ending mounts. */
#pragma once

#include "wimtool/mount_state.h"

/* Takes what is mounted of a record away and waits for its server; the record and its changes stay. */
int mount_end(const struct mount_record *record, bool lazy, struct err *err);

/* For a mount point without a record, whose server has died: a mount of another program. */
int mount_clear_dead(const char *folder, struct err *err);
