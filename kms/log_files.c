/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/log_files.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/names.h"
#include "kms/log_queue.h"

enum {
	DEPTH_MAX = 64,      /* folders in folders */
	FILES_MAX = 1 << 20, /* of all folders together */
};

static int add_folder(struct log_files *files, const char *path, unsigned depth, struct err *err);

/* A link to a file is taken, a link to a folder is not: it may lead back. */
static int add_entry(struct log_files *files, const char *path, unsigned depth, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return add_folder(files, path, depth + 1, err);
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	if (files->items.len == FILES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d files in it", FILES_MAX);
	*vec_add(&files->items) = (struct log_file){ .path = xstrdup(path), .folder = files->folders.len };
	return 0;
}

static int add_folder(struct log_files *files, const char *path, unsigned depth, struct err *err)
{
	CLEANUP(names_release) struct names names = { 0 };
	int done = 0;

	if (depth > DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "more than %d folders in each other", DEPTH_MAX);
	if (names_of_folder(path, names_by_bytes, &names, err) < 0)
		return depth ? err_context(err, "%s", path) : -1;
	for (size_t i = 0; i < names.len && done == 0; i++) {
		CLEANUP(freep) char *entry = path_join(path, names.items[i]);

		done = add_entry(files, entry, depth, err);
	}
	return done;
}

int log_files_find(struct log_files *files, char *const *args, size_t n_args, struct err *err)
{
	for (size_t i = 0; i < n_args; i++) {
		if (strcmp(args[i], "-") != 0 && path_is_dir(args[i])) {
			*vec_add(&files->folders) = (struct log_folder){ .path = args[i] };
			if (add_folder(files, args[i], 0, err) < 0)
				return err_context(err, "%s", args[i]);
		} else {
			*vec_add(&files->items) = (struct log_file){ .path = xstrdup(args[i]) };
		}
	}
	return 0;
}

void log_files_release(struct log_files *files)
{
	for (size_t i = 0; i < files->items.len; i++)
		free(files->items.items[i].path);
	vec_release(&files->items);
	vec_release(&files->folders);
}

static int check_folders(const struct log_files *files, struct err *err)
{
	for (size_t i = 0; i < files->folders.len; i++)
		if (files->folders.items[i].n_logs == 0)
			return err_set(err, ERR_NOT_FOUND, "%s: no log in this folder", files->folders.items[i].path);
	return 0;
}

int log_files_read(struct log_files *files, uint64_t jobs, const struct log_consumer *consumer, struct err *err)
{
	struct err own = { 0 };
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t threads = jobs ? jobs : (uint64_t)MAX(processors, 1L);

	threads = MIN(threads, (uint64_t)LOG_JOBS_MAX);
	if (!err)
		err = &own;
	return log_queue_read(files, (unsigned)threads, consumer, err) < 0 ? -1 : check_folders(files, err);
}

void log_files_tell(const struct log_files *files, const struct cli *cli)
{
	for (size_t i = 0; i < files->folders.len; i++) {
		const struct log_folder *folder = &files->folders.items[i];

		if (folder->n_others)
			cli_say(cli, "%s: %zu file%s in it %s no log", folder->path, folder->n_others,
				folder->n_others == 1 ? "" : "s", folder->n_others == 1 ? "is" : "are");
	}
}
