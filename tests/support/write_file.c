/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/write_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int write_fd(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int write_file(const char *path, const void *data, size_t len, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	if (write_fd(fd, data, len) < 0) {
		err_errno(err, errno, "%s", path);
		close(fd);
		return -1;
	}
	return close(fd) < 0 ? err_errno(err, errno, "%s", path) : 0;
}
