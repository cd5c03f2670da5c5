/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/split_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/image/wim_writer.h"

char *split_part_name(const char *first, unsigned number)
{
	const char *name = path_name(first);
	const char *dot = strrchr(name, '.');
	size_t len = dot && dot != name ? (size_t)(dot - first) : strlen(first);

	if (number == 1)
		return xstrdup(first);
	return xasprintf("%.*s%u%s", (int)len, first, number, first + len);
}

static bool read_header(int fd, struct wim_header *ret)
{
	uint64_t bytes;

	return fd >= 0 && file_size(fd, &bytes, NULL) == 0 && wim_header_read(fd, bytes, ret, NULL) == 0;
}

static bool belongs_to(int fd, const struct wim_header *first, unsigned number)
{
	struct wim_header header;

	return read_header(fd, &header) && header.part == number && header.parts == first->parts &&
	       guid_equal(&header.guid, &first->guid);
}

static bool has_part(const char *path, const struct wim_header *first, unsigned number)
{
	CLEANUP(freep) char *name = split_part_name(path, number);
	CLEANUP(close_fdp) int fd = file_open_read(name, NULL);

	return belongs_to(fd, first, number);
}

/* ---- temporary names ---- */

/* Calls visit for each temporary file of any part but the first, until it returns true. */
static bool each_temp(const char *path, bool (*visit)(void *context, int folder, const char *entry, unsigned number),
		      void *context)
{
	CLEANUP(freep) char *folder = path_folder(path);
	DIR *dir = opendir(folder);
	bool stopped = false;

	for (const struct dirent *entry; dir && !stopped && (entry = readdir(dir));) {
		CLEANUP(close_fdp) int fd = -1;
		CLEANUP(freep) char *name = NULL;
		struct wim_header header;

		if (entry->d_name[0] != '.')
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (!read_header(fd, &header) || header.part == 1)
			continue;
		name = split_part_name(path, header.part);
		if (atomic_file_is_temp(entry->d_name, path_name(name)))
			stopped = visit(context, dirfd(dir), entry->d_name, header.part);
	}
	if (dir)
		closedir(dir);
	return stopped;
}

struct wanted_temp {
	const struct wim_header *first;
	unsigned number;
	char *name;
};

static bool take_temp(void *context, int folder, const char *entry, unsigned number)
{
	struct wanted_temp *wanted = context;
	CLEANUP(close_fdp) int fd = openat(folder, entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (number != wanted->number || !belongs_to(fd, wanted->first, number))
		return false;
	wanted->name = xstrdup(entry);
	return true;
}

/* The path of the temporary file of a part; NULL when there is none. */
static char *find_temp(const char *path, const struct wim_header *first, unsigned number)
{
	struct wanted_temp wanted = { .first = first, .number = number };
	CLEANUP(freep) char *folder = path_folder(path);
	char *found;

	if (!each_temp(path, take_temp, &wanted))
		return NULL;
	found = path_join(folder, wanted.name);
	free(wanted.name);
	return found;
}

static bool remove_temp(void *context, int folder, const char *entry, unsigned number UNUSED)
{
	CLEANUP(close_fdp) int fd = openat(folder, entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	/* a split that goes on holds the lock */
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_nlink == 1 && st.st_uid == geteuid() && unlinkat(folder, entry, 0) == 0)
		(*(unsigned *)context)++;
	return false;
}

unsigned split_remove_temps(const char *path)
{
	unsigned removed = 0;

	(void)each_temp(path, remove_temp, &removed);
	return removed;
}

/* ---- what another set left ---- */

static bool is_stale(const char *path, const struct wim_header *first, unsigned number)
{
	CLEANUP(freep) char *name = split_part_name(path, number);
	CLEANUP(close_fdp) int fd = file_open_read(name, NULL);
	struct wim_header header;

	return read_header(fd, &header) && header.part == number && !guid_equal(&header.guid, &first->guid);
}

unsigned split_last_stale(const char *path, const struct wim_header *first)
{
	unsigned number = first->parts;

	while (is_stale(path, first, number + 1))
		number++;
	return number > first->parts ? number : 0;
}

/* The last one first: what a kill leaves still follows the set without a gap. */
static int remove_stale(const char *path, const struct wim_header *first, unsigned *ret_removed, struct err *err)
{
	for (unsigned i = split_last_stale(path, first); i > first->parts; i--) {
		CLEANUP(freep) char *name = split_part_name(path, i);

		wim_write_step("unlink");
		if (unlink(name) < 0)
			return err_errno(err, errno, "removing %s", name);
		(*ret_removed)++;
	}
	return 0;
}

/* ---- a set as a whole ---- */

int split_mark(int fd, unsigned parts, bool writing, struct err *err)
{
	uint32_t mark = WIM_FLAG_WRITE_IN_PROGRESS | (parts == 1 ? WIM_FLAG_SPANNED : 0);

	return image_change_flags(fd, mark, writing ? mark : 0, err);
}

static bool is_all_there(const char *path, const struct wim_header *first)
{
	for (unsigned i = 2; i <= first->parts; i++) {
		CLEANUP(freep) char *temp = NULL;

		if (has_part(path, first, i))
			continue;
		temp = find_temp(path, first, i);
		if (!temp)
			return false;
	}
	return true;
}

static int name_parts(const char *path, const struct wim_header *first, struct err *err)
{
	for (unsigned i = 2; i <= first->parts; i++) {
		CLEANUP(freep) char *name = split_part_name(path, i);
		CLEANUP(freep) char *temp = has_part(path, first, i) ? NULL : find_temp(path, first, i);

		if (!temp)
			continue;
		wim_write_step("rename");
		if (rename(temp, name) < 0)
			return err_errno(err, errno, "naming %s", name);
	}
	return 0;
}

int split_complete(const char *path, int fd, const struct wim_header *first, struct image_recovery *ret, struct err *err)
{
	if (!is_all_there(path, first))
		return 0;
	if (name_parts(path, first, err) < 0 || file_fsync_folder_of(path, err) < 0 ||
	    remove_stale(path, first, &ret->removed_stale, err) < 0 || file_fsync_folder_of(path, err) < 0 ||
	    split_mark(fd, first->parts, false, err) < 0)
		return -1;
	return 1;
}

int split_remove(const char *path, const struct wim_header *first, unsigned *ret_removed, struct err *err)
{
	for (unsigned i = first->parts; i >= 1; i--) {
		CLEANUP(freep) char *name = split_part_name(path, i);

		if (!has_part(path, first, i))
			continue;
		wim_write_step("unlink");
		if (unlink(name) < 0)
			return err_errno(err, errno, "removing %s", name);
		(*ret_removed)++;
	}
	return file_fsync_folder_of(path, err);
}
