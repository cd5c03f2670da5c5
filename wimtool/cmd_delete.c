/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/commands.h"
#include "wimtool/compose_args.h"

struct delete_args {
	struct compose_args work;
	bool soft;
};

static int delete_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct delete_args *args = raw;
	struct compose_run run;
	struct image_done done;
	int result;

	if (compose_begin(&run, cli, &args->work, "delete", err) < 0)
		return -1;
	result = image_delete(cli->args[0], cli->args[1], args->soft, &run.work, &done, err);
	compose_end(&run);
	if (result < 0)
		return -1;
	compose_show(cli, cli->args[0], "deleted", &done);
	return CLI_DONE;
}

static const struct cli_option delete_options[] = {
	COMPOSE_OPTIONS(struct delete_args),
	OPT_FLAG(struct delete_args, soft, 0, "soft", "only take the image off the list; its contents go with the next optimize"),
};

static const struct cli_example delete_examples[] = {
	{ "wimtool delete install.wim 2", "without its second image, and smaller" },
	{ "wimtool delete install.wim \"Windows 11 Home\" --soft", "at once; the file keeps its size" },
	{ "wimtool delete install.wim 3 --check --json", "with an integrity table" },
};

const struct cli_command cmd_delete = {
	.name = "delete",
	.summary = "take images out of a WIM",
	.usage = "WIM IMAGE",
	.description =
		"IMAGE is an index, a name or \"all\". The file is written anew without the contents that no other "
		"image needs, and replaces the old one when it is complete. With --soft new tables are added behind "
		"the end, under the undo journal, and nothing else is written.",
	.examples = delete_examples,
	.n_examples = ARRAY_SIZE(delete_examples),
	CLI_OPTIONS(struct delete_args, delete_options),
	.min_args = 2,
	.max_args = 2,
	.has_json = true,
	.run = delete_run,
};
