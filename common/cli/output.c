/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define BUFFER_LEN 65536

static int failure; /* errno of the write that failed first; 0: none */

static ssize_t write_out(void *cookie UNUSED, const char *data, size_t len)
{
	size_t done = 0;

	while (!failure && done < len) {
		ssize_t n = write(STDOUT_FILENO, data + done, len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			failure = errno;
	}
	return (ssize_t)done;
}

void output_open(void)
{
	FILE *out = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_out });

	if (!out)
		return; /* no memory: the plain stream */
	setvbuf(out, NULL, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, BUFFER_LEN);
	stdout = out; /* a variable in glibc, as its manual says */
}

int output_flush(struct err *err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return failure == EPIPE ? 0 : err_errno(err, failure ? failure : EIO, "standard output");
}
