/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STEP_MAX 4000 /* PATH_MAX is 4096 with the NUL */

static atomic_bool no_openat2; /* Linux before 5.6, or a filter that hides it */

static int open_step(int dir, const char *path, int flags, mode_t mode)
{
	struct open_how how = { .flags = (unsigned)(flags | O_CLOEXEC),
				.mode = flags & O_CREAT ? mode : 0,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	long fd;

	do {
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return (int)fd;
}

static void close_quietly(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

/* The length of the next step: as many whole names as fit into most, at least one; all of path when that fits. */
static size_t step_len(const char *path, size_t most)
{
	size_t len = strcspn(path, "/");

	for (size_t next = len; path[len] && next <= most; next += 1 + strcspn(path + next + 1, "/")) {
		len = next;
		if (!path[next])
			break;
	}
	return len;
}

/* One name without openat2: the same rules by hand. */
static int open_name(int dir, const char *name, int flags, mode_t mode)
{
	if (strcmp(name, "..") == 0) {
		errno = EXDEV;
		return -1;
	}
	return openat(dir, *name ? name : ".", flags | O_NOFOLLOW | O_CLOEXEC, mode);
}

/* Step by step, for long paths; name by name for kernels without openat2. */
static int open_in_steps(int root, const char *path, int flags, mode_t mode)
{
	bool by_name = atomic_load(&no_openat2);
	char step[STEP_MAX + 1];
	int dir = root;

	for (;;) {
		size_t len = step_len(path, by_name ? 0 : STEP_MAX);
		bool last = path[len] == '\0';
		int step_flags = last ? flags : O_PATH | O_DIRECTORY;
		int fd = -1;

		errno = ENAMETOOLONG;
		if (len <= STEP_MAX) {
			memcpy(step, path, len);
			step[len] = '\0';
			fd = (by_name ? open_name : open_step)(dir, step, step_flags, mode);
		}
		if (dir != root)
			close_quietly(dir);
		if (last || fd < 0)
			return fd;
		dir = fd;
		path += len + 1;
	}
}

int beneath_open(int root, const char *path, int flags, mode_t mode)
{
	int fd;

	if (atomic_load(&no_openat2) || strlen(path) > STEP_MAX)
		return open_in_steps(root, path, flags, mode);
	fd = open_step(root, *path ? path : ".", flags, mode);
	if (fd >= 0 || errno != ENOSYS)
		return fd;
	atomic_store(&no_openat2, true);
	return open_in_steps(root, path, flags, mode);
}

int beneath_open_parent(int root, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int fd;

	*name = slash ? slash + 1 : path;
	if (!slash)
		return beneath_open(root, "", O_PATH | O_DIRECTORY, 0);
	folder = strndup(path, (size_t)(slash - path));
	if (!folder)
		return -1;
	fd = beneath_open(root, folder, O_PATH | O_DIRECTORY, 0);
	free(folder);
	return fd;
}

int beneath_create(int root, const char *path, mode_t mode, bool replace)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
	int fd = beneath_open(root, path, flags, mode);

	if (fd >= 0 || errno != EEXIST || !replace)
		return fd;
	if (beneath_unlink(root, path) < 0 && errno != ENOENT)
		return -1;
	return beneath_open(root, path, flags, mode);
}

static bool is_folder(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode);
}

int beneath_mkdir(int root, const char *path, mode_t mode)
{
	const char *name;
	int dir = beneath_open_parent(root, path, &name);
	int result;

	if (dir < 0)
		return -1;
	result = mkdirat(dir, name, mode);
	if (result < 0 && errno == EEXIST && is_folder(dir, name))
		result = 0;
	close_quietly(dir);
	return result;
}

int beneath_unlink(int root, const char *path)
{
	const char *name;
	int dir = beneath_open_parent(root, path, &name);
	int result;

	if (dir < 0)
		return -1;
	result = unlinkat(dir, name, 0);
	close_quietly(dir);
	return result;
}
