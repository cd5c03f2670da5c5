/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/dir_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/beneath.h"
#include "common/base/file.h"
#include "common/base/utf16.h"
#include "sysprep-lite/glob.h"

#define REMOVE_DEPTH_MAX 128 /* folders below a removed folder; each is held open */

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Sorted, so that every run sees one order. */
static int read_names(int folder, const char *name, struct names *ret, struct err *err)
{
	if (names_of_fd(beneath_open(folder, name, O_RDONLY | O_DIRECTORY, 0), names_by_bytes, ret, err) < 0)
		return err_context(err, "%s", name);
	return 0;
}

/* The name in folder that equals name without regard to case; the exact one first. */
static char *find_name(int folder, const char *name)
{
	struct names names = { 0 };
	struct stat st;
	char *found = NULL;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return xstrdup(name);
	if (read_names(folder, ".", &names, NULL) == 0)
		for (size_t i = 0; i < names.len && !found; i++)
			if (text_equal_nocase(names.items[i], name))
				found = xstrdup(names.items[i]);
	names_release(&names);
	return found;
}

/* Goes from place into the folder that it names. */
static bool enter(struct dir_place *place, bool make)
{
	int next;

	if (!place->exists && (!make || beneath_mkdir(place->folder, place->name, 0777) < 0))
		return false;
	next = beneath_open(place->folder, place->name, O_PATH | O_DIRECTORY, 0);
	dir_place_release(place);
	place->folder = next;
	return next >= 0;
}

static bool take_part(struct dir_place *place, const char *part)
{
	if (is_dot(part) || strchr(part, '/'))
		return false;
	place->name = find_name(place->folder, part);
	place->exists = place->name != NULL;
	if (!place->name)
		place->name = xstrdup(part);
	return true;
}

bool dir_place_find(int root, const char *path, bool make, struct dir_place *ret)
{
	CLEANUP(strbuf_release) struct strbuf part = STRBUF_INIT;
	struct dir_place place = {
		.folder = beneath_open(root, "", O_PATH | O_DIRECTORY, 0), .name = xstrdup("."), .exists = true,
	};

	while (place.folder >= 0 && path && *path) {
		path = glob_next_part(path, &part);
		if (!part.len)
			continue;
		if ((strcmp(place.name, ".") != 0 && !enter(&place, make)) || place.folder < 0)
			break;
		free(place.name);
		place.name = NULL;
		if (!take_part(&place, part.data))
			dir_place_release(&place);
	}
	if (place.folder < 0) {
		dir_place_release(&place);
		return false;
	}
	*ret = place;
	return true;
}

void dir_place_release(struct dir_place *place)
{
	close_fdp(&place->folder);
	place->folder = -1;
	free(place->name);
	place->name = NULL;
}

bool dir_place_stat(const struct dir_place *place, struct target_entry *ret)
{
	struct stat st;

	if (fstatat(place->folder, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	*ret = (struct target_entry){
		.is_dir = S_ISDIR(st.st_mode),
		.is_link = S_ISLNK(st.st_mode),
		.size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0,
	};
	return true;
}

int dir_place_open(const struct dir_place *place)
{
	struct stat st;
	int fd = beneath_open(place->folder, place->name, O_RDONLY | O_NONBLOCK, 0);

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)))
		close_fdp(&fd);
	return fd;
}

char *dir_place_path(const struct dir_place *place)
{
	return xasprintf("/proc/self/fd/%d/%s", place->folder, place->name);
}

int dir_place_names(const struct dir_place *place, struct names *ret, struct err *err)
{
	return read_names(place->folder, place->name, ret, err);
}

static int remove_at(int folder, const char *name, unsigned depth, struct err *err);

static int remove_children(int folder, const char *name, unsigned depth, struct err *err)
{
	CLEANUP(close_fdp) int fd = beneath_open(folder, name, O_PATH | O_DIRECTORY, 0);
	CLEANUP(names_release) struct names names = { 0 };

	if (depth == REMOVE_DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "%s: folders nested too deep", name);
	if (fd < 0)
		return err_errno(err, errno, "%s", name);
	if (read_names(fd, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++)
		if (remove_at(fd, names.items[i], depth + 1, err) < 0)
			return -1;
	return 0;
}

static int remove_at(int folder, const char *name, unsigned depth, struct err *err)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISDIR(st.st_mode) && remove_children(folder, name, depth, err) < 0)
		return -1;
	if (unlinkat(folder, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0)
		return err_errno(err, errno, "%s", name);
	return 0;
}

int dir_place_remove(const struct dir_place *place, struct err *err)
{
	return remove_at(place->folder, place->name, 0, err);
}
