/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one home of libfuse: serves an image_fs through FUSE's low-level API with as
 * many threads as the kernel keeps busy. What is asked is answered by image_fs; an
 * image does not change, so the kernel is told to keep all it hears.
 */
#pragma once

#include "common/image/image_fs.h"

struct mount_server {
	struct image_fs *fs;
	const char *source; /* what is mounted, as `mount` shows it */
	const char *folder;
	bool allow_other;
	/* Called once when the image is there, before the first question is answered. */
	void (*ready)(void *context);
	void *context;
};

/*
 * Mounts and serves until somebody unmounts, or a signal ends it: then it unmounts. -1 only when there was no
 * mount. Starts threads: no fork may follow.
 */
int mount_server_run(const struct mount_server *server, struct err *err);

/*
 * The kernel reads 128 KiB ahead unless told otherwise, which only root may: nothing is lost when it fails.
 * Asks the server, so it is for another process.
 */
void mount_server_read_ahead(const char *folder);

/* "fuse3 3.14.0", for --version. */
const char *mount_server_library(void);
