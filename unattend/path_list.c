/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/path_list.h"

#include <string.h>

#include "common/base/file.h"

static int read_file(const char *file, struct path_list *list, struct err *err)
{
	char *rest, *line;

	if (file_read_all(file, PATH_LIST_MAX_BYTES, &list->text, err) < 0)
		return err_context(err, "%s", file);
	if (list->text.len && memchr(list->text.data, '\0', list->text.len)) {
		err_set(err, ERR_FORMAT, "a NUL byte stands in the list: one path a line is wanted");
		return err_context(err, "%s", file);
	}
	rest = list->text.data;
	while (rest && (line = strsep(&rest, "\n"))) {
		line[strcspn(line, "\r")] = '\0';
		if (*line)
			*vec_add(&list->paths) = line;
	}
	return 0;
}

int path_list_read(char *const *paths, size_t n, const char *file, struct path_list *ret, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		*vec_add(&ret->paths) = paths[i];
	if (file && read_file(file, ret, err) < 0)
		return -1;
	if (ret->paths.len == 0)
		return file ? 0 : err_set(err, ERR_USAGE, "a PATH or --files-from is wanted");
	return 0;
}

void path_list_release(struct path_list *list)
{
	vec_release(&list->paths);
	strbuf_release(&list->text);
}
