/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting mounts: everything is checked, then a server of its own process shows the image. */
#pragma once

#include "wimtool/mount_state.h"

struct mount_request {
	const char *wim;
	const char *image;  /* name or index; NULL: the only one */
	const char *folder; /* an empty one */
	const struct cli_list *refs;
	const char *staging; /* folder for the changes; NULL: with the state */
	uint64_t cache_bytes;
	int streams; /* enum image_fs_streams */
	bool writable;
	bool check;
	bool unix_data;
	bool ignore_case;
	bool allow_other;
};

struct mount_started {
	struct mount_record record;
	int64_t server; /* child of this process */
};

/* Returns when the image can be seen. On failure nothing is left. */
int mount_start(const struct mount_request *request, struct mount_started *ret, struct err *err);

/* Shows a mount again whose server has ended, with its changes. record is locked by the caller. */
int mount_start_again(struct mount_record *record, struct err *err);

/* For --foreground: waits for the end of the mount; SIGINT and SIGTERM end it. */
void mount_stay(const struct mount_started *started);
