/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/split_set.h"

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
#include "common/base/names.h"
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

/* 1 or 0; a part that is there and cannot be opened is an error: what is done about missing ones must not be done to it. */
static int has_part(const char *path, const struct wim_header *first, unsigned number, struct err *err)
{
	CLEANUP(freep) char *name = split_part_name(path, number);
	CLEANUP(close_fdp) int fd = -1;

	if (!path_exists(name))
		return 0;
	fd = file_open_read(name, err);
	if (fd < 0)
		return err_context(err, "%s", name);
	return belongs_to(fd, first, number);
}

/* ---- temporary names ---- */

unsigned split_temp_number(const char *first, const char *entry)
{
	const char *name = path_name(first);
	const char *dot = strrchr(name, '.');
	size_t len = dot && dot != name ? (size_t)(dot - name) : strlen(name);
	CLEANUP(freep) char *part = NULL;
	unsigned long number;

	if (entry[0] != '.' || strncmp(entry + 1, name, len) != 0 || !strchr("123456789", entry[1 + len]))
		return 0;
	number = strtoul(entry + 1 + len, NULL, 10);
	if (number < 2 || number > UINT16_MAX)
		return 0;
	part = split_part_name(name, (unsigned)number);
	return atomic_file_is_temp(entry, part) ? (unsigned)number : 0;
}

typedef bool (*visit_temp)(void *context, int fd, const char *file, unsigned number);

static bool is_temp(const char *path, const char *entry, int fd, unsigned *ret_number)
{
	CLEANUP(freep) char *name = NULL;
	struct wim_header header;

	if (!read_header(fd, &header) || header.part == 1)
		return false;
	name = split_part_name(path, header.part);
	*ret_number = header.part;
	return atomic_file_is_temp(entry, path_name(name));
}

/* Calls visit for each temporary file of any part but the first, until it returns true: then 1 is returned, else 0. */
static int each_temp(const char *path, visit_temp visit, void *context, struct err *err)
{
	CLEANUP(freep) char *folder = path_folder(path);
	CLEANUP(names_release) struct names names = { 0 };

	if (names_of_folder(folder, names_by_bytes, &names, err) < 0)
		return err_context(err, "%s", folder);
	for (size_t i = 0; i < names.len; i++) {
		CLEANUP(freep) char *file = path_join(folder, names.items[i]);
		CLEANUP(close_fdp) int fd = -1;
		unsigned number;

		if (names.items[i][0] != '.')
			continue;
		fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (is_temp(path, names.items[i], fd, &number) && visit(context, fd, file, number))
			return 1;
	}
	return 0;
}

struct wanted_temp {
	const struct wim_header *first;
	unsigned number;
	char *file;
};

static bool take_temp(void *context, int fd, const char *file, unsigned number)
{
	struct wanted_temp *wanted = context;

	if (number != wanted->number || !belongs_to(fd, wanted->first, number))
		return false;
	wanted->file = xstrdup(file);
	return true;
}

/* The temporary file of a part; *ret is NULL when there is none. */
static int find_temp(const char *path, const struct wim_header *first, unsigned number, char **ret, struct err *err)
{
	struct wanted_temp wanted = { .first = first, .number = number };

	if (each_temp(path, take_temp, &wanted, err) < 0)
		return -1;
	*ret = wanted.file;
	return 0;
}

static bool remove_temp(void *context, int fd, const char *file, unsigned number UNUSED)
{
	struct stat st;

	/* a split that goes on holds the lock */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	    (st.st_uid == geteuid() || !file_has_owner(fd)) && unlink(file) == 0)
		(*(unsigned *)context)++;
	return false;
}

int split_remove_temps(const char *path, unsigned *ret_removed, struct err *err)
{
	return each_temp(path, remove_temp, ret_removed, err);
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

/* 1 when all parts have their names or temporary ones, else 0. */
static int is_all_there(const char *path, const struct wim_header *first, struct err *err)
{
	for (unsigned i = 2; i <= first->parts; i++) {
		CLEANUP(freep) char *temp = NULL;
		int has = has_part(path, first, i, err);

		if (has == 0 && find_temp(path, first, i, &temp, err) < 0)
			return -1;
		if (has <= 0 && !temp)
			return has;
	}
	return 1;
}

static int name_parts(const char *path, const struct wim_header *first, struct err *err)
{
	for (unsigned i = 2; i <= first->parts; i++) {
		CLEANUP(freep) char *name = split_part_name(path, i);
		CLEANUP(freep) char *temp = NULL;
		int has = has_part(path, first, i, err);

		if (has > 0)
			continue;
		if (has < 0 || find_temp(path, first, i, &temp, err) < 0)
			return -1;
		if (!temp)
			return err_set(err, ERR_BUSY, "%s: was taken away meanwhile", name);
		wim_write_step("rename");
		if (rename(temp, name) < 0)
			return err_errno(err, errno, "naming %s", name);
	}
	return 0;
}

int split_complete(const char *path, int fd, const struct wim_header *first, struct image_recovery *ret, struct err *err)
{
	int all = is_all_there(path, first, err);

	if (all <= 0)
		return all;
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
		int has = has_part(path, first, i, err);

		if (has < 0)
			return -1;
		if (has == 0)
			continue;
		wim_write_step("unlink");
		if (unlink(name) < 0)
			return err_errno(err, errno, "removing %s", name);
		(*ret_removed)++;
	}
	return file_fsync_folder_of(path, err);
}
