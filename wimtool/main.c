/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "wimtool/commands.h"
#include "wimtool/library_versions.h"
#include "wimtool/persona.h"
#include "wimtool/servicing.h"

static const struct cli_command *const commands[] = {
	&cmd_info,
	&cmd_list,
	&cmd_dir,
	&cmd_capture,
	&cmd_append,
	&cmd_apply,
	&cmd_extract,
	&cmd_cat,
	&cmd_hash,
	&cmd_diff,
	&cmd_verify,
	&cmd_update,
	&cmd_set,
	&cmd_export,
	&cmd_delete,
	&cmd_optimize,
	&cmd_split,
	&cmd_join,
	&cmd_mount,
	&cmd_mountrw,
	&cmd_mounts,
	&cmd_commit,
	&cmd_remount,
	&cmd_unmount,
	&cmd_clean,
	&cmd_recover,
	&cmd_doctor,
	&cmd_set_timezone,
	&cmd_set_computername,
	&cmd_set_locale,
	&cmd_apply_unattend,
	&cmd_build,
	NULL,
};

static const struct cli_tool wimtool = {
	.name = "wimtool",
	.summary = "make, read and change Windows images (WIM, ESD, SWM)",
	.description =
		"Files of an image are read and changed without a mount and without unpacking the image. WIM is the "
		"path of the file; IMAGE is an index from 1 or the name of an image, and may be left out where there "
		"is only one. Paths in an image take / and \\, in any case of letters.",
	.commands = commands,
	.library_versions = wimtool_library_versions,
};

int main(int argc, char **argv)
{
	int status;

	argc = persona_take(&wimtool, argc, &argv);
	if (persona_is_wimlib() && argc > 1 && strcmp(argv[1], "--version") == 0)
		puts("wimlib-imagex " PERSONA_VERSION " (as wimtool takes its commands)");
	if (argc > 1 && servicing_is_verb(argv[1]))
		return servicing_refuse(argc, argv);
	status = cli_main(&wimtool, argc, argv);
	persona_end();
	return status;
}
