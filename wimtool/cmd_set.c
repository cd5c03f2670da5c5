/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "common/image/image_set.h"
#include "wimtool/commands.h"
#include "wimtool/property_list.h"

struct set_args {
	const char *name;
	const char *description;
	const char *display_name;
	const char *flags;
	const char *boot_index;
	const char *display_description;
	bool check;
	bool no_check;
	struct cli_list properties;
};

static int parse_boot(const char *text, struct image_settings *ret, struct err *err)
{
	if (!text)
		return 0;
	if (!*text || text[strspn(text, "0123456789")] || strlen(text) > 6)
		return err_set(err, ERR_USAGE, "--boot-index=%s: the index of an image is wanted, or 0 for none", text);
	ret->set_boot = true;
	ret->boot_index = (unsigned)strtoul(text, NULL, 10);
	return 0;
}

static void show(const struct cli *cli, const struct image_set_result *done)
{
	if (!cli->quiet)
		fprintf(cli->out, done->changed ? "%s: set\n" : "%s: nothing to change\n", cli->args[0]);
	json_begin_object(cli->json, "result");
	json_text(cli->json, "wim", cli->args[0]);
	if (done->index)
		json_uint(cli->json, "image", done->index);
	json_bool(cli->json, "changed", done->changed);
	json_uint(cli->json, "boot_index", done->boot_index);
	json_end_object(cli->json);
}

static int set_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct set_args *args = raw;
	CLEANUP(property_list_release) struct property_list list = { .items = { 0 } };
	struct image_settings settings = {
		.image = cli->n_args > 1 ? cli->args[1] : NULL,
		.check = args->check,
		.no_check = args->no_check,
	};
	struct image_set_result done;

	property_list_add(&list, "NAME", args->name);
	property_list_add(&list, "DESCRIPTION", args->description);
	property_list_add(&list, "DISPLAYNAME", args->display_name);
	property_list_add(&list, "DISPLAYDESCRIPTION", args->display_description);
	property_list_add(&list, "FLAGS", args->flags);
	if (property_list_add_given(&list, &args->properties, "--property", err) < 0 ||
	    property_list_check(&list, err) < 0 || parse_boot(args->boot_index, &settings, err) < 0)
		return -1;
	if (args->check && args->no_check)
		return err_set(err, ERR_USAGE, "--check and --nocheck exclude each other");
	if (!list.items.len && !settings.set_boot && !args->check && !args->no_check)
		return err_set(err, ERR_USAGE, "nothing to set was named");
	settings.properties = list.items.items;
	settings.n_properties = list.items.len;
	if (image_set(cli->args[0], &settings, &done, err) < 0)
		return err_context(err, "%s", cli->args[0]);
	show(cli, &done);
	return CLI_DONE;
}

static const struct cli_option set_options[] = {
	OPT_TEXT(struct set_args, name, 0, "name", "TEXT", "name of the image"),
	OPT_TEXT(struct set_args, description, 0, "description", "TEXT", "description of the image"),
	OPT_TEXT(struct set_args, display_name, 0, "display-name", "TEXT", "name that Windows Setup shows"),
	OPT_TEXT(struct set_args, display_description, 0, "display-description", "TEXT",
		 "description that Windows Setup shows"),
	OPT_FLAG(struct set_args, check, 0, "check", "add an integrity table where there is none"),
	OPT_FLAG(struct set_args, no_check, 0, "nocheck", "take the integrity table away"),
	OPT_TEXT(struct set_args, flags, 0, "flags", "EDITION", "edition, as Professional or ServerStandard"),
	OPT_TEXT(struct set_args, boot_index, 0, "boot-index", "N", "the image that boots, 0 for none"),
	OPT_LIST(struct set_args, properties, 0, "property", "PATH=VALUE",
		 "any other, as WINDOWS/VERSION/BUILD=19045 (may be given several times)"),
};

static const struct cli_example set_examples[] = {
	{ "wimtool set install.wim 1 --name='Windows 11 Pro' --flags=Professional", "name an image" },
	{ "wimtool set boot.wim --boot-index=2", "the image that boots" },
	{ "wimtool set install.wim 1 --property=WINDOWS/EDITIONID=Professional --json", "any property" },
};

const struct cli_command cmd_set = {
	.name = "set",
	.summary = "change names and properties of an image, and which one boots",
	.usage = "WIM [IMAGE]",
	.description =
		"The new XML is appended and the header written last, with an undo journal, so that whatever "
		"interrupts it leaves the old WIM or the new one; files and integrity table are not touched. "
		"All else in the XML keeps its bytes. Counts (DIRCOUNT, FILECOUNT, TOTALBYTES, HARDLINKBYTES) "
		"cannot be set.",
	.examples = set_examples,
	.n_examples = ARRAY_SIZE(set_examples),
	CLI_OPTIONS(struct set_args, set_options),
	.min_args = 1,
	.max_args = 2,
	.has_json = true,
	.run = set_run,
};
