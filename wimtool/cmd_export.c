/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/commands.h"
#include "wimtool/compose_args.h"

struct export_args {
	struct compose_args work;
	struct pack_args pack;
	bool boot;
	bool rebuild;
	bool no_names;
	bool no_descriptions;
};

static int export_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct export_args *args = raw;
	struct image_export request = {
		.source = cli->args[0],
		.image = cli->args[1],
		.target = cli->args[2],
		.name = cli->n_args > 3 ? cli->args[3] : NULL,
		.description = cli->n_args > 4 ? cli->args[4] : NULL,
		.no_names = args->no_names,
		.no_descriptions = args->no_descriptions,
		.boot = args->boot,
		.rebuild = args->rebuild,
	};
	struct compose_run run;
	struct image_done done;
	int result;

	if (pack_parse(cli, &args->pack, &request.packing, err) < 0 ||
	    compose_begin(&run, cli, &args->work, "export", err) < 0)
		return -1;
	result = image_export(&request, &run.work, &done, err);
	compose_end(&run);
	if (result < 0)
		return -1;
	compose_show(cli, request.target, "exported", &done);
	return CLI_DONE;
}

static const struct cli_option export_options[] = {
	COMPOSE_OPTIONS(struct export_args),
	COMPOSE_REF_OPTION(struct export_args),
	PACK_OPTIONS(struct export_args),
	OPT_FLAG(struct export_args, boot, 0, "boot", "mark what is exported as the image to boot"),
	OPT_FLAG(struct export_args, rebuild, 0, "rebuild", "write an existing target anew instead of adding behind its end"),
	OPT_FLAG(struct export_args, no_names, 0, "no-names", "leave the names of the images out"),
	OPT_FLAG(struct export_args, no_descriptions, 0, "no-descriptions", "leave the descriptions out"),
};

static const struct cli_example export_examples[] = {
	{ "wimtool export install.wim \"Windows 11 Pro\" pro.wim", "one edition in a file of its own" },
	{ "wimtool export install.esd all install.wim --compress=lzx", "an ESD as a WIM that can be changed and split" },
	{ "wimtool export 'parts/install.swm' 1 one.wim --ref='parts/install*.swm'", "out of a split WIM" },
};

const struct cli_command cmd_export = {
	.name = "export",
	.summary = "copy images into a new or existing WIM",
	.usage = "WIM IMAGE TARGET [NAME [DESCRIPTION]]",
	.description =
		"IMAGE is an index, a name or \"all\". What is stored in the compression and chunk size of the target "
		"is copied as it is, all else is compressed anew on all processors. A new TARGET appears when it is "
		"complete; to an existing one the images are added behind its end, under the undo journal, and what it "
		"holds already is not stored again. A target named .esd, or --solid, gets solid resources.",
	.examples = export_examples,
	.n_examples = ARRAY_SIZE(export_examples),
	CLI_OPTIONS(struct export_args, export_options),
	.min_args = 3,
	.max_args = 5,
	.has_json = true,
	.run = export_run,
};
