/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The output must take the place of nothing that the image is made of, and must not become a part of it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/image/split_set.h"
#include "wimtool/build.h"

#define PARTS_LOOKED_AT 1000

/* Is the real path at or below the folder? */
static bool lies_in(const char *path, const char *folder)
{
	CLEANUP(freep) char *top = realpath(folder, NULL);
	size_t len = top && strcmp(top, "/") != 0 ? strlen(top) : 0;

	return top && strncmp(path, top, len) == 0 && (path[len] == '/' || !path[len]);
}

static int check_not_inside(const struct build *build, const char *folder, const char *what, struct err *err)
{
	CLEANUP(freep) char *real = realpath(folder, NULL);

	for (size_t i = 0; real && i < build->inputs.len; i++) {
		const struct build_input *input = &build->inputs.items[i];

		if (strcmp(input->kind, "folder") != 0 || !lies_in(real, input->path))
			continue;
		err_set(err, ERR_REFUSED, "%s: lies in %s, which goes into the image", folder, input->path);
		return err_hint(err, "choose a place outside for the %s", what);
	}
	return 0;
}

static int check_no_input(const struct build *build, const char *file, struct err *err)
{
	bool is_input = path_same_file(file, build->file->path);

	for (size_t i = 0; i < build->inputs.len; i++)
		is_input |= path_same_file(file, build->inputs.items[i].path);
	if (!is_input)
		return 0;
	err_set(err, ERR_REFUSED, "%s: the output would take the place of what the image is made of", file);
	return err_hint(err, "choose another path for the output");
}

int build_check_output(const struct build *build, struct err *err)
{
	const char *output = build->recipe->output.path;
	CLEANUP(freep) char *folder = path_folder(output);
	struct stat st;

	if (stat(output, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, ERR_REFUSED, "%s: is no regular file, and is not replaced by one", output);
	for (unsigned i = 1; i <= (build->recipe->output.split ? PARTS_LOOKED_AT : 1); i++) {
		CLEANUP(freep) char *file = split_part_name(output, i);

		if (path_exists(file) && check_no_input(build, file, err) < 0)
			return -1;
	}
	if (check_no_input(build, build->manifest, err) < 0 || check_not_inside(build, folder, "output", err) < 0)
		return -1;
	return build->options->scratch ? check_not_inside(build, build->options->scratch, "scratch folder", err) : 0;
}
