/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/image/capture_config.h"
#include "common/image/image.h"
#include "common/image/image_compose.h"
#include "common/image/image_set.h"
#include "wimtool/commands.h"
#include "wimtool/persona.h"
#include "wimtool/pipable.h"
#include "wimtool/update_script.h"
#include "wimtool/wim_show.h"

#define SCRIPT_MAX (64u << 20)
#define THREADS_MAX 1024

struct update_args {
	struct cli_list commands;
	const char *script;
	const char *wimboot_config;
	uint64_t threads;
	bool force;
	bool recursive;
	bool dry_run;
	bool rebuild;
	bool check;
	bool no_check;
	struct update_add add;
	bool no_acls, strict_acls; /* nothing to do, see update_script.h */
	const char *config;
};

struct updater {
	struct cli *cli;
	const struct update_args *args;
	struct image_edit *edit;
	const struct capture_config *config; /* NULL: nothing is left out */
};

static int read_script_file(const char *path, struct strbuf *text, struct update_script *script, struct err *err)
{
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;

	if (file_read_all(path, SCRIPT_MAX, text, err) < 0 ||
	    update_script_parse(script, bytes_of(strbuf_text(text), text->len), name, err) < 0)
		return err_context(err, "%s", name);
	return 0;
}

/* Where Windows 8.1 looks for what is not left to the WIM. */
static void add_wimboot_config(const char *file, struct update_script *script)
{
	struct update_command *command = vec_add(&script->commands);

	*command = (struct update_command){ .op = UPDATE_ADD, .origin = "--wimboot-config", .first = xstrdup(file),
					    .second = xstrdup("/Windows/System32/WimBootCompress.ini") };
}

static int read_commands(const struct cli *cli, const struct update_args *args, struct update_script *script,
			 struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < args->commands.len; i++) {
		const char *command = args->commands.items[i];

		if (update_script_parse(script, bytes_of(command, strlen(command)), "--command", err) < 0)
			return err_context(err, "--command");
	}
	if (args->wimboot_config)
		add_wimboot_config(args->wimboot_config, script);
	if (args->script)
		return read_script_file(args->script, &text, script, err);
	if (args->commands.len || args->wimboot_config)
		return 0;
	if (isatty(STDIN_FILENO))
		cli_say(cli, "reading commands from standard input");
	return read_script_file("-", &text, script, err);
}

static void note(void *context, const char *path, const char *why)
{
	const struct updater *u = context;

	if (why)
		cli_warn(u->cli, "%s: %s", path, why);
	else
		cli_verbose(u->cli, "%s: left out by the capture configuration", path);
}

static int apply_add(struct updater *u, const struct update_command *c, struct err *err)
{
	const struct update_add *all = &u->args->add;
	const struct image_host_rules rules = {
		.config = u->config,
		.unix_data = c->add.unix_data || all->unix_data,
		.dereference = c->add.dereference || all->dereference,
		.no_replace = c->add.no_replace || all->no_replace,
		.replace_links = persona_is_wimlib(),
		.note = persona_is_wimlib() || u->config ? note : NULL,
		.context = u,
	};
	struct stat st;

	if (lstat(c->first, &st) < 0)
		return err_errno(err, errno, "%s", c->first);
	return image_edit_add_host_tree(u->edit, c->first, c->second, &rules, err);
}

/* Errors of the image that --force forgives: there is nothing to delete. */
static int apply_delete(struct updater *u, const struct update_command *c, struct err *err)
{
	bool recursive = c->recursive || u->args->recursive;

	if (persona_is_wimlib() && recursive && !c->first[strspn(c->first, "/\\")])
		return image_edit_clear(u->edit, err);
	if (image_edit_delete(u->edit, c->first, recursive, err) == 0)
		return 0;
	if ((c->force || u->args->force) && err->kind == ERR_NOT_FOUND) {
		*err = (struct err){ 0 };
		return 0;
	}
	if (err->kind == ERR_REFUSED && !recursive && c->first[strspn(c->first, "/\\")])
		err_hint(err, "delete --recursive deletes a folder with all that is in it");
	return -1;
}

static int apply_command(struct updater *u, const struct update_command *c, struct err *err)
{
	switch (c->op) {
	case UPDATE_ADD:
		return apply_add(u, c, err);
	case UPDATE_DELETE:
		return apply_delete(u, c, err);
	case UPDATE_RENAME:
		return (persona_is_wimlib() ? image_edit_rename_over : image_edit_rename)(u->edit, c->first, c->second, err);
	}
	return -1;
}

static void show_command(const struct updater *u, const struct update_command *c)
{
	struct json *j = u->cli->json;

	if (u->args->dry_run && !u->cli->quiet) {
		fprintf(u->cli->out, "would %s ", update_op_name(c->op));
		wim_show_text(c->first, u->cli->out);
		fputs(c->second ? " -> " : "", u->cli->out);
		wim_show_text(c->second ? c->second : "", u->cli->out);
		fputc('\n', u->cli->out);
	}
	json_begin_object(j, NULL);
	json_text(j, "command", update_op_name(c->op));
	json_text(j, "origin", c->origin);
	json_uint(j, "line", c->line);
	if (c->op == UPDATE_DELETE) {
		json_text(j, "path", c->first);
	} else {
		json_text(j, c->op == UPDATE_ADD ? "source" : "from", c->first);
		json_text(j, c->op == UPDATE_ADD ? "path" : "to", c->second);
	}
	json_end_object(j);
}

static int apply_all(struct updater *u, const struct update_script *script, struct err *err)
{
	json_begin_array(u->cli->json, "changes");
	for (size_t i = 0; i < script->commands.len; i++) {
		const struct update_command *c = &script->commands.items[i];

		if (apply_command(u, c, err) < 0) {
			if (err->kind == ERR_USAGE) /* of the script, not of the command line */
				err->kind = ERR_REFUSED;
			return err_context(err, "%s: line %u: %s", c->origin, c->line, update_op_name(c->op));
		}
		show_command(u, c);
	}
	json_end_array(u->cli->json);
	return 0;
}

static void show_result(const struct updater *u, size_t n, const struct image_commit_stats *stats)
{
	struct json *j = u->cli->json;

	if (!u->cli->quiet && u->args->dry_run)
		fprintf(u->cli->out, "%s: image %u: %zu change%s would be made; nothing is written\n", u->cli->args[0],
			image_edit_index(u->edit), n, PLURAL(n));
	else if (!u->cli->quiet)
		fprintf(u->cli->out, "%s: image %u: %zu change%s, %" PRIu64 " content%s added, %" PRIu64
			" bytes appended\n", u->cli->args[0], image_edit_index(u->edit), n, PLURAL(n), stats->blobs_added,
			PLURAL(stats->blobs_added), stats->bytes_appended);
	json_uint(j, "contents_added", stats->blobs_added);
	json_uint(j, "bytes_appended", stats->bytes_appended);
}

static int update(struct updater *u, const struct update_script *script, struct err *err)
{
	const char *wim = u->cli->args[0];
	struct image_commit_stats stats = { 0 };

	json_begin_object(u->cli->json, "result");
	json_text(u->cli->json, "wim", wim);
	json_uint(u->cli->json, "image", image_edit_index(u->edit));
	json_bool(u->cli->json, "dry_run", u->args->dry_run);
	if (apply_all(u, script, err) < 0)
		return -1;
	if (!u->args->dry_run && image_edit_commit(u->edit, &stats, err) < 0)
		return err_context(err, "%s", wim);
	show_result(u, script->commands.len, &stats);
	json_end_object(u->cli->json);
	return CLI_DONE;
}

/* What wimlib-imagex does in the same write; here each step leaves a whole WIM. */
static int finish(const struct cli *cli, const struct update_args *args, struct err *err)
{
	const struct image_settings settings = { .check = args->check, .no_check = args->no_check };
	const struct image_optimize rebuild = { .wim = cli->args[0] };
	const struct image_work work = { .threads = (unsigned)args->threads };
	struct image_set_result set;
	struct image_done done;

	if ((args->check || args->no_check) && image_set(cli->args[0], &settings, &set, err) < 0)
		return err_context(err, "%s", cli->args[0]);
	return args->rebuild ? image_optimize(&rebuild, &work, &done, err) : 0;
}

static int check_args(const struct update_args *args, struct err *err)
{
	if (args->check && args->no_check)
		return err_set(err, ERR_USAGE, "--check and --nocheck exclude each other");
	if (args->threads > THREADS_MAX)
		return err_set(err, ERR_USAGE, "--threads: no more than %d", THREADS_MAX);
	return 0;
}

/* wimlib-imagex leaves page files and the like out, as capture does. */
static int read_config(const struct update_args *args, struct capture_config *ret, struct err *err)
{
	return args->config || persona_is_wimlib() ? capture_config_load(args->config, ret, err) : 0;
}

static int update_wim(struct updater *u, const struct update_script *script, struct err *err)
{
	const struct cli *cli = u->cli;
	CLEANUP(image_edit_closep) struct image_edit *edit =
		image_edit_open(cli->args[0], cli->n_args > 1 ? cli->args[1] : NULL, err);

	if (!edit)
		return err_context(err, "%s", cli->args[0]);
	u->edit = edit;
	image_edit_set_threads(edit, (unsigned)u->args->threads);
	if (update(u, script, err) < 0)
		return -1;
	image_edit_closep(&edit); /* and its lock */
	return u->args->dry_run ? 0 : finish(cli, u->args, err);
}

static int update_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct update_args *args = raw;
	CLEANUP(update_script_release) struct update_script script = { 0 };
	CLEANUP(capture_config_release) struct capture_config config = { .exact = false };
	struct updater updater = { .cli = cli, .args = raw };
	struct pipable pipable = { .was = false };

	if (check_args(args, err) < 0 || read_config(args, &config, err) < 0 || read_commands(cli, raw, &script, err) < 0)
		return -1;
	updater.config = args->config || persona_is_wimlib() ? &config : NULL;
	if (!args->dry_run && pipable_begin(cli->args[0], &pipable, err) < 0)
		return -1;
	return pipable_end(&pipable, update_wim(&updater, &script, err), err) < 0 ? -1 : CLI_DONE;
}

static const struct cli_option update_options[] = {
	OPT_LIST(struct update_args, commands, 0, "command", "TEXT", "a command; may be given several times"),
	OPT_TEXT(struct update_args, script, 0, "script", "FILE", "read the commands from FILE"),
	OPT_TEXT(struct update_args, wimboot_config, 0, "wimboot-config", "FILE",
		 "add FILE as /Windows/System32/WimBootCompress.ini"),
	OPT_FLAG(struct update_args, force, 0, "force", "as delete --force in every command"),
	OPT_FLAG(struct update_args, recursive, 0, "recursive", "as delete --recursive in every command"),
	OPT_FLAG(struct update_args, add.unix_data, 0, "unix-data", "add: keep owners, modes and special files of Linux"),
	OPT_FLAG(struct update_args, add.dereference, 0, "dereference", "add: store what symbolic links point to"),
	OPT_FLAG(struct update_args, add.no_replace, 0, "no-replace", "add: a file that is there is an error"),
	OPT_TEXT(struct update_args, config, 0, "config", "FILE", "add: leave out what a capture configuration names"),
	OPT_FLAG(struct update_args, no_acls, 0, "no-acls", "the default: folders of Linux have no security descriptors"),
	OPT_FLAG(struct update_args, strict_acls, 0, "strict-acls", "the same"),
	OPT_FLAG(struct update_args, rebuild, 0, "rebuild", "write the WIM anew afterwards, without what is not used"),
	OPT_FLAG(struct update_args, rebuild, 0, "unsafe-compact", "the same; nothing of it is unsafe here"),
	OPT_FLAG(struct update_args, check, 0, "check", "write an integrity table"),
	OPT_FLAG(struct update_args, check, 0, "include-integrity", "the same"),
	OPT_FLAG(struct update_args, no_check, 0, "nocheck", "take the integrity table away"),
	OPT_NUMBER(struct update_args, threads, 0, "threads", "N", "compress with N threads (default: one a core)"),
	OPT_FLAG(struct update_args, dry_run, 'n', "dry-run", "check the commands and say what they would do"),
};

static const struct cli_example update_examples[] = {
	{ "wimtool update install.wim 1 < changes.txt", "carry out a script" },
	{ "wimtool update boot.wim 2 --command=\"add startnet.cmd /Windows/System32/startnet.cmd\"",
	  "replace one file; it keeps its security descriptor, attributes, creation time and hard links" },
	{ "wimtool update install.wim 1 --dry-run --command=\"delete --recursive '/Program Files/Old'\"",
	  "see what would be done" },
};

const struct cli_command cmd_update = {
	.name = "update",
	.summary = "add, delete and rename files of an image",
	.usage = "WIM [IMAGE]",
	.description =
		"Carries out commands, one a line, from standard input, --script or --command:\n\n"
		"add SOURCE DEST puts a file or folder into the image; delete [--force] [--recursive] PATH takes one "
		"out; rename FROM TO moves one. Words with blanks stand in '...' or \"...\"; lines that begin with # "
		"are comments. The script may be UTF-8 or UTF-16.\n\n"
		"All commands are carried out or none: a wrong one leaves the WIM as it is. No mount is needed. A "
		"replaced file keeps its security descriptor, attributes, creation time and hard links.",
	.examples = update_examples,
	.n_examples = ARRAY_SIZE(update_examples),
	CLI_OPTIONS(struct update_args, update_options),
	.min_args = 1,
	.max_args = 2,
	.has_json = true,
	.run = update_run,
};
