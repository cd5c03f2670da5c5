/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/utf16.h"

int names_by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int names_by_letters(const void *a, const void *b)
{
	const char *name_a = *(char *const *)a, *name_b = *(char *const *)b;
	int order = text_compare_nocase(name_a, strlen(name_a), name_b, strlen(name_b));

	return order ? order : strcmp(name_a, name_b);
}

void names_add(struct names *names, const char *name)
{
	*vec_add(names) = xstrdup(name);
}

void names_sort(struct names *names, names_order order)
{
	if (names->len && order)
		qsort(names->items, names->len, sizeof(*names->items), order);
}

int names_of_fd(int fd, names_order order, struct names *ret, struct err *err)
{
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int failed = errno;

	if (!dir) {
		close_fdp(&fd);
		return err_errno(err, failed, "cannot read this folder");
	}
	names_release(ret);
	errno = 0;
	for (const struct dirent *entry; (entry = readdir(dir)); errno = 0)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			names_add(ret, entry->d_name);
	failed = errno;
	closedir(dir);
	names_sort(ret, order);
	return failed ? err_errno(err, failed, "cannot read this folder") : 0;
}

int names_of_folder(const char *path, names_order order, struct names *ret, struct err *err)
{
	return names_of_fd(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), order, ret, err);
}

int names_of_pattern(const char *pattern, struct names *ret, struct err *err)
{
	glob_t found = { 0 };
	int code = glob(pattern, GLOB_NOSORT, NULL, &found);

	names_release(ret);
	for (size_t i = 0; code == 0 && i < found.gl_pathc; i++)
		names_add(ret, found.gl_pathv[i]);
	globfree(&found);
	names_sort(ret, names_by_bytes);
	if (code == GLOB_NOSPACE)
		return err_set(err, ERR_MEMORY, "no memory for the names of files");
	return code ? err_set(err, ERR_NOT_FOUND, "no file has such a name") : 0;
}

void names_release(struct names *names)
{
	for (size_t i = 0; i < names->len; i++)
		free(names->items[i]);
	vec_release(names);
}
