/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/file.h"

int nameless_file(struct err *err)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	if (!folder || !*folder)
		folder = "/var/tmp"; /* /tmp may be in memory */
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		CLEANUP(freep) char *path = path_join(folder, "goldwim.XXXXXX");

		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
	}
	return fd < 0 ? err_errno(err, errno, "%s: cannot keep a WIM for the pipe", folder) : fd;
}
