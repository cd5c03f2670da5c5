/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image.h"
#include "wimtool/commands.h"

static int recover_run(struct cli *cli, const void *args UNUSED, struct err *err)
{
	const char *wim = cli->args[0];
	CLEANUP(image_file_closep) struct image_file *file = NULL;
	bool did;

	if (image_recover(wim, &did, err) < 0)
		return err_context(err, "%s", wim);
	file = image_file_open(wim, err);
	if (!file)
		return err_context(err, "%s", wim);
	if (!cli->quiet)
		fprintf(cli->out, did ? "%s: put back as it was before the change that did not end\n"
				      : "%s: nothing to recover\n", wim);
	json_begin_object(cli->json, "result");
	json_text(cli->json, "wim", wim);
	json_bool(cli->json, "recovered", did);
	json_end_object(cli->json);
	return CLI_DONE;
}

static const struct cli_example recover_examples[] = {
	{ "wimtool recover install.wim", "after a machine went down during wimtool update" },
	{ "wimtool recover install.wim --json", "the same, for a script" },
	{ "wimtool recover install.wim && wimtool verify install.wim", "and see that all is well" },
};

const struct cli_command cmd_recover = {
	.name = "recover",
	.summary = "undo a change of a WIM that was interrupted",
	.usage = "WIM",
	.description = "A change writes what it will overwrite into WIM.goldwim-undo first. When that file is left, "
		       "recover puts the WIM back byte for byte. update does so by itself.",
	.examples = recover_examples,
	.n_examples = ARRAY_SIZE(recover_examples),
	.min_args = 1,
	.max_args = 1,
	.has_json = true,
	.run = recover_run,
};
