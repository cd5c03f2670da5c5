/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "wimtool/commands.h"
#include "wimtool/compose_args.h"
#include "wimtool/persona.h"

struct export_args {
	struct compose_args work;
	struct pack_args pack;
	bool boot;
	bool rebuild;
	bool recompress;
	bool wimboot;
	bool no_names;
	bool no_descriptions;
};

static int check_pipe(const struct cli *cli, struct pack_args *pack, struct err *err)
{
	if (strcmp(cli->args[2], "-") != 0)
		return 0;
	if (pack->not_pipable)
		return err_set(err, ERR_USAGE, "what goes to standard output is pipable");
	if (cli->json)
		return err_set(err, ERR_USAGE, "a WIM is alone on standard output");
	if (isatty(STDOUT_FILENO))
		return err_set(err, ERR_USAGE, "a WIM is not written to a terminal");
	pack->pipable = true;
	return 0;
}

/* What Windows 8.1 reads its files from: of a new WIM. */
static void choose_wimboot(const struct cli *cli, const struct pack_args *pack, struct image_packing *packing)
{
	if (pack->compress || path_exists(cli->args[2]))
		return;
	packing->given = true;
	packing->compression = WIM_XPRESS;
	if (!pack->chunk_size)
		packing->chunk_size = WIMBOOT_CHUNK;
}

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
		.recompress = args->recompress,
		.wimboot = args->wimboot,
		.solid_as_source = persona_is_wimlib(),
	};
	struct pack_args pack = args->pack;
	struct compose_run run;
	struct image_done done;
	int result;

	if (check_pipe(cli, &pack, err) < 0 || pack_parse(cli, &pack, &request.packing, err) < 0 ||
	    compose_begin(&run, cli, &args->work, "export", err) < 0)
		return -1;
	if (args->wimboot)
		choose_wimboot(cli, &pack, &request.packing);
	/* a new WIM of wimlib-imagex has a table only when it is asked for */
	if (persona_is_wimlib() && !path_exists(request.target))
		run.work.no_check |= !run.work.check;
	result = image_export(&request, &run.work, &done, err);
	compose_end(&run);
	if (result < 0)
		return -1;
	if (strcmp(request.target, "-") != 0)
		compose_show(cli, request.target, "exported", &done);
	return CLI_DONE;
}

static const struct cli_option export_options[] = {
	COMPOSE_OPTIONS(struct export_args),
	COMPOSE_REF_OPTION(struct export_args),
	PACK_OPTIONS(struct export_args),
	PIPABLE_OPTIONS(struct export_args),
	OPT_FLAG(struct export_args, boot, 0, "boot", "mark what is exported as the image to boot"),
	OPT_FLAG(struct export_args, rebuild, 0, "rebuild", "write an existing target anew instead of adding behind its end"),
	OPT_FLAG(struct export_args, rebuild, 0, "unsafe-compact", "the same; nothing of it is unsafe here"),
	OPT_FLAG(struct export_args, recompress, 0, "recompress", "compress everything anew instead of copying it"),
	OPT_FLAG(struct export_args, wimboot, 0, "wimboot",
		 "mark the images for WIMBoot; a new WIM has XPRESS in chunks of 4096"),
	OPT_FLAG(struct export_args, no_names, 0, "no-names", "leave the names of the images out"),
	OPT_FLAG(struct export_args, no_descriptions, 0, "no-descriptions", "leave the descriptions out"),
};

static const struct cli_example export_examples[] = {
	{ "wimtool export install.wim \"Windows 11 Pro\" pro.wim", "one edition in a file of its own" },
	{ "wimtool export install.esd all install.wim --compress=lzx", "an ESD as a WIM that can be changed and split" },
	{ "wimtool export install.wim 1 - | ssh host wimtool apply - /mnt/target", "through a pipe" },
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
		"holds already is not stored again. A target named .esd, or --solid, gets solid resources.\n\n"
		"TARGET \"-\" is standard output, for wimtool apply - or wimlib-imagex apply - at the other end of a pipe. "
		"The WIM is complete, in a file without a name in $TMPDIR or /var/tmp, before its first byte is written. "
		"It is pipable, as with --pipable: Microsoft's tools and 7-Zip do not read that. An existing TARGET that "
		"is pipable, or becomes it, is written anew.",
	.examples = export_examples,
	.n_examples = ARRAY_SIZE(export_examples),
	CLI_OPTIONS(struct export_args, export_options),
	.min_args = 3,
	.max_args = 5,
	.has_json = true,
	.run = export_run,
};
