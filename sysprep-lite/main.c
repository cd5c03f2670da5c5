/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/commands.h"

static const struct cli_command *const commands[] = {
	&cmd_scan, &cmd_plan, &cmd_generalize, &cmd_verify, &cmd_undo, &cmd_compare,
	&cmd_operations, &cmd_timezone, NULL,
};

static const struct cli_tool sysprep_lite = {
	.name = "sysprep-lite",
	.summary = "offline generalization of Windows images",
	.description = "Finds the identity of the reference machine in a Windows folder or WIM image and removes what "
		       "can be removed without starting Windows. It does not replace sysprep /generalize: the machine "
		       "SID and the client machine ID (CMID) can only be changed by Windows itself.",
	.commands = commands,
};

int main(int argc, char **argv)
{
	return cli_main(&sysprep_lite, argc, argv);
}
