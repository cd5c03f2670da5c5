/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/image/image.h"
#include "common/image/session.h"
#include "wimtool/apply.h"
#include "wimtool/commands.h"
#include "wimtool/piped_wim.h"

struct apply_args {
	struct cli_list refs;
	bool check;
	bool unix_data;
	bool no_acls;
	bool strict_acls;
	bool no_attributes;
	bool invalid_names; /* nothing to do: all names that are applied are names of Linux */
	bool rpfix;
	bool norpfix;
	bool recover_data;
	bool ntfs;
	uint64_t threads;
};

static enum session_links links_of(const struct apply_args *args)
{
	if (args->rpfix)
		return SESSION_LINKS_FIX;
	return args->norpfix ? SESSION_LINKS_KEEP : SESSION_LINKS_AUTO;
}

void apply_say_left_out(const struct cli *cli, const struct image_applied *done)
{
	if (done->streams_left_out)
		cli_say(cli, "%" PRIu64 " named stream%s left out: a folder of Linux cannot hold them",
			done->streams_left_out, PLURAL(done->streams_left_out));
	if (done->reparse_left_out)
		cli_say(cli, "%" PRIu64 " reparse point%s that %s written without the reparse data", done->reparse_left_out,
			PLURAL(done->reparse_left_out), done->reparse_left_out == 1 ? "is no link is" : "are no links are");
	if (done->special_left_out)
		cli_say(cli, "%" PRIu64 " device%s left out", done->special_left_out, PLURAL(done->special_left_out));
	if (done->damaged)
		cli_warn(cli, "%" PRIu64 " damaged file%s", done->damaged, PLURAL(done->damaged));
}

void apply_json_counts(struct json *j, const struct image_applied *done)
{
	json_uint(j, "directories", done->dirs);
	json_uint(j, "files", done->files);
	json_uint(j, "links", done->links);
	json_uint(j, "bytes", done->bytes);
	json_uint(j, "streams_left_out", done->streams_left_out);
	json_uint(j, "reparse_points_left_out", done->reparse_left_out);
	json_uint(j, "devices_left_out", done->special_left_out);
	json_uint(j, "owners_left_out", done->owners_left_out);
	json_uint(j, "damaged_files", done->damaged);
}

static void show_result(const struct cli *cli, const char *key, const struct session_apply *r, const struct session_applied *all)
{
	const struct image_applied *done = &all->done;
	struct json *j = cli->json;

	if (!cli->quiet)
		fprintf(cli->out,
			"%s: image %u of %s: %" PRIu64 " folder%s, %" PRIu64 " file%s, %" PRIu64 " link%s, %" PRIu64
			" bytes\n",
			r->target, all->index, r->wim, done->dirs, PLURAL(done->dirs), done->files, PLURAL(done->files),
			done->links, PLURAL(done->links), done->bytes);
	apply_say_left_out(cli, done);
	json_begin_object(j, key);
	json_text(j, "wim", r->wim);
	json_uint(j, "image", all->index);
	json_text(j, "target", r->target);
	apply_json_counts(j, done);
	json_end_object(j);
}

static bool is_folder_name(const char *name)
{
	return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* One of the images in front of this one. */
static bool has_image_called(struct image_file *file, unsigned index, const char *name)
{
	struct image_info info;

	for (unsigned i = 1; i < index && image_info(file, i, &info, NULL) == 0; i++)
		if (strcmp(info.name, name) == 0)
			return true;
	return false;
}

/* The folder of one of all images: its name, or its index when no folder can be called so, or one is. */
static char *folder_of_image(struct image_file *file, unsigned index, const char *target, struct err *err)
{
	CLEANUP(freep) char *number = xasprintf("%u", index);
	struct image_info info;

	if (image_info(file, index, &info, err) < 0)
		return NULL;
	if (is_folder_name(info.name) && !has_image_called(file, index, info.name))
		return path_join(target, info.name);
	if (has_image_called(file, UINT_MAX, number)) {
		err_set(err, ERR_REFUSED, "image %u can have neither its name nor its index as a folder", index);
		err_hint(err, "apply the images one by one");
		return NULL;
	}
	return path_join(target, number);
}

static int check_folders(struct image_file *file, unsigned n, const char *target, struct err *err)
{
	for (unsigned i = 1; i <= n; i++) {
		CLEANUP(freep) char *folder = folder_of_image(file, i, target, err);

		if (!folder)
			return -1;
	}
	return 0;
}

static int apply_one_of_all(const struct session_apply *all, struct image_file *file, unsigned index, struct cli *cli,
			    uint64_t *damaged, struct err *err)
{
	CLEANUP(freep) char *folder = folder_of_image(file, index, all->target, err);
	CLEANUP(freep) char *number = xasprintf("%u", index);
	struct session_apply request = *all;
	struct session_applied done = { 0 };
	struct stat st;

	if (!folder)
		return -1;
	if (lstat(folder, &st) == 0 && S_ISLNK(st.st_mode))
		return err_set(err, ERR_REFUSED, "%s: is a link, a folder is wanted", folder);
	request.image = number;
	request.target = folder;
	if (session_apply(&request, cli, &done, err) < 0)
		return -1;
	show_result(cli, NULL, &request, &done);
	*damaged += done.done.damaged;
	return 0;
}

static int apply_all(const struct session_apply *all, struct cli *cli, uint64_t *ret_damaged, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open(all->wim, err);
	struct image_file_info info;

	if (!file)
		return err_context(err, "%s", all->wim);
	if (all->ntfs)
		return err_set(err, ERR_USAGE, "--ntfs: a volume holds one image");
	image_file_info(file, &info);
	if (check_folders(file, info.image_count, all->target, err) < 0)
		return err_context(err, "%s", all->wim);
	if (mkdir(all->target, 0777) < 0 && !path_is_dir(all->target))
		return err_errno(err, errno, "%s", all->target);
	json_begin_object(cli->json, "result");
	json_begin_array(cli->json, "images");
	for (unsigned i = 1; i <= info.image_count; i++)
		if (apply_one_of_all(all, file, i, cli, ret_damaged, err) < 0)
			return -1;
	json_end_array(cli->json);
	json_end_object(cli->json);
	return 0;
}

static bool wants_all(const char *image)
{
	return image && (strcasecmp(image, "all") == 0 || strcmp(image, "*") == 0);
}

/* Errors name the file that keeps what came through the pipe. */
static int fail_piped(const char *piped, struct err *err)
{
	size_t len = piped ? strlen(piped) : 0;

	if (len && strncmp(err->text, piped, len) == 0) {
		CLEANUP(freep) char *rest = xstrdup(err->text + len);

		snprintf(err->text, sizeof(err->text), "standard input%s", rest);
	}
	return -1;
}

static int apply_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct apply_args *args = raw;
	CLEANUP(freep) char *piped = NULL;
	struct session_applied done = { 0 };
	struct session_apply request = {
		.wim = cli->args[0],
		.image = cli->n_args == 3 ? cli->args[1] : NULL,
		.target = cli->args[cli->n_args - 1],
		.refs = &args->refs,
		.links = links_of(args),
		.check = args->check,
		.unix_data = args->unix_data,
		.no_acls = args->no_acls,
		.strict_acls = args->strict_acls,
		.no_attributes = args->no_attributes,
		.recover_data = args->recover_data,
		.ntfs = args->ntfs,
		.threads = (unsigned)args->threads,
	};

	if (args->rpfix && args->norpfix)
		return err_set(err, ERR_USAGE, "--rpfix and --norpfix exclude each other");
	if (args->threads > APPLY_THREADS_MAX)
		return err_set(err, ERR_USAGE, "--threads=%" PRIu64 ": at most %d", args->threads, APPLY_THREADS_MAX);
	if (strcmp(request.wim, "-") == 0) {
		piped = piped_wim_keep(err);
		if (!piped)
			return -1;
		request.wim = piped;
	}
	if (wants_all(request.image)) {
		if (apply_all(&request, cli, &done.done.damaged, err) < 0)
			return fail_piped(piped, err);
		return done.done.damaged ? CLI_FINDINGS : CLI_DONE;
	}
	if (session_apply(&request, cli, &done, err) < 0)
		return fail_piped(piped, err);
	if (piped)
		request.wim = "-";
	show_result(cli, "result", &request, &done);
	return done.done.damaged ? CLI_FINDINGS : CLI_DONE;
}

static const struct cli_option apply_options[] = {
	OPT_LIST(struct apply_args, refs, 0, "ref", "GLOB", "take missing data from these parts (install*.swm)"),
	OPT_FLAG(struct apply_args, check, 0, "check", "compare the WIM with its integrity table first"),
	OPT_FLAG(struct apply_args, unix_data, 0, "unix-data", "restore owners, modes and special files of Linux"),
	OPT_FLAG(struct apply_args, no_acls, 0, "no-acls", "do not restore security descriptors"),
	OPT_FLAG(struct apply_args, strict_acls, 0, "strict-acls", "fail when a security descriptor cannot be restored"),
	OPT_FLAG(struct apply_args, no_attributes, 0, "no-attributes", "do not restore attributes of Windows (NTFS volumes)"),
	OPT_FLAG(struct apply_args, invalid_names, 0, "include-invalid-names", "the default: Linux takes all names that Windows refuses"),
	OPT_FLAG(struct apply_args, rpfix, 0, "rpfix", "make absolute links point into DIR"),
	OPT_FLAG(struct apply_args, norpfix, 0, "norpfix", "keep absolute links as they are"),
	OPT_FLAG(struct apply_args, recover_data, 0, "recover-data", "write damaged files as far as they can be read"),
	OPT_FLAG(struct apply_args, ntfs, 0, "ntfs", "the target is a device or file with an NTFS volume"),
	OPT_NUMBER(struct apply_args, threads, 0, "threads", "N", "decompress and write on N threads (default: one a core)"),
};

static const struct cli_example apply_examples[] = {
	{ "wimtool apply install.wim 1 /mnt/target", "write the first image into a folder" },
	{ "wimtool apply install.wim \"Windows 11 Pro\" out", "choose the image by its name" },
	{ "wimtool apply install.swm 2 out --ref='install*.swm'", "from a split WIM" },
};

const struct cli_command cmd_apply = {
	.name = "apply",
	.summary = "write an image into a folder",
	.usage = "WIM [IMAGE] DIR",
	.description =
		"Writes all files of an image on all processors, with their times, hard links and symbolic links. DIR is "
		"made when it is not there; a new or empty DIR is counted afterwards and must hold what the image holds. "
		"In one with files, files of the same names are replaced; a link is replaced and never followed. Nothing is "
		"written outside of DIR, whatever names the image holds and whatever other programs do in DIR meanwhile.\n\n"
		"IMAGE is an index from 1 or a name; it may be left out when there is one image. With \"all\" each image goes "
		"into a folder of its name in DIR (of its index, when that cannot be a name). When DIR is a block device "
		"or a file with an NTFS volume, libwim writes it, with security descriptors, streams and short names.\n\n"
		"WIM \"-\" is standard input, for what wimtool capture or wimlib-imagex writes into a pipe. It is kept in a "
		"file without a name in $TMPDIR or /var/tmp and checked as any other WIM before it is applied.\n\n"
		"Ended by Ctrl-C, a DIR that was made is removed again. Killed, DIR holds some of the files, each with its "
		"full contents or the beginning of them; apply again into an empty folder. With --recover-data the exit code is 1 when "
		"files are damaged.",
	.examples = apply_examples,
	.n_examples = ARRAY_SIZE(apply_examples),
	CLI_OPTIONS(struct apply_args, apply_options),
	.min_args = 2,
	.max_args = 3,
	.has_json = true,
	.run = apply_run,
};
