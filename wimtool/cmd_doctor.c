/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "wimtool/commands.h"
#include "wimtool/doctor.h"

struct doctor_args {
	struct cli_list require;
	const char *format;
};

struct tables {
	struct fix_table *items;
	size_t len;
	const char **names; /* of all files, lent */
};

static int load_tables(const struct cli_list *require, struct tables *ret, struct err *err)
{
	size_t n = 0;

	ret->items = xcalloc(require->len + 1, sizeof(*ret->items));
	for (; ret->len < require->len; ret->len++)
		if (fix_table_load(require->items[ret->len], &ret->items[ret->len], err) < 0) {
			fix_table_release(&ret->items[ret->len]);
			return -1;
		}
	for (size_t i = 0; i < ret->len; i++)
		n += ret->items[i].rows.len;
	ret->names = xcalloc(n + 1, sizeof(*ret->names));
	n = 0;
	for (size_t i = 0; i < ret->len; i++)
		for (size_t k = 0; k < ret->items[i].rows.len; k++)
			ret->names[n++] = ret->items[i].names[k];
	return 0;
}

static void release_tables(struct tables *tables)
{
	for (size_t i = 0; i < tables->len; i++)
		fix_table_release(&tables->items[i]);
	free(tables->items);
	free(tables->names);
}

static int examine(struct cli *cli, const struct tables *tables, struct report *report, struct err *err)
{
	CLEANUP(doctor_release) struct doctor doctor = { 0 };

	if (doctor_scan(cli->args[0], tables->names, &doctor, err) < 0)
		return -1;
	doctor_judge(&doctor, report);
	json_begin_object(cli->json, "result");
	json_text(cli->json, "target", cli->args[0]);
	doctor_show(&doctor, cli);
	json_begin_array(cli->json, "required");
	for (size_t i = 0; i < tables->len; i++)
		fix_judge(&tables->items[i], &doctor, cli, report);
	json_end_array(cli->json);
	json_end_object(cli->json);
	return 0;
}

static bool is_program(const char *path)
{
	CLEANUP(close_fdp) int fd = path_is_dir(path) ? -1 : file_open_read(path, NULL);
	char magic[2];

	return fd >= 0 && file_pread(fd, magic, sizeof(magic), 0, NULL) == 0 && memcmp(magic, "MZ", 2) == 0;
}

/* The version of one program file. */
static int show_program(struct cli *cli, const char *path, struct err *err)
{
	CLEANUP(file_map_release) struct file_map map = { 0 };
	CLEANUP(pe_info_release) struct pe_info info = { 0 };
	int result = file_map_open(path, &map, err);

	if (result == 0)
		result = pe_version_load(map.bytes, &info, err);
	if (result < 0)
		return err_context(err, "%s", path);
	json_begin_object(cli->json, "result");
	json_text(cli->json, "path", path);
	doctor_show_program(&info, cli);
	json_end_object(cli->json);
	return CLI_DONE;
}

/* quiet: the list for people is not wanted, only the findings. */
static int look(struct cli *cli, const struct tables *tables, bool quiet, struct report *report, struct err *err)
{
	FILE *out = cli->out;
	FILE *sink = quiet ? fopen("/dev/null", "we") : NULL;
	int result = 0;

	if (quiet && !sink)
		return err_errno(err, errno, "/dev/null");
	if (sink)
		cli->out = sink;
	if (!cli->n_args)
		doctor_host(cli, report);
	else
		result = examine(cli, tables, report, err);
	cli->out = out;
	if (sink)
		fclose(sink);
	return result;
}

static int run(struct cli *cli, const struct doctor_args *args, const struct tables *tables, struct err *err)
{
	CLEANUP(report_freep) struct report *report = report_new();
	const struct renderer *renderer;

	if (cli_find_renderer(cli, args->format, &renderer, err) < 0)
		return -1;
	if (!cli->n_args && tables->len)
		return err_set(err, ERR_USAGE, "--require wants an image or a folder to look into");
	if (look(cli, tables, renderer != NULL, report, err) < 0)
		return -1;
	return cli_report_as(cli, report, renderer, SEVERITY_WARNING);
}

static int doctor_run(struct cli *cli, const void *raw, struct err *err)
{
	CLEANUP(release_tables) struct tables tables = { 0 };
	const struct doctor_args *args = raw;

	if (load_tables(&args->require, &tables, err) < 0)
		return -1;
	if (cli->n_args && !tables.len && is_program(cli->args[0]))
		return show_program(cli, cli->args[0], err);
	return run(cli, args, &tables, err);
}

static const struct cli_option doctor_options[] = {
	OPT_LIST(struct doctor_args, require, 0, "require", "TABLE",
		 "do the files have these versions: kb915331, ntfrs-post-sp2, wimgapi-6.1, or a file of your own"),
	OPT_TEXT(struct doctor_args, format, 'f', "format", "NAME", "how findings are printed: text (default), sarif, ..."),
};

static const struct cli_example doctor_examples[] = {
	{ "wimtool doctor", "which libraries are in use here, and can images be mounted" },
	{ "wimtool doctor install.wim:1", "which wimgapi.dll does this Windows use, and is it the right one" },
	{ "wimtool doctor --require wimgapi-6.1 /mnt/adk", "is the imaging library here new enough" },
	{ "wimtool doctor install.wim:1 --require fixes.tsv --json", "does the image have our hotfixes" },
};

const struct cli_command cmd_doctor = {
	.name = "doctor",
	.summary = "find a wrong wimgapi.dll, missing hotfixes, and what mounting lacks",
	.usage = "[PATH | WIM:IMAGE | FILE]",
	.description =
		"In a folder or an image, lists every copy of the imaging library (wimgapi.dll, its server and driver, "
		"DISM, ImageX) with the version of its resource, says which one Windows finds first (System32, the "
		"Windows folder, the PATH of the registry), and which is wrong: older than the Windows it lies in, of a "
		"beta, for another processor, or hidden by an older one.\n\n"
		"--require compares files with a table: file, version, architecture, branch, article, apart by "
		"tabs. All four numbers are compared; files of the GDR branch do not satisfy a row of the LDR "
		"branch. A file that is named with its folder (Windows\\System32\\x.dll) must be there; of a name alone all "
		"copies that are there are compared. Copies in WinSxS and in backups of hotfixes are listed with -v and not "
		"judged.\n\n"
		"Of a single program file its version is shown. Without a path: the libraries that wimtool itself uses, and what is missing for mount.",
	.examples = doctor_examples,
	.n_examples = ARRAY_SIZE(doctor_examples),
	CLI_OPTIONS(struct doctor_args, doctor_options),
	.min_args = 0,
	.max_args = 1,
	.has_json = true,
	.run = doctor_run,
};
