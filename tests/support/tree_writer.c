/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/tree_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/write_file.h"

#define FIRST_TIME 1575709740 /* 2019-12-07 09:09 UTC */
#define TIME_RANGE 94608000   /* three years, in seconds */

void tree_begin(struct tree *ret, const char *root, uint64_t seed, struct err *err)
{
	*ret = (struct tree){ .root = root, .times = rng_of(seed, "times"), .err = err };
}

void tree_release(struct tree *tree)
{
	for (size_t i = 0; i < tree->folders.len; i++)
		free(tree->folders.items[i]);
	vec_release(&tree->folders);
}

char *tree_host_path(struct tree *tree, const char *path)
{
	return *path ? xasprintf("%s/%s", tree->root, path) : xstrdup(tree->root);
}

static int set_time(struct tree *tree, const char *path)
{
	struct timespec when = {
		.tv_sec = FIRST_TIME + (time_t)rng_below(&tree->times, TIME_RANGE),
		.tv_nsec = (long)rng_below(&tree->times, 10000000) * 100,
	};
	char *host = tree_host_path(tree, path);
	int result = utimensat(AT_FDCWD, host, (struct timespec[2]){ when, when }, AT_SYMLINK_NOFOLLOW);

	if (result < 0)
		err_errno(tree->err, errno, "%s", host);
	free(host);
	return result;
}

static bool is_known(const struct tree *tree, const char *path, size_t len)
{
	for (size_t i = tree->folders.len; i-- > 0;)
		if (strncmp(tree->folders.items[i], path, len) == 0 && tree->folders.items[i][len] == '\0')
			return true;
	return false;
}

static int make_folder(struct tree *tree, const char *path, size_t len)
{
	char *folder, *host;
	int result;

	if (is_known(tree, path, len))
		return 0;
	folder = xstrndup(path, len);
	*vec_add(&tree->folders) = folder;
	host = tree_host_path(tree, folder);
	result = mkdir(host, 0777);
	if (result < 0)
		err_errno(tree->err, errno, "%s", host);
	free(host);
	return result;
}

static int make_folders(struct tree *tree, const char *path, size_t len)
{
	if (make_folder(tree, path, 0) < 0)
		return -1;
	for (size_t i = 1; i <= len; i++)
		if ((path[i] == '/' || i == len) && make_folder(tree, path, i) < 0)
			return -1;
	return 0;
}

static int make_parents(struct tree *tree, const char *path)
{
	const char *slash = strrchr(path, '/');

	return make_folders(tree, path, slash ? (size_t)(slash - path) : 0);
}

int tree_mkdir(struct tree *tree, const char *path)
{
	return make_folders(tree, path, strlen(path));
}

int tree_adopt(struct tree *tree, const char *path)
{
	tree->files++;
	return set_time(tree, path);
}

int tree_put(struct tree *tree, const char *path, const void *data, size_t len)
{
	char *host;
	int result;

	if (make_parents(tree, path) < 0)
		return -1;
	host = tree_host_path(tree, path);
	result = write_file(host, data, len, tree->err);
	free(host);
	return result < 0 ? -1 : tree_adopt(tree, path);
}

int tree_put_text(struct tree *tree, const char *path, const char *text)
{
	return tree_put(tree, path, text, strlen(text));
}

int tree_link(struct tree *tree, const char *old_path, const char *new_path)
{
	char *old_host, *new_host;
	int result;

	if (make_parents(tree, new_path) < 0)
		return -1;
	old_host = tree_host_path(tree, old_path);
	new_host = tree_host_path(tree, new_path);
	result = link(old_host, new_host);
	if (result < 0)
		err_errno(tree->err, errno, "%s", new_host);
	free(old_host);
	free(new_host);
	tree->files++;
	return result;
}

int tree_symlink(struct tree *tree, const char *target, const char *path)
{
	char *host;
	int result;

	if (make_parents(tree, path) < 0)
		return -1;
	host = tree_host_path(tree, path);
	result = symlink(target, host);
	if (result < 0)
		err_errno(tree->err, errno, "%s", host);
	free(host);
	return result < 0 ? -1 : set_time(tree, path);
}

int tree_finish(struct tree *tree)
{
	for (size_t i = tree->folders.len; i-- > 0;)
		if (set_time(tree, tree->folders.items[i]) < 0)
			return -1;
	return 0;
}
