/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A library for LD_PRELOAD that ends its process with SIGKILL in front of the
 * KILL_AT-th call that changes a file (from 1). With KILL_HALF the call, when
 * it writes more than a page, is done for half of its bytes first. KILL_COUNT names a file that gets
 * the number of calls of a process that ends by itself.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static long calls;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_last(void)
{
	const char *at = getenv("KILL_AT");

	return at && ++calls == atol(at);
}

static void stop(void)
{
	kill(getpid(), SIGKILL);
	pause();
}

/* A write within one page is copied in one go: no kill can divide it. */
static size_t half(size_t len)
{
	return getenv("KILL_HALF") && len > 4096 ? len / 2 : 0;
}

ssize_t write(int fd, const void *data, size_t len)
{
	if (fd > STDERR_FILENO && is_last()) {
		NEXT(write)(fd, data, half(len));
		stop();
	}
	return NEXT(write)(fd, data, len);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	if (is_last()) {
		NEXT(pwrite64)(fd, data, half(len), at);
		stop();
	}
	return NEXT(pwrite64)(fd, data, len, at);
}

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t len, unsigned flags)
{
	if (is_last()) {
		NEXT(copy_file_range)(from, from_at, to, to_at, half(len), flags);
		stop();
	}
	return NEXT(copy_file_range)(from, from_at, to, to_at, len, flags);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	if (is_last())
		stop();
	return NEXT(linkat)(from_dir, from, to_dir, to, flags);
}

int ftruncate64(int fd, off64_t len)
{
	if (is_last())
		stop();
	return NEXT(ftruncate64)(fd, len);
}

int fsync(int fd)
{
	if (is_last())
		stop();
	return NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	if (is_last())
		stop();
	return NEXT(fdatasync)(fd);
}

int rename(const char *from, const char *to)
{
	if (is_last())
		stop();
	return NEXT(rename)(from, to);
}

int unlink(const char *path)
{
	if (is_last())
		stop();
	return NEXT(unlink)(path);
}

__attribute__((destructor)) static void tell_count(void)
{
	const char *path = getenv("KILL_COUNT");
	FILE *out = path ? fopen(path, "w") : NULL;

	if (!out)
		return;
	fprintf(out, "%ld\n", calls);
	fclose(out);
}
