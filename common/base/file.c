/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Bytes asked of the kernel at a time; large enough that system calls do not count. */
#define READ_STEP ((size_t)1 << 20)

int file_open_read(const char *path, struct err *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_errno(err, errno, "cannot open");
	if (fstat(fd, &st) < 0)
		err_errno(err, errno, "cannot read its properties");
	else if (S_ISDIR(st.st_mode))
		err_set(err, ERR_FORMAT, "is a directory, a file is wanted");
	else if (!S_ISREG(st.st_mode))
		err_set(err, ERR_FORMAT, "is no regular file");
	else
		return fd;
	close(fd);
	return -1;
}

int file_size(int fd, uint64_t *ret, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "cannot read its size");
	*ret = (uint64_t)st.st_size;
	return 0;
}

int file_read_fd(int fd, uint64_t max, struct strbuf *ret, struct err *err)
{
	uint64_t total = 0;

	for (;;) {
		/* what was reserved by the caller is filled first: for a file of known size that is all */
		if (ret->cap < ret->len + 2)
			strbuf_reserve(ret, READ_STEP);
		ssize_t got = read(fd, ret->data + ret->len, ret->cap - ret->len - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, errno, "cannot read");
		if (!got)
			return 0;
		total += (uint64_t)got;
		if (total > max)
			return err_set(err, ERR_LIMIT, "larger than %" PRIu64 " bytes, the most this is read for", max);
		ret->len += (size_t)got;
		ret->data[ret->len] = '\0';
	}
}

int file_read_all(const char *path, uint64_t max, struct strbuf *ret, struct err *err)
{
	CLEANUP(close_fdp) int fd = -1;
	uint64_t size = 0;

	if (strcmp(path, "-") == 0)
		return file_read_fd(STDIN_FILENO, max, ret, err);
	fd = file_open_read(path, err);
	if (fd < 0 || file_size(fd, &size, err) < 0)
		return -1;
	if (size > max)
		return err_set(err, ERR_LIMIT, "%" PRIu64 " bytes, larger than the %" PRIu64 " this is read for", size, max);
	strbuf_reserve(ret, (size_t)size + 1);
	return file_read_fd(fd, max, ret, err);
}

int file_pread(int fd, void *data, size_t len, uint64_t offset, struct err *err)
{
	uint8_t *out = data;

	while (len) {
		ssize_t got = pread(fd, out, MIN(len, (size_t)SSIZE_MAX), (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, errno, "cannot read at offset 0x%" PRIx64, offset);
		if (!got)
			return err_at(err, ERR_TRUNCATED, offset, "the file ends here, %zu more bytes are wanted", len);
		out += got;
		len -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

int file_pwrite(int fd, const void *data, size_t len, uint64_t offset, struct err *err)
{
	const uint8_t *in = data;

	while (len) {
		ssize_t put = pwrite(fd, in, len, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_errno(err, errno, "cannot write at offset 0x%" PRIx64, offset);
		in += put;
		len -= (size_t)put;
		offset += (uint64_t)put;
	}
	return 0;
}

int file_write(int fd, const void *data, size_t len, struct err *err)
{
	const uint8_t *in = data;

	while (len) {
		ssize_t put = write(fd, in, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_errno(err, errno, "cannot write");
		in += put;
		len -= (size_t)put;
	}
	return 0;
}

int file_fsync(int fd, struct err *err)
{
	int failed;

	do
		failed = fsync(fd);
	while (failed && errno == EINTR);
	/* Special files cannot be synchronised; there is nothing to lose in them. */
	if (failed && errno != EINVAL && errno != EROFS)
		return err_errno(err, errno, "cannot write through to the disk");
	return 0;
}

int file_fsync_folder_of(const char *path, struct err *err)
{
	CLEANUP(freep) char *folder = path_folder(path);
	CLEANUP(close_fdp) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, errno, "cannot open the folder %s", folder);
	return file_fsync(fd, err);
}

int file_map_open(const char *path, struct file_map *ret, struct err *err)
{
	CLEANUP(close_fdp) int fd = file_open_read(path, err);
	uint64_t size = 0;
	void *address;

	if (fd < 0 || file_size(fd, &size, err) < 0)
		return -1;
	if (size > SIZE_MAX / 2)
		return err_set(err, ERR_LIMIT, "%" PRIu64 " bytes, more than this system can map", size);
	if (!size) {
		*ret = (struct file_map){ .bytes = bytes_of("", 0) };
		return 0;
	}
	address = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (address == MAP_FAILED)
		return err_errno(err, errno, "cannot map");
	*ret = (struct file_map){ .bytes = bytes_of(address, (size_t)size), .address = address };
	return 0;
}

void file_map_release(struct file_map *map)
{
	if (map->address)
		munmap(map->address, map->bytes.len);
	*map = (struct file_map){ 0 };
}

char *path_join(const char *folder, const char *name)
{
	size_t len = strlen(folder);

	return xasprintf("%s%s%s", folder, len && folder[len - 1] != '/' ? "/" : "", name);
}

char *path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	if (slash == path)
		return xstrdup("/");
	return xstrndup(path, (size_t)(slash - path));
}

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool path_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool file_has_owner(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 || (fs.f_type != MSDOS_SUPER_MAGIC && fs.f_type != EXFAT_SUPER_MAGIC);
}

bool path_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool path_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

void close_fdp(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}
