/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/piped_wim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/file.h"
#include "common/base/nameless.h"

#define PIECE (1u << 18)

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
	int fd = nameless_file(err); /* open until the end of the program */

	if (fd < 0 || copy_input(fd, err) < 0)
		return NULL;
	return xasprintf("/proc/self/fd/%d", fd);
}
