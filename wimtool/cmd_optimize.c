/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/commands.h"
#include "wimtool/compose_args.h"

struct optimize_args {
	struct compose_args work;
	struct pack_args pack;
	bool recompress;
	bool no_solid;
	bool compact; /* nothing to do */
};

static int optimize_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct optimize_args *args = raw;
	struct image_optimize request = {
		.wim = cli->args[0],
		.recompress = args->recompress,
		.no_solid = args->no_solid,
	};
	struct compose_run run;
	struct image_done done;
	int result;

	if (args->no_solid && args->pack.solid)
		return err_set(err, ERR_USAGE, "--solid and --no-solid exclude each other");
	if (pack_parse(cli, &args->pack, &request.packing, err) < 0 ||
	    compose_begin(&run, cli, &args->work, "optimize", err) < 0)
		return -1;
	result = image_optimize(&request, &run.work, &done, err);
	compose_end(&run);
	if (result < 0)
		return -1;
	compose_show(cli, request.wim, "in it", &done);
	return CLI_DONE;
}

static const struct cli_option optimize_options[] = {
	COMPOSE_OPTIONS(struct optimize_args),
	PACK_OPTIONS(struct optimize_args),
	PIPABLE_OPTIONS(struct optimize_args),
	OPT_FLAG(struct optimize_args, recompress, 0, "recompress", "compress everything anew instead of copying it"),
	OPT_FLAG(struct optimize_args, no_solid, 0, "no-solid", "without solid resources"),
	OPT_FLAG(struct optimize_args, compact, 0, "unsafe-compact", "the default: it is written anew, so nothing of it is unsafe"),
};

static const struct cli_example optimize_examples[] = {
	{ "wimtool optimize install.wim", "without what updates and soft deletes left behind" },
	{ "wimtool optimize install.wim --recompress --compress=max", "as small as LZX makes it" },
	{ "wimtool optimize install.wim --compress=recovery", "as an ESD: smallest, slow to read" },
};

const struct cli_command cmd_optimize = {
	.name = "optimize",
	.summary = "write a WIM anew, without what is not used",
	.usage = "WIM",
	.description =
		"What is used is copied as it is stored, in its order, into a new file that replaces the old one when it "
		"is complete; so it is with --pipable and --not-pipable, which change the layout alone. --recompress, and "
		"--compress with another type, compress everything anew. A pipable WIM stays one unless --not-pipable is given.",
	.examples = optimize_examples,
	.n_examples = ARRAY_SIZE(optimize_examples),
	CLI_OPTIONS(struct optimize_args, optimize_options),
	.min_args = 1,
	.max_args = 1,
	.has_json = true,
	.run = optimize_run,
};
