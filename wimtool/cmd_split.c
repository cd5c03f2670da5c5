/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "wimtool/commands.h"
#include "wimtool/compose_args.h"
#include "wimtool/persona.h"

#define USUAL_SIZE "4000" /* MiB: a file on FAT32 has less than 4096, and some tools count in megabytes */
#define SIZE_MAX_MIB 1e9

struct split_args {
	struct compose_args work;
	const char *compress;
	bool force;
};

/* Mebibytes, with a fraction as wimlib-imagex takes it; "3800M" and "3.7G", as recipes have sizes, too. */
static int parse_size(const char *text, uint64_t *ret, struct err *err)
{
	char *end;
	double mib = strtod(text, &end);

	if (end != text && *end == 'G')
		mib *= 1024;
	if (end != text && (*end == 'G' || *end == 'M'))
		end++;
	if (end == text || *end || !isfinite(mib) || mib <= 0 || mib > SIZE_MAX_MIB)
		return err_set(err, ERR_USAGE, "%s: a part size in MiB is wanted, as 4000 or 0.5, or with a unit: 3800M, 3.7G", text);
	*ret = (uint64_t)(mib * 1048576);
	return 0;
}

static int split_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct split_args *args = raw;
	const struct pack_args pack = { .compress = args->compress };
	struct image_split request = { .source = cli->args[0], .first = cli->args[1], .force = args->force || persona_is_wimlib() };
	struct compose_run run;
	struct image_done done;
	int result;

	if (parse_size(cli->n_args > 2 ? cli->args[2] : USUAL_SIZE, &request.part_bytes, err) < 0 ||
	    pack_parse(cli, &pack, &request.packing, err) < 0)
		return -1;
	if (request.packing.solid)
		return err_set(err, ERR_USAGE, "--compress=%s: the parts of a split WIM are not solid", args->compress);
	if (compose_begin(&run, cli, &args->work, "split", err) < 0)
		return -1;
	result = image_split(&request, &run.work, &done, err);
	compose_end(&run);
	if (result < 0)
		return -1;
	if (done.replaced)
		cli_say(cli, "%u further part%s of the set that was there %s removed", done.replaced, PLURAL(done.replaced),
			done.replaced == 1 ? "is" : "are");
	if (done.too_large)
		cli_warn(cli, "%u part%s larger than wanted: a file of the image is in one piece", done.too_large,
			 done.too_large == 1 ? " is" : "s are");
	compose_show(cli, request.first, "split", &done);
	return CLI_DONE;
}

static const struct cli_option split_options[] = {
	COMPOSE_OPTIONS(struct split_args),
	COMPOSE_REF_OPTION(struct split_args),
	OPT_TEXT(struct split_args, compress, 0, "compress", "TYPE[:LEVEL]",
		 "compress anew; of a solid WIM all is: lzx when nothing else is said"),
	OPT_FLAG(struct split_args, force, 'f', "force", "replace parts that are there"),
};

static const struct cli_example split_examples[] = {
	{ "wimtool split install.wim /media/usb/sources/install.swm", "for a stick with FAT32: parts of 4000 MiB" },
	{ "wimtool split install.esd install.swm 3800", "a solid WIM, in one pass" },
	{ "wimtool split install.wim cd.swm 650 --check --json", "parts with integrity tables" },
};

const struct cli_command cmd_split = {
	.name = "split",
	.summary = "write a WIM as several files of a largest size",
	.usage = "WIM FIRST-PART [SIZE-IN-MIB]",
	.description =
		"The parts are FIRST-PART and, with 2, 3, ... in front of the extension, the others; Windows Setup takes "
		"install.swm, install2.swm and so on. Contents are copied as they are stored; those of a solid WIM "
		"(ESD) are unpacked and compressed as LZX on the way, without a file between. No part is larger than "
		"SIZE (default " USUAL_SIZE ") unless one file alone is; on FAT that is refused. Room on the disk is "
		"looked at first. The parts appear when all are complete. With --force the parts of a set that is there "
		"are replaced, and what it has beyond the last new one is removed; after a kill, wimtool recover FIRST-PART "
		"puts the old set back or completes the new one.",
	.examples = split_examples,
	.n_examples = ARRAY_SIZE(split_examples),
	CLI_OPTIONS(struct split_args, split_options),
	.min_args = 2,
	.max_args = 3,
	.has_json = true,
	.run = split_run,
};
