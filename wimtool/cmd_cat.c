/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "common/image/image.h"
#include "wimtool/commands.h"
#include "wimtool/wim_show.h"

struct cat_args {
	struct cli_list refs;
};

static int cat_paths(const char *wim, const struct cli_list *refs, const char *image, const char *const *paths,
		     size_t n_paths, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open_parts(wim, refs->items, refs->len, err);
	unsigned index;
	int result = 0;

	if (!file)
		return -1;
	if (image_select(file, image, &index, err) < 0)
		return err_context(err, "%s", wim);
	for (size_t i = 0; i < n_paths && result == 0; i++)
		result = image_stream(file, index, paths[i], wim_show_data, stdout, err);
	if (result >= 0)
		return CLI_DONE;
	if (err->kind == ERR_USAGE) /* a folder: not the words are wrong but what they name */
		err->kind = ERR_REFUSED;
	return err_context(err, "%s", wim);
}

static int cat_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct cat_args *args = raw;

	return cat_paths(cli->args[0], &args->refs, cli->args[1], (const char *const *)&cli->args[2], cli->n_args - 2, err);
}

static const struct cli_option cat_options[] = {
	OPT_LIST(struct cat_args, refs, 0, "ref", "GLOB", "take what is missing from these parts (install*.swm)"),
};

static const struct cli_example cat_examples[] = {
	{ "wimtool cat install.wim 1 /Windows/win.ini", "print a file" },
	{ "wimtool cat install.wim 1 /Windows/System32/config/SYSTEM > SYSTEM", "take a registry hive out" },
	{ "wimtool cat boot.wim 2 /Windows/System32/license.rtf | head -c 100", "look at the beginning" },
};

const struct cli_command cmd_cat = {
	.name = "cat",
	.summary = "write files of an image to standard output",
	.usage = "WIM IMAGE PATH...",
	.description = "The SHA-1 of the contents is compared while they are written: damage ends with exit code 3.",
	.examples = cat_examples,
	.n_examples = ARRAY_SIZE(cat_examples),
	CLI_OPTIONS(struct cat_args, cat_options),
	.min_args = 3,
	.max_args = SIZE_MAX,
	.run = cat_run,
};
