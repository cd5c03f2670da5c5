/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/beneath.h"
#include "common/base/file.h"
#include "common/base/tempfiles.h"
#include "common/base/vec.h"
#include "sysprep-lite/dir_place.h"
#include "sysprep-lite/kept.h"
#include "sysprep-lite/target_backend.h"

#define PUTS_MAX 48        /* each holds a temporary file open until all are written */

struct dir_target {
	int root;   /* open; locked while the folder is changed */
	bool begun; /* a commit has changed something */
	VEC(char *) made; /* folders that a commit made, the outer one before the inner */
};

static bool find(const struct dir_target *dir, const char *path, struct dir_place *ret)
{
	return dir_place_find(dir->root, path, false, ret);
}

static bool dir_stat(void *state, const char *path, struct target_entry *ret)
{
	CLEANUP(dir_place_release) struct dir_place place = DIR_PLACE_NONE;

	return find(state, path, &place) && dir_place_stat(&place, ret);
}

static int dir_read(void *state, const char *path, uint64_t max, struct strbuf *ret, struct err *err)
{
	CLEANUP(dir_place_release) struct dir_place place = DIR_PLACE_NONE;
	CLEANUP(close_fdp) int fd = -1;
	struct target_entry entry;

	if (!find(state, path, &place) || !dir_place_stat(&place, &entry))
		return err_set(err, ERR_NOT_FOUND, "there is no such file");
	if (entry.is_link)
		return err_set(err, ERR_REFUSED, "is a symbolic link, which is not followed");
	fd = dir_place_open(&place);
	if (fd < 0)
		return err_set(err, ERR_FORMAT, "is no regular file that can be read");
	if (entry.size > max)
		return err_set(err, ERR_LIMIT, "is larger than %llu bytes", (unsigned long long)max);
	strbuf_reserve(ret, (size_t)entry.size + 1);
	return file_read_fd(fd, max, ret, err);
}

static size_t dir_head(void *state, const char *path, void *data, size_t len)
{
	CLEANUP(dir_place_release) struct dir_place place = DIR_PLACE_NONE;
	CLEANUP(close_fdp) int fd = -1;
	ssize_t got;

	if (!find(state, path, &place))
		return 0;
	fd = dir_place_open(&place);
	got = fd < 0 ? 0 : pread(fd, data, len, 0);
	return got < 0 ? 0 : (size_t)got;
}

static int dir_list(void *state, const char *folder, target_list_fn fn, void *context, struct err *err)
{
	CLEANUP(dir_place_release) struct dir_place place = DIR_PLACE_NONE;
	CLEANUP(dir_place_release) struct dir_place child = DIR_PLACE_NONE;
	CLEANUP(names_release) struct names names = { 0 };
	struct target_entry entry;
	int status = 0;

	if (!find(state, folder, &place) || !dir_place_stat(&place, &entry) || !entry.is_dir || entry.is_link)
		return 0;
	if (dir_place_names(&place, &names, err) < 0)
		return -1;
	child.folder = beneath_open(place.folder, place.name, O_PATH | O_DIRECTORY, 0);
	for (size_t i = 0; i < names.len && child.folder >= 0 && status == 0; i++) {
		free(child.name);
		child.name = xstrdup(names.items[i]);
		if (dir_place_stat(&child, &entry))
			status = fn(context, child.name, &entry);
	}
	return status;
}

/* ---- changing ---- */

/* Temporary files that a killed run left beside place. The lock says that none of them is in use. */
static void remove_stray(const struct dir_place *place)
{
	const struct dir_place folder = { .folder = place->folder, .name = (char[]){ "." }, .exists = true };
	CLEANUP(names_release) struct names names = { 0 };

	if (dir_place_names(&folder, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.len; i++) {
		struct stat st;

		if (atomic_file_is_temp(names.items[i], place->name) &&
		    fstatat(place->folder, names.items[i], &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			(void)unlinkat(place->folder, names.items[i], 0);
	}
}

struct staged {
	struct dir_place place; /* keeps the folder open, through which file is renamed */
	struct atomic_file *file;
};

/* The folders on the way to path that are not there yet. */
static void note_missing(struct dir_target *dir, const char *path)
{
	for (const char *end = strchr(path, '\\'); end; end = strchr(end + 1, '\\')) {
		CLEANUP(freep) char *folder = xstrndup(path, (size_t)(end - path));
		struct target_entry entry;

		if (dir_stat(dir, folder, &entry))
			continue;
		*vec_add(&dir->made) = folder;
		folder = NULL;
	}
}

/* After a commit that put nothing in place. */
static void remove_made(struct dir_target *dir)
{
	for (size_t i = dir->made.len; i > 0; i--) {
		CLEANUP(dir_place_release) struct dir_place place = DIR_PLACE_NONE;

		if (find(dir, dir->made.items[i - 1], &place))
			(void)unlinkat(place.folder, place.name, AT_REMOVEDIR);
	}
}

/* Writes the new contents through to a temporary file beside the old. */
static int stage(struct dir_target *dir, const struct target_change *change, struct staged *ret, struct err *err)
{
	CLEANUP(freep) char *path = NULL;
	struct target_entry entry;

	note_missing(dir, change->path);
	if (!dir_place_find(dir->root, change->path, true, &ret->place) ||
	    (dir_place_stat(&ret->place, &entry) && (entry.is_link || entry.is_dir)))
		return err_set(err, ERR_REFUSED, "%s: a link or folder is in the way", change->path);
	path = dir_place_path(&ret->place);
	remove_stray(&ret->place);
	ret->file = atomic_file_open(path, err);
	if (!ret->file || atomic_file_write(ret->file, change->data, change->len, err) < 0 ||
	    file_fsync(atomic_file_fd(ret->file), err) < 0)
		return err_context(err, "%s", change->path);
	return 0;
}

static int commit_puts(struct dir_target *dir, const struct target_commit *commit, struct err *err)
{
	const struct target_change *changes = commit->changes;
	struct staged staged[PUTS_MAX];
	size_t puts = 0;
	int status = 0;

	for (size_t i = 0; i < commit->n && status == 0; i++) {
		if (changes[i].kind != TARGET_PUT)
			continue;
		if (puts == PUTS_MAX) {
			status = err_set(err, ERR_LIMIT, "more than %d files to write", PUTS_MAX);
			break;
		}
		staged[puts] = (struct staged){ .place = DIR_PLACE_NONE };
		status = stage(dir, &changes[i], &staged[puts++], err);
	}
	if (status == 0)
		status = commit->ready(commit->context, err);
	tempfiles_hold_signals();
	dir->begun |= status == 0;
	for (size_t i = 0; i < puts; i++) {
		if (status == 0)
			status = atomic_file_commit(&staged[i].file, err);
		else
			atomic_file_closep(&staged[i].file);
		dir_place_release(&staged[i].place);
	}
	if (!dir->begun)
		remove_made(dir);
	tempfiles_release_signals();
	return status;
}

static int rename_path(const struct dir_target *dir, const char *from, const char *to, struct err *err)
{
	CLEANUP(dir_place_release) struct dir_place old = DIR_PLACE_NONE;
	CLEANUP(dir_place_release) struct dir_place new = DIR_PLACE_NONE;
	CLEANUP(freep) char *path = NULL;
	struct target_entry entry;

	if (!find(dir, from, &old) || !dir_place_stat(&old, &entry))
		return err_set(err, ERR_NOT_FOUND, "%s: there is no such file", from);
	if (!dir_place_find(dir->root, to, true, &new) || dir_place_stat(&new, &entry))
		return err_set(err, ERR_REFUSED, "%s: there is already %s", from, to);
	if (renameat(old.folder, old.name, new.folder, new.name) < 0)
		return err_errno(err, errno, "%s", from);
	path = dir_place_path(&new);
	return file_fsync_folder_of(path, err);
}

static int remove_path(const struct dir_target *dir, const struct target_change *change, struct err *err)
{
	CLEANUP(dir_place_release) struct dir_place place = DIR_PLACE_NONE;
	struct target_entry entry;

	if (!find(dir, change->path, &place) || !dir_place_stat(&place, &entry))
		return 0;
	return change->kept ? kept_move_out(&place, change->kept, err) : dir_place_remove(&place, err);
}

static int restore_path(const struct dir_target *dir, const struct target_change *change, struct err *err)
{
	CLEANUP(dir_place_release) struct dir_place place = DIR_PLACE_NONE;
	struct target_entry entry;

	if (!dir_place_find(dir->root, change->path, true, &place) || dir_place_stat(&place, &entry))
		return err_set(err, ERR_REFUSED, "something is in its place");
	return kept_move_back(change->kept, &place, err);
}

static int dir_commit(void *state, const struct target_commit *commit, struct err *err)
{
	const struct target_change *changes = commit->changes;
	struct dir_target *dir = state;

	if (commit_puts(dir, commit, err) < 0)
		return -1;
	for (size_t i = 0; i < commit->n; i++) {
		int status = 0;

		if (changes[i].kind == TARGET_RENAME)
			status = rename_path(dir, changes[i].path, changes[i].to, err);
		else if (changes[i].kind == TARGET_REMOVE)
			status = remove_path(dir, &changes[i], err);
		else if (changes[i].kind == TARGET_RESTORE)
			status = restore_path(dir, &changes[i], err);
		if (status < 0)
			return err_context(err, "%s", changes[i].path);
	}
	return 0;
}

static bool dir_has_begun(const void *state)
{
	return ((const struct dir_target *)state)->begun;
}

static bool dir_is_beside(const void *state, const char *host)
{
	const struct dir_target *dir = state;
	struct stat here, there;

	return fstat(dir->root, &here) == 0 && stat(host, &there) == 0 && here.st_dev == there.st_dev;
}

static bool dir_holds(const void *state, const char *host)
{
	const struct dir_target *dir = state;
	CLEANUP(close_fdp) int fd = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat root, st, up;

	if (fd < 0 || fstat(dir->root, &root) < 0)
		return false;
	while (fstat(fd, &st) == 0) {
		int parent;

		if (st.st_dev == root.st_dev && st.st_ino == root.st_ino)
			return true;
		parent = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close_fdp(&fd);
		fd = parent;
		if (fd < 0 || fstat(fd, &up) < 0 || (up.st_dev == st.st_dev && up.st_ino == st.st_ino))
			return false;
	}
	return false;
}

static int dir_copy_out(void *state, const char *path, const char *host, struct err *err)
{
	CLEANUP(dir_place_release) struct dir_place place = DIR_PLACE_NONE;
	CLEANUP(close_fdp) int fd = -1;

	if (!find(state, path, &place))
		return err_set(err, ERR_NOT_FOUND, "there is no such file");
	fd = dir_place_open(&place);
	return fd < 0 ? err_set(err, ERR_FORMAT, "is no regular file that can be read") : kept_copy(fd, host, err);
}

static void dir_free(void *state)
{
	struct dir_target *dir = state;

	for (size_t i = 0; i < dir->made.len; i++)
		free(dir->made.items[i]);
	vec_release(&dir->made);
	close_fdp(&dir->root);
	free(dir);
}

static int lock_folder(int fd, const char *path, struct err *err)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0; /* a file system without locks is used without */
	return err_set(err, ERR_BUSY, "%s: another run is changing it", path);
}

void *target_dir_open(const char *path, bool for_write, struct err *err)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dir_target *dir;

	if (fd < 0) {
		err_errno(err, errno, "%s", path);
		return NULL;
	}
	if (for_write && lock_folder(fd, path, err) < 0)
		return NULL;
	dir = xcalloc(1, sizeof(*dir));
	dir->root = take_fd(&fd);
	return dir;
}

const struct target_backend target_dir_backend = {
	.stat = dir_stat,
	.read = dir_read,
	.head = dir_head,
	.list = dir_list,
	.commit = dir_commit,
	.has_begun = dir_has_begun,
	.is_beside = dir_is_beside,
	.holds = dir_holds,
	.copy_out = dir_copy_out,
	.free = dir_free,
};
