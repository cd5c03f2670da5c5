/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/commands.h"
#include "wimtool/compose_args.h"
#include "wimtool/persona.h"

struct join_args {
	struct compose_args work;
	bool force;
};

static int join_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct join_args *args = raw;
	const char *const *parts = (const char *const *)(cli->args + 1);
	struct compose_run run;
	struct image_done done;
	int result;

	if (compose_begin(&run, cli, &args->work, "join", err) < 0)
		return -1;
	result = image_join(cli->args[0], parts, cli->n_args - 1, args->force || persona_is_wimlib(), &run.work, &done,
			    err);
	compose_end(&run);
	if (result < 0)
		return -1;
	compose_show(cli, cli->args[0], "joined", &done);
	return CLI_DONE;
}

static const struct cli_option join_options[] = {
	COMPOSE_OPTIONS(struct join_args),
	OPT_FLAG(struct join_args, force, 'f', "force", "replace a file that is there"),
};

static const struct cli_example join_examples[] = {
	{ "wimtool join install.wim install*.swm", "one file out of its parts" },
	{ "wimtool join install.wim install*.swm --check", "with an integrity table" },
	{ "wimtool join install.wim install*.swm --json", "the same, for a script" },
};

const struct cli_command cmd_join = {
	.name = "join",
	.summary = "make one WIM of the parts of a split one",
	.usage = "TARGET PART...",
	.description = "All parts must be given, in any order. They are copied as they are stored.",
	.examples = join_examples,
	.n_examples = ARRAY_SIZE(join_examples),
	CLI_OPTIONS(struct join_args, join_options),
	.min_args = 2,
	.max_args = SIZE_MAX,
	.has_json = true,
	.run = join_run,
};
