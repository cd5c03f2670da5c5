/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "common/base/file.h"
#include "common/image/session.h"
#include "wimtool/commands.h"
#include "wimtool/compress.h"

#define THREADS_MAX 1024

struct capture_args {
	const char *compress;
	const char *config;
	const char *name;
	const char *description;
	const char *flags;
	struct cli_list properties;
	uint64_t threads;
	bool append;
	bool create;
	bool force;
	bool check;
	bool no_check;
	bool boot;
	bool solid;
	bool unix_data;
	bool dereference;
	bool no_acls;
	bool rpfix;
	bool norpfix;
};

static int check_properties(const struct cli_list *properties, struct err *err)
{
	for (size_t i = 0; i < properties->len; i++) {
		const char *equals = strchr(properties->items[i], '=');

		if (!equals || equals == properties->items[i])
			return err_set(err, ERR_USAGE, "--image-property=%s: NAME=VALUE is wanted",
				       properties->items[i]);
	}
	return 0;
}

static int check_args(const struct capture_args *args, struct err *err)
{
	if (args->rpfix && args->norpfix)
		return err_set(err, ERR_USAGE, "--rpfix and --norpfix exclude each other");
	if (args->check && args->no_check)
		return err_set(err, ERR_USAGE, "--check and --nocheck exclude each other");
	if (args->append && args->force)
		return err_set(err, ERR_USAGE, "--append and --force exclude each other");
	if (args->threads > THREADS_MAX)
		return err_set(err, ERR_USAGE, "--threads: no more than %d", THREADS_MAX);
	return check_properties(&args->properties, err);
}

static enum session_links links_of(const struct capture_args *args)
{
	if (args->rpfix)
		return SESSION_LINKS_FIX;
	return args->norpfix ? SESSION_LINKS_KEEP : SESSION_LINKS_AUTO;
}

static int fill_request(const struct cli *cli, const struct capture_args *args, struct session_capture *ret,
			struct err *err)
{
	struct compress_choice compress;

	if (check_args(args, err) < 0 || compress_parse(args->compress, &compress, err) < 0)
		return -1;
	*ret = (struct session_capture){
		.source = cli->args[0],
		.wim = cli->args[1],
		.name = cli->n_args > 2 ? cli->args[2] : args->name,
		.description = cli->n_args > 3 ? cli->args[3] : args->description,
		.flags = args->flags,
		.properties = &args->properties,
		.config = args->config,
		.compression = compress.type,
		.level = compress.level,
		.threads = (unsigned)args->threads,
		.links = links_of(args),
		.replace = args->force,
		.check = args->check,
		.no_check = args->no_check,
		.boot = args->boot,
		.solid = args->solid || compress.solid,
		.unix_data = args->unix_data,
		.dereference = args->dereference,
		.no_acls = args->no_acls,
	};
	return 0;
}

static void show_result(const struct cli *cli, const struct session_capture *r, const struct session_captured *done)
{
	struct json *j = cli->json;

	if (!cli->quiet)
		fprintf(cli->out,
			"%s: image %u \"%s\": %" PRIu64 " folders, %" PRIu64 " files, %" PRIu64
			" bytes; the WIM has %" PRIu64 " bytes\n",
			r->wim, done->index, done->name, done->dirs, done->files, done->bytes, done->wim_bytes);
	json_begin_object(j, "result");
	json_text(j, "wim", r->wim);
	json_text(j, "source", r->source);
	json_uint(j, "image", done->index);
	json_text(j, "name", done->name);
	json_uint(j, "directories", done->dirs);
	json_uint(j, "files", done->files);
	json_uint(j, "bytes", done->bytes);
	json_uint(j, "excluded", done->excluded);
	json_uint(j, "wim_bytes", done->wim_bytes);
	json_end_object(j);
}

static int run(struct cli *cli, const struct capture_args *args, bool append, struct err *err)
{
	struct session_capture request;
	struct session_captured done = { 0 };
	int result;

	if (fill_request(cli, args, &request, err) < 0)
		return -1;
	if (append && args->compress && path_exists(request.wim))
		return err_set(err, ERR_USAGE, "--compress: the images of one WIM have one compression");
	if (append && !(args->create && !path_exists(request.wim)))
		result = session_append(&request, cli, &done, err);
	else
		result = session_capture(&request, cli, &done, err);
	if (result < 0)
		return -1;
	show_result(cli, &request, &done);
	free(done.name);
	return CLI_DONE;
}

static int capture_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct capture_args *args = raw;

	return run(cli, args, args->append, err);
}

static int append_run(struct cli *cli, const void *raw, struct err *err)
{
	return run(cli, raw, true, err);
}

#define COMPRESS_HELP \
	"none, fast (xpress), lzx (the default, level 20), max (lzx, level 50), lzms, recovery (solid lzms)"

#define SHARED_OPTIONS                                                                                           \
	OPT_TEXT(struct capture_args, name, 0, "name", "TEXT",                                                   \
		 "name of the image (default: the name of the folder)"),                                         \
	OPT_TEXT(struct capture_args, description, 0, "description", "TEXT", "description of the image"),        \
	OPT_TEXT(struct capture_args, flags, 0, "flags", "EDITION", "edition, as Professional or ServerStandard"), \
	OPT_LIST(struct capture_args, properties, 0, "image-property", "NAME=VALUE",                             \
		 "set a property of the image, as WINDOWS/VERSION/BUILD=19045"),                                 \
	OPT_TEXT(struct capture_args, compress, 0, "compress", "TYPE[:LEVEL]", COMPRESS_HELP),                   \
	OPT_TEXT(struct capture_args, config, 0, "config", "FILE",                                               \
		 "what to leave out (default: pagefile.sys, hiberfil.sys and the like)"),                        \
	OPT_NUMBER(struct capture_args, threads, 0, "threads", "N", "compress with N threads (default: one a core)"), \
	OPT_FLAG(struct capture_args, check, 0, "check", "write an integrity table"),                            \
	OPT_FLAG(struct capture_args, no_check, 0, "nocheck", "write no integrity table"),                       \
	OPT_FLAG(struct capture_args, boot, 0, "boot", "mark the image as the one to boot"),                     \
	OPT_FLAG(struct capture_args, solid, 0, "solid", "compress many files together: smaller, slow to read"), \
	OPT_FLAG(struct capture_args, unix_data, 0, "unix-data", "keep owners, modes and special files of Linux"), \
	OPT_FLAG(struct capture_args, dereference, 0, "dereference", "store what symbolic links point to"),      \
	OPT_FLAG(struct capture_args, no_acls, 0, "no-acls", "leave security descriptors out (NTFS volumes)"),   \
	OPT_FLAG(struct capture_args, rpfix, 0, "rpfix", "make absolute links relative to the image"),           \
	OPT_FLAG(struct capture_args, norpfix, 0, "norpfix", "keep absolute links as they are")

static const struct cli_option capture_options[] = {
	SHARED_OPTIONS,
	OPT_FLAG(struct capture_args, append, 0, "append", "add the image to an existing WIM"),
	OPT_FLAG(struct capture_args, force, 'f', "force", "replace an existing WIM"),
};

static const struct cli_option append_options[] = {
	SHARED_OPTIONS,
	OPT_FLAG(struct capture_args, create, 0, "create", "make the WIM when there is none"),
};

static const struct cli_example capture_examples[] = {
	{ "wimtool capture /mnt/reference install.wim \"Windows 11 Pro\"", "make a WIM of a folder" },
	{ "wimtool capture /dev/sdb2 install.wim --compress=max --check",
	  "capture an NTFS volume with security descriptors and streams, smaller but slower" },
	{ "wimtool capture winpe boot.wim --append --boot --json", "add an image and mark it as the one to boot" },
};

static const struct cli_example append_examples[] = {
	{ "wimtool append /mnt/server install.wim \"Server 2022\"", "add an image to a WIM" },
	{ "wimtool append winpe boot.wim --boot", "add an image and mark it as the one to boot" },
	{ "wimtool append tree all.wim --create", "add to the WIM, or make it" },
};

const struct cli_command cmd_capture = {
	.name = "capture",
	.summary = "store a folder or an NTFS volume as an image",
	.usage = "SOURCE WIM [NAME [DESCRIPTION]]",
	.description =
		"Writes SOURCE into a new WIM. The file appears under its name when it is complete and on the disk; "
		"an existing one is not touched unless --force or --append is given.\n\n"
		"The usual compression is LZX at level 20: about six times faster than level 50 and 2 % larger.",
	.examples = capture_examples,
	.n_examples = ARRAY_SIZE(capture_examples),
	CLI_OPTIONS(struct capture_args, capture_options),
	.min_args = 2,
	.max_args = 4,
	.has_json = true,
	.run = capture_run,
};

const struct cli_command cmd_append = {
	.name = "append",
	.summary = "add an image to a WIM",
	.usage = "SOURCE WIM [NAME [DESCRIPTION]]",
	.description = "Adds SOURCE as a further image. Files that the WIM holds already are not stored again; the "
		       "images that are there stay readable whatever interrupts it, and wimtool recover undoes what "
		       "was not finished.",
	.examples = append_examples,
	.n_examples = ARRAY_SIZE(append_examples),
	CLI_OPTIONS(struct capture_args, append_options),
	.min_args = 2,
	.max_args = 4,
	.has_json = true,
	.run = append_run,
};
