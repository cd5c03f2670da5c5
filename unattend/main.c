/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/commands.h"
#include "unattend/xml_check.h"

static const struct cli_command *const commands[] = {
	&cmd_lint, &cmd_fix, &cmd_explain, &cmd_rules, &cmd_key, &cmd_get, &cmd_set, &cmd_schema, &cmd_timezone, NULL,
};

static const char *(*const library_versions[])(void) = { xml_library_version, NULL };

static const struct cli_tool tool = {
	.name = "unattend",
	.summary = "check and mend answer files of Windows Setup and Sysprep",
	.description = "Finds what would stop or surprise an unattended installation, with the place, the reason and a safe fix.",
	.commands = commands,
	.library_versions = library_versions,
};

int main(int argc, char **argv)
{
	return cli_main(&tool, argc, argv);
}
