/* SPDX-License-Identifier: GPL-3.0-or-later */
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
#include "common/base/tempfiles.h"
#include "common/base/utf16.h"
#include "sysprep-lite/glob.h"
#include "sysprep-lite/target_backend.h"

#define PUTS_MAX 48          /* each holds a temporary file open until all are written */
#define STRAY_SUFFIX_LEN 6   /* as mkstemp makes it */
#define REMOVE_DEPTH_MAX 128 /* folders below a removed folder */

struct dir_target {
	char *root;
	int lock; /* on the folder while it is changed; -1 when only read */
};

typedef VEC(char *) names;

static void names_release(names *list)
{
	for (size_t i = 0; i < list->len; i++)
		free(list->items[i]);
	vec_release(list);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Sorted, so that every run sees one order. */
static int read_names(const char *folder, names *ret, struct err *err)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir)
		return err_errno(err, errno, "%s", folder);
	while ((entry = readdir(dir)))
		if (!is_dot(entry->d_name))
			*vec_add(ret) = xstrdup(entry->d_name);
	closedir(dir);
	if (ret->len)
		qsort(ret->items, ret->len, sizeof(*ret->items), compare_names);
	return 0;
}

static bool stat_host(const char *path, struct target_entry *ret)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return false;
	*ret = (struct target_entry){
		.is_dir = S_ISDIR(st.st_mode),
		.is_link = S_ISLNK(st.st_mode),
		.size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0,
	};
	return true;
}

/* The name in folder that equals name without regard to case; the exact one first. */
static char *find_name(const char *folder, const char *name)
{
	names list = { 0 };
	struct target_entry entry;
	char *path = path_join(folder, name);

	if (stat_host(path, &entry))
		return path;
	free(path);
	path = NULL;
	if (read_names(folder, &list, NULL) == 0)
		for (size_t i = 0; i < list.len && !path; i++)
			if (text_equal_nocase(list.items[i], name))
				path = path_join(folder, list.items[i]);
	names_release(&list);
	return path;
}

/*
 * The host path of a path below the root, or NULL. No folder on the way is a
 * link. With create, missing parts get the names asked for.
 */
static char *resolve(const struct dir_target *dir, const char *path, bool create)
{
	CLEANUP(strbuf_release) struct strbuf part = STRBUF_INIT;
	char *at = xstrdup(dir->root);

	while (path && *path) {
		struct target_entry entry;
		char *next;

		path = glob_next_part(path, &part);
		if (!part.len)
			continue;
		next = is_dot(part.data) || strchr(part.data, '/') ? NULL : find_name(at, part.data);
		if (!next && create && !is_dot(part.data) && !strchr(part.data, '/'))
			next = path_join(at, part.data);
		free(at);
		at = next;
		if (!at)
			return NULL;
		if (path && stat_host(at, &entry) && (!entry.is_dir || entry.is_link)) {
			free(at);
			return NULL;
		}
	}
	return at;
}

static bool dir_stat(void *state, const char *path, struct target_entry *ret)
{
	CLEANUP(freep) char *host = resolve(state, path, false);

	return host && stat_host(host, ret);
}

static int dir_read(void *state, const char *path, uint64_t max, struct strbuf *ret, struct err *err)
{
	CLEANUP(freep) char *host = resolve(state, path, false);
	struct target_entry entry;

	if (!host || !stat_host(host, &entry))
		return err_set(err, ERR_NOT_FOUND, "there is no such file");
	if (entry.is_link)
		return err_set(err, ERR_REFUSED, "is a symbolic link, which is not followed");
	return file_read_all(host, max, ret, err);
}

static size_t dir_head(void *state, const char *path, void *data, size_t len)
{
	CLEANUP(freep) char *host = resolve(state, path, false);
	struct target_entry entry;
	CLEANUP(close_fdp) int fd = -1;
	ssize_t got;

	if (!host || !stat_host(host, &entry) || entry.is_link)
		return 0;
	fd = file_open_read(host, NULL);
	got = fd < 0 ? 0 : pread(fd, data, len, 0);
	return got < 0 ? 0 : (size_t)got;
}

static int dir_list(void *state, const char *folder, target_list_fn fn, void *context, struct err *err)
{
	CLEANUP(freep) char *host = resolve(state, folder, false);
	struct target_entry entry;
	names list = { 0 };
	int status;

	if (!host || !stat_host(host, &entry) || !entry.is_dir)
		return 0;
	status = read_names(host, &list, err);
	for (size_t i = 0; i < list.len && status == 0; i++) {
		CLEANUP(freep) char *path = path_join(host, list.items[i]);

		if (stat_host(path, &entry))
			status = fn(context, list.items[i], &entry);
	}
	names_release(&list);
	return status;
}

static int make_parents(const char *host, struct err *err)
{
	CLEANUP(freep) char *folder = path_folder(host);

	if (path_is_dir(folder))
		return 0;
	if (make_parents(folder, err) < 0)
		return -1;
	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		return err_errno(err, errno, "%s", folder);
	return 0;
}

static int remove_tree(const char *host, unsigned depth, struct err *err)
{
	names list = { 0 };
	struct target_entry entry;
	int status = 0;

	if (depth > REMOVE_DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "%s: folders nested too deep", host);
	if (!stat_host(host, &entry))
		return 0;
	if (entry.is_dir) {
		status = read_names(host, &list, err);
		for (size_t i = 0; i < list.len && status == 0; i++) {
			CLEANUP(freep) char *path = path_join(host, list.items[i]);

			status = remove_tree(path, depth + 1, err);
		}
		names_release(&list);
	}
	if (status == 0 && (entry.is_dir ? rmdir(host) : unlink(host)) < 0)
		return err_errno(err, errno, "%s", host);
	return status;
}

static int rename_path(const struct dir_target *dir, const char *from, const char *to, struct err *err)
{
	CLEANUP(freep) char *host = resolve(dir, from, false);
	CLEANUP(freep) char *host_to = resolve(dir, to, true);

	if (!host || !host_to)
		return err_set(err, ERR_NOT_FOUND, "%s: there is no such file", from);
	if (path_exists(host_to))
		return err_set(err, ERR_REFUSED, "%s: there is already %s", from, to);
	if (rename(host, host_to) < 0)
		return err_errno(err, errno, "%s", host);
	return file_fsync_folder_of(host_to, err);
}

/* Temporary files that a killed run left beside host. The lock says that none of them is in use. */
static void remove_stray(const char *host)
{
	CLEANUP(freep) char *folder = path_folder(host);
	CLEANUP(freep) char *prefix = xasprintf(".%s.", path_name(host));
	names list = { 0 };

	if (read_names(folder, &list, NULL) < 0)
		return;
	for (size_t i = 0; i < list.len; i++) {
		CLEANUP(freep) char *path = path_join(folder, list.items[i]);
		struct stat st;

		if (strncmp(list.items[i], prefix, strlen(prefix)) == 0 &&
		    strlen(list.items[i]) == strlen(prefix) + STRAY_SUFFIX_LEN && lstat(path, &st) == 0 &&
		    S_ISREG(st.st_mode))
			(void)unlink(path);
	}
	names_release(&list);
}

/* Writes the new contents through to a temporary file beside the old. */
static struct atomic_file *stage(const struct dir_target *dir, const struct target_change *change, struct err *err)
{
	CLEANUP(freep) char *host = resolve(dir, change->path, true);
	struct atomic_file *file;

	if (!host || (path_exists(host) && path_is_dir(host))) {
		err_set(err, ERR_REFUSED, "%s: a link or folder is in the way", change->path);
		return NULL;
	}
	if (make_parents(host, err) < 0)
		return NULL;
	remove_stray(host);
	file = atomic_file_open(host, err);
	if (file && (atomic_file_write(file, change->data, change->len, err) < 0 ||
		     file_fsync(atomic_file_fd(file), err) < 0))
		atomic_file_closep(&file);
	if (!file)
		err_context(err, "%s", host);
	return file;
}

static int commit_puts(const struct dir_target *dir, const struct target_change *changes, size_t n, struct err *err)
{
	struct atomic_file *files[PUTS_MAX];
	size_t puts = 0;
	int status = 0;

	for (size_t i = 0; i < n && status == 0; i++) {
		if (changes[i].kind != TARGET_PUT)
			continue;
		if (puts == PUTS_MAX)
			status = err_set(err, ERR_LIMIT, "more than %d files to write", PUTS_MAX);
		else if (!(files[puts] = stage(dir, &changes[i], err)))
			status = -1;
		else
			puts++;
	}
	tempfiles_hold_signals();
	for (size_t i = 0; i < puts; i++) {
		if (status == 0)
			status = atomic_file_commit(&files[i], err);
		else
			atomic_file_closep(&files[i]);
	}
	tempfiles_release_signals();
	return status;
}

static int dir_commit(void *state, const struct target_change *changes, size_t n, struct err *err)
{
	const struct dir_target *dir = state;

	if (commit_puts(dir, changes, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		CLEANUP(freep) char *host = NULL;

		if (changes[i].kind == TARGET_RENAME && rename_path(dir, changes[i].path, changes[i].to, err) < 0)
			return -1;
		if (changes[i].kind != TARGET_REMOVE)
			continue;
		host = resolve(dir, changes[i].path, false);
		if (host && remove_tree(host, 0, err) < 0)
			return -1;
	}
	return 0;
}

static void dir_free(void *state)
{
	struct dir_target *dir = state;

	close_fdp(&dir->lock);
	free(dir->root);
	free(dir);
}

static int lock_folder(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return fd; /* a file system without locks is used without */
	close(fd);
	return err_set(err, ERR_BUSY, "%s: another run is changing it", path);
}

void *target_dir_open(const char *path, bool for_write, struct err *err)
{
	int lock = -1;
	struct dir_target *dir;

	if (access(path, R_OK | X_OK) < 0) {
		err_errno(err, errno, "%s", path);
		return NULL;
	}
	if (for_write && (lock = lock_folder(path, err)) < 0)
		return NULL;
	dir = xcalloc(1, sizeof(*dir));
	dir->lock = lock;
	dir->root = xstrdup(path);
	return dir;
}

const struct target_backend target_dir_backend = {
	.stat = dir_stat,
	.read = dir_read,
	.head = dir_head,
	.list = dir_list,
	.commit = dir_commit,
	.free = dir_free,
};
