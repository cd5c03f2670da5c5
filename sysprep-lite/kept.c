/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"

#define COPY_STEP (1u << 20)

char *kept_folder(const char *journal)
{
	return xasprintf("%s.kept", journal);
}

/* RENAME_NOREPLACE where the file system knows it; else after a look. */
static int rename_to_new(int from_folder, const char *from, int to_folder, const char *to)
{
	struct stat st;

	if (renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (fstatat(to_folder, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(from_folder, from, to_folder, to);
}

int kept_move_out(const struct dir_place *place, const char *kept, struct err *err)
{
	if (rename_to_new(place->folder, place->name, AT_FDCWD, kept) < 0)
		return err_errno(err, errno, "keeping it as %s", kept);
	return file_fsync_folder_of(kept, err);
}

static int copy_range(int from, int to, uint64_t at, uint64_t end, struct err *err)
{
	CLEANUP(freep) char *piece = xmalloc(COPY_STEP);

	while (at < end) {
		size_t len = (size_t)MIN(end - at, (uint64_t)COPY_STEP);

		if (file_pread(from, piece, len, at, err) < 0 || file_pwrite(to, piece, len, at, err) < 0)
			return -1;
		at += len;
	}
	return 0;
}

/* Page files are often mostly holes. */
static int copy_data(int from, int to, struct err *err)
{
	uint64_t size, at = 0;

	if (file_size(from, &size, err) < 0)
		return -1;
	while (at < size) {
		off_t data = lseek(from, (off_t)at, SEEK_DATA);
		off_t hole = data < 0 ? -1 : lseek(from, data, SEEK_HOLE);

		if (data < 0 && errno == ENXIO)
			break; /* a hole up to the end */
		if (data < 0 || hole < 0) {
			data = (off_t)at;
			hole = (off_t)size;
		}
		if (copy_range(from, to, (uint64_t)data, (uint64_t)hole, err) < 0)
			return -1;
		at = (uint64_t)hole;
	}
	return ftruncate(to, (off_t)size) < 0 ? err_errno(err, errno, "setting its length") : 0;
}

static int copy_times(int from, int to)
{
	struct stat st;

	return fstat(from, &st) < 0 ? -1 : futimens(to, (struct timespec[]){ st.st_atim, st.st_mtim });
}

int kept_copy(int fd, const char *host, struct err *err)
{
	CLEANUP(atomic_file_closep) struct atomic_file *file = atomic_file_open(host, err);

	if (!file || copy_data(fd, atomic_file_fd(file), err) < 0)
		return -1;
	(void)copy_times(fd, atomic_file_fd(file)); /* not every file system keeps them */
	return atomic_file_commit(&file, err);
}

int kept_move_back(const char *kept, const struct dir_place *place, struct err *err)
{
	CLEANUP(freep) char *path = dir_place_path(place);
	CLEANUP(close_fdp) int fd = -1;

	if (rename_to_new(AT_FDCWD, kept, place->folder, place->name) == 0)
		return file_fsync_folder_of(path, err);
	if (errno != EXDEV)
		return err_errno(err, errno, "from %s", kept);
	fd = file_open_read(kept, err);
	if (fd < 0 || kept_copy(fd, path, err) < 0)
		return -1;
	return unlink(kept) < 0 ? err_errno(err, errno, "%s", kept) : 0;
}
