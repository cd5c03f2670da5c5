/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/piped_wim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/file.h"

#define PIECE (1u << 18)

static int open_nameless(struct err *err)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	if (!folder || !*folder)
		folder = "/var/tmp"; /* the size of an image: /tmp may be in memory */
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		CLEANUP(freep) char *path = path_join(folder, "wimtool.XXXXXX");

		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
	}
	return fd < 0 ? err_errno(err, errno, "%s: cannot keep what comes through the pipe", folder) : fd;
}

static int copy_input(int fd, struct err *err)
{
	CLEANUP(freep) char *piece = xmalloc(PIECE);

	for (;;) {
		ssize_t n = read(STDIN_FILENO, piece, PIECE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "standard input");
		if (n == 0)
			return 0;
		if (file_write(fd, piece, (size_t)n, err) < 0)
			return err_context(err, "keeping what comes through the pipe");
	}
}

char *piped_wim_keep(struct err *err)
{
	int fd = open_nameless(err); /* open until the end of the program */

	if (fd < 0 || copy_input(fd, err) < 0)
		return NULL;
	return xasprintf("/proc/self/fd/%d", fd);
}
