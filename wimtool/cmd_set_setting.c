/* SPDX-License-Identifier: GPL-3.0-or-later */
/* set-timezone, set-computername and set-locale: one setting each, written at once. */
#include <string.h>

#include "wimtool/commands.h"
#include "wimtool/image_setup.h"

struct setting_args {
	const char *keyboard;
	struct cli_list parts;
	bool dry_run;
};

/* Writes unless it is a dry run, and says what was done. */
static int finish(struct cli *cli, struct setup *setup, const struct setting_args *args, const char *what, struct err *err)
{
	unsigned hives = 0;

	if (!args->dry_run && setup_commit(setup, &hives, err) < 0)
		return err_context(err, "%s", cli->args[0]);
	if (!cli->quiet && args->dry_run)
		fprintf(cli->out, "%s: %s %s can be set; nothing is written\n", cli->args[0], what, cli->args[1]);
	else if (!cli->quiet)
		fprintf(cli->out, "%s: %s %s%s\n", cli->args[0], what, cli->args[1],
			hives ? "" : " is set already");
	json_begin_object(cli->json, "result");
	json_text(cli->json, "target", cli->args[0]);
	json_text(cli->json, "setting", what);
	json_text(cli->json, "value", cli->args[1]);
	json_bool(cli->json, "dry_run", args->dry_run);
	json_uint(cli->json, "hives", hives);
	json_end_object(cli->json);
	return CLI_DONE;
}

static int timezone_run(struct cli *cli, const void *args, struct err *err)
{
	CLEANUP(setup_release) struct setup setup = { 0 };
	const struct setting_args *a = args;

	if (setup_open(&setup, cli->args[0], !a->dry_run, err) < 0 || setup_time_zone(&setup, cli->args[1], err) < 0)
		return -1;
	return finish(cli, &setup, a, "time zone", err);
}

static int computername_run(struct cli *cli, const void *args, struct err *err)
{
	CLEANUP(setup_release) struct setup setup = { 0 };
	const struct setting_args *a = args;

	if (setup_open(&setup, cli->args[0], !a->dry_run, err) < 0 ||
	    setup_computer_name(&setup, cli->args[1], err) < 0)
		return -1;
	return finish(cli, &setup, a, "computer name", err);
}

static int parse_parts(const struct cli_list *list, unsigned *ret, struct err *err)
{
	static const char *const names[] = { "system", "user", "input", "ui", NULL };

	*ret = list->len ? 0 : LOCALE_ALL;
	for (size_t i = 0; i < list->len; i++) {
		unsigned part = 0;

		while (names[part] && strcmp(names[part], list->items[i]) != 0)
			part++;
		if (!names[part])
			return err_set(err, ERR_USAGE, "--only=%s: system, user, input or ui is wanted", list->items[i]);
		*ret |= 1u << part;
	}
	return 0;
}

static int locale_run(struct cli *cli, const void *args, struct err *err)
{
	CLEANUP(setup_release) struct setup setup = { 0 };
	const struct setting_args *a = args;
	struct setup_locale wanted = {
		.locale = cli->args[1], .keyboard = a->keyboard, .ui_if_there = a->parts.len == 0,
	};
	bool ui;

	if (parse_parts(&a->parts, &wanted.parts, err) < 0 || setup_open(&setup, cli->args[0], !a->dry_run, err) < 0 ||
	    setup_locale(&setup, &wanted, &ui, err) < 0)
		return -1;
	if ((wanted.parts & LOCALE_UI) && !ui)
		cli_say(cli, "%s: the image has no user interface in %s: its language stays", cli->args[0], cli->args[1]);
	return finish(cli, &setup, a, "locale", err);
}

#define OPT_DRY_RUN OPT_FLAG(struct setting_args, dry_run, 'n', "dry-run", "check everything, write nothing")

static const struct cli_option plain_options[] = { OPT_DRY_RUN };

static const struct cli_option locale_options[] = {
	OPT_LIST(struct setting_args, parts, 0, "only", "PART",
		 "only this part: system, user, input or ui (may be given several times)"),
	OPT_TEXT(struct setting_args, keyboard, 0, "keyboard", "ID", "another keyboard than the usual one, as 00000807"),
	OPT_DRY_RUN,
};

static const struct cli_example timezone_examples[] = {
	{ "wimtool set-timezone install.wim:1 'W. Europe Standard Time'", "as dism /Set-TimeZone, without a mount" },
	{ "wimtool set-timezone /mnt/windows Europe/Berlin", "the name of the IANA database" },
};

static const struct cli_example computername_examples[] = {
	{ "wimtool set-computername install.wim:1 KIOSK-7", "in every control set" },
	{ "wimtool set-computername install.wim:1 '*'", "a random name, as Setup makes them" },
};

static const struct cli_example locale_examples[] = {
	{ "wimtool set-locale install.wim:1 de-DE", "as dism /Set-AllIntl" },
	{ "wimtool set-locale install.wim:1 de-CH --only=input --only=user", "keyboard and formats alone" },
};

const struct cli_command cmd_set_timezone = {
	.name = "set-timezone",
	.summary = "set the time zone of a Windows in an image or folder",
	.usage = "WIM:IMAGE|DIR ZONE",
	.description = "ZONE is a key name of Windows, an index as in sysprep.inf, or an IANA name. A WIM is changed in "
		       "place by one append, a folder by replacing its SYSTEM hive.",
	.examples = timezone_examples,
	.n_examples = ARRAY_SIZE(timezone_examples),
	CLI_OPTIONS(struct setting_args, plain_options),
	.min_args = 2,
	.max_args = 2,
	.has_json = true,
	.run = timezone_run,
};

const struct cli_command cmd_set_computername = {
	.name = "set-computername",
	.summary = "set the computer name of a Windows in an image or folder",
	.usage = "WIM:IMAGE|DIR NAME",
	.description = "Sets the NetBIOS name and the host name in every control set. For many machines from one image "
		       "an answer file is the better place: it can name each of them.",
	.examples = computername_examples,
	.n_examples = ARRAY_SIZE(computername_examples),
	CLI_OPTIONS(struct setting_args, plain_options),
	.min_args = 2,
	.max_args = 2,
	.has_json = true,
	.run = computername_run,
};

const struct cli_command cmd_set_locale = {
	.name = "set-locale",
	.summary = "set locale, keyboard and language of a Windows in an image or folder",
	.usage = "WIM:IMAGE|DIR LOCALE",
	.description =
		"Sets the system locale with its code pages, the formats and the location of the default and of new "
		"users, their keyboard, and the language of the user interface when the image has it. Language packs "
		"can only be added by Windows (dism /Add-Package).",
	.examples = locale_examples,
	.n_examples = ARRAY_SIZE(locale_examples),
	CLI_OPTIONS(struct setting_args, locale_options),
	.min_args = 2,
	.max_args = 2,
	.has_json = true,
	.run = locale_run,
};
