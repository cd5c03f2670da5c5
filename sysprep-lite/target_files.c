/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hives named one by one (--hive NAME=FILE), each with its logs beside it; no other files. */
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
#include "common/base/tempfiles.h"
#include "common/base/utf16.h"
#include "sysprep-lite/target_backend.h"
#include "sysprep-lite/winroot.h"

#define PUTS_MAX (4 * HIVE_COUNT) /* each hive and three logs */

struct named_file {
	char *path;
	char *host;
};

struct files_target {
	VEC(struct named_file) files;
};

/* The host path of a named hive or of a log beside it; NULL for all else. */
static char *host_of(const struct files_target *files, const char *path)
{
	for (size_t i = 0; i < files->files.len; i++) {
		const struct named_file *file = &files->files.items[i];
		size_t len = strlen(file->path);

		if (text_compare_nocase(path, MIN(strlen(path), len), file->path, len) != 0)
			continue;
		if (!path[len] || strncasecmp(path + len, ".LOG", 4) == 0)
			return xasprintf("%s%s", file->host, path + len);
	}
	return NULL;
}

static bool files_stat(void *state, const char *path, struct target_entry *ret)
{
	CLEANUP(freep) char *host = host_of(state, path);
	struct stat st;

	if (!host || stat(host, &st) < 0)
		return false;
	*ret = (struct target_entry){ .is_dir = S_ISDIR(st.st_mode), .size = (uint64_t)st.st_size };
	return true;
}

static int files_read(void *state, const char *path, uint64_t max, struct strbuf *ret, struct err *err)
{
	CLEANUP(freep) char *host = host_of(state, path);

	if (!host)
		return err_set(err, ERR_NOT_FOUND, "there is no such file");
	return file_read_all(host, max, ret, err);
}

static size_t files_head(void *state UNUSED, const char *path UNUSED, void *data UNUSED, size_t len UNUSED)
{
	return 0;
}

static int files_list(void *state UNUSED, const char *folder UNUSED, target_list_fn fn UNUSED, void *context UNUSED,
		      struct err *err UNUSED)
{
	return 0;
}

/* Nobody holds it: each run has its temporary files locked. */
static void remove_unheld(const char *path)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlink(path);
}

/* Temporary files that a killed run left beside the hive. */
static void remove_stray(const char *host)
{
	CLEANUP(freep) char *real = realpath(host, NULL);
	const char *target = real ? real : host;
	CLEANUP(freep) char *folder = path_folder(target);
	CLEANUP(names_release) struct names names = { 0 };

	if (names_of_folder(folder, names_by_bytes, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.len; i++) {
		CLEANUP(freep) char *path = path_join(folder, names.items[i]);

		if (atomic_file_is_temp(names.items[i], path_name(target)))
			remove_unheld(path);
	}
}

static struct atomic_file *stage(const struct files_target *files, const struct target_change *change, struct err *err)
{
	CLEANUP(freep) char *host = host_of(files, change->path);
	struct atomic_file *file = NULL;

	if (!host || change->kind != TARGET_PUT) {
		err_set(err, ERR_UNSUPPORTED, "%s: only hives were named", change->path);
		return NULL;
	}
	remove_stray(host);
	file = atomic_file_open(host, err);
	if (file)
		atomic_file_lock(file);
	if (file && (atomic_file_write(file, change->data, change->len, err) < 0 ||
		     file_fsync(atomic_file_fd(file), err) < 0))
		atomic_file_closep(&file);
	if (!file)
		err_context(err, "%s", host);
	return file;
}

static int files_commit(void *state, const struct target_commit *commit, struct err *err)
{
	size_t n = commit->n;
	struct atomic_file *staged[PUTS_MAX];
	size_t puts = 0;
	int status = n > PUTS_MAX ? err_set(err, ERR_LIMIT, "more than %d files to write", PUTS_MAX) : 0;

	while (status == 0 && puts < n) {
		staged[puts] = stage(state, &commit->changes[puts], err);
		if (staged[puts])
			puts++;
		else
			status = -1;
	}
	if (status == 0)
		status = commit->ready(commit->context, err);
	tempfiles_hold_signals();
	for (size_t i = 0; i < puts; i++) {
		if (status == 0)
			status = atomic_file_commit(&staged[i], err);
		else
			atomic_file_closep(&staged[i]);
	}
	tempfiles_release_signals();
	return status;
}

static void files_free(void *state)
{
	struct files_target *files = state;

	for (size_t i = 0; i < files->files.len; i++) {
		free(files->files.items[i].path);
		free(files->files.items[i].host);
	}
	vec_release(&files->files);
	free(files);
}

void *target_files_new(void)
{
	return xcalloc(1, sizeof(struct files_target));
}

void target_files_add(void *state, const char *path, const char *host)
{
	struct files_target *files = state;

	*vec_add(&files->files) = (struct named_file){ .path = xstrdup(path), .host = xstrdup(host) };
}

const struct target_backend target_files_backend = {
	.stat = files_stat,
	.read = files_read,
	.head = files_head,
	.list = files_list,
	.commit = files_commit,
	.free = files_free,
};
