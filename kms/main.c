/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/commands.h"

static const struct cli_command *const commands[] = {
	&cmd_audit, &cmd_events, &cmd_summarize, &cmd_merge, &cmd_ingest, &cmd_explain, &cmd_products, &cmd_host_keys, NULL,
};

static const struct cli_tool tool = {
	.name = "kms",
	.summary = "read the logs of KMS hosts",
	.description = "Finds cloned computers in the logs of KMS hosts and explains their counts. It only reads "
		       "logs.",
	.commands = commands,
};

int main(int argc, char **argv)
{
	return cli_main(&tool, argc, argv);
}
