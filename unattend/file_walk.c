/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/file_walk.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"

#define WALK_MAX_DEPTH 64

static struct walked_file *add(struct file_walk *walk, char *path, bool named)
{
	struct walked_file *file = vec_add(&walk->files);

	*file = (struct walked_file){ .path = path, .named = named };
	return file;
}

static int is_seen(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void walk_folder(struct file_walk *walk, const char *folder, unsigned depth);

static void walk_entry(struct file_walk *walk, char *path, unsigned char type, unsigned depth)
{
	struct stat st;

	if (type == DT_UNKNOWN)
		type = lstat(path, &st) < 0 ? DT_UNKNOWN : S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_LNK;
	if (type == DT_REG) {
		add(walk, path, false);
		return;
	}
	if (type == DT_DIR && depth < WALK_MAX_DEPTH)
		walk_folder(walk, path, depth + 1);
	free(path);
}

static void walk_folder(struct file_walk *walk, const char *folder, unsigned depth)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_seen, alphasort);

	if (n < 0) {
		struct walked_file *file = add(walk, xstrdup(folder), true);

		file->err = xcalloc(1, sizeof(*file->err));
		err_errno(file->err, errno, "%s: cannot list the folder", folder);
		return;
	}
	for (int i = 0; i < n; i++) {
		walk_entry(walk, path_join(folder, entries[i]->d_name), entries[i]->d_type, depth);
		free(entries[i]);
	}
	free(entries);
}

void file_walk_add(struct file_walk *walk, char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(paths[i], "-") != 0 && path_is_dir(paths[i]))
			walk_folder(walk, paths[i], 0);
		else
			add(walk, xstrdup(paths[i]), true);
	}
}

void file_walk_release(struct file_walk *walk)
{
	for (size_t i = 0; i < walk->files.len; i++) {
		free(walk->files.items[i].path);
		free(walk->files.items[i].err);
	}
	vec_release(&walk->files);
}
