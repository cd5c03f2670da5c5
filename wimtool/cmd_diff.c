/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "common/base/file.h"
#include "common/image/image_diff.h"
#include "wimtool/commands.h"
#include "wimtool/wim_show.h"

struct diff_args {
	struct cli_list refs;
	struct cli_list ignore;
};

static const char *const kinds[IMAGE_DIFF_KINDS] = {
	[IMAGE_ADDED] = "added",
	[IMAGE_REMOVED] = "removed",
	[IMAGE_CHANGED] = "changed",
	[IMAGE_RENAMED] = "renamed",
};

static int add_ignored(const char *word, size_t len, unsigned *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
	const char *name;

	for (unsigned bit = 0; (name = image_diff_what_name(bit)); bit++) {
		if (strlen(name) == len && strncmp(name, word, len) == 0) {
			*ret |= 1u << bit;
			return 0;
		}
		strbuf_addf(&names, "%s%s", bit ? ", " : "", name);
	}
	return err_set(err, ERR_USAGE, "--ignore: there is no \"%.*s\"; there are %s", (int)MIN(len, (size_t)80), word,
		       names.data);
}

static int parse_ignore(const struct cli_list *list, unsigned *ret, struct err *err)
{
	*ret = 0;
	for (size_t i = 0; i < list->len; i++) {
		for (const char *word = list->items[i];; word++) {
			size_t len = strcspn(word, ",");

			if (add_ignored(word, len, ret, err) < 0)
				return -1;
			word += len;
			if (!*word)
				break;
		}
	}
	return 0;
}

static void print_row(FILE *out, const struct image_diff_row *row)
{
	const char *before = " (";
	const char *name;

	fprintf(out, "%-8s ", kinds[row->kind]);
	if (row->old_path) {
		wim_show_text(row->old_path, out);
		fputs(" -> ", out);
	}
	wim_show_text(row->path, out);
	for (unsigned bit = 0; (name = image_diff_what_name(bit)); bit++) {
		if (!(row->what >> bit & 1))
			continue;
		fprintf(out, "%s%s", before, name);
		before = ", ";
	}
	fputs(row->what ? ")\n" : "\n", out);
}

static void json_row(struct json *j, const struct image_diff_row *row)
{
	const char *name;

	json_begin_object(j, NULL);
	json_text(j, "kind", kinds[row->kind]);
	json_text(j, "path", row->path);
	if (row->old_path)
		json_text(j, "old_path", row->old_path);
	json_bool(j, "directory", row->is_dir);
	if (row->what) {
		json_begin_array(j, "differs_in");
		for (unsigned bit = 0; (name = image_diff_what_name(bit)); bit++)
			if (row->what >> bit & 1)
				json_text(j, NULL, name);
		json_end_array(j);
	}
	if (row->has_old && !row->is_dir)
		json_uint(j, "old_size", row->old_size);
	if (row->has_new && !row->is_dir)
		json_uint(j, "new_size", row->new_size);
	json_end_object(j);
}

static int show(const struct cli *cli, const struct image_diff *diff)
{
	struct json *j = cli->json;

	json_begin_object(j, "result");
	json_text(j, "old", cli->args[0]);
	json_text(j, "new", cli->args[1]);
	for (unsigned kind = 0; kind < IMAGE_DIFF_KINDS; kind++)
		json_uint(j, kinds[kind], diff->count[kind]);
	json_begin_array(j, "differences");
	for (size_t i = 0; i < diff->rows.len; i++) {
		if (j)
			json_row(j, &diff->rows.items[i]);
		else
			print_row(cli->out, &diff->rows.items[i]);
	}
	json_end_array(j);
	json_end_object(j);
	if (!cli->quiet)
		cli_say(cli, "%zu added, %zu removed, %zu changed, %zu renamed", diff->count[IMAGE_ADDED],
			diff->count[IMAGE_REMOVED], diff->count[IMAGE_CHANGED], diff->count[IMAGE_RENAMED]);
	return diff->rows.len ? CLI_FINDINGS : CLI_DONE;
}

/* "install.wim:2", with its list of files, so that what is wrong with that is told of the right one */
static struct image_file *open_target(const char *target, const struct cli_list *refs, unsigned *index, struct err *err)
{
	CLEANUP(freep) char *path = NULL;
	CLEANUP(freep) char *image = NULL;
	struct image_file *file;

	image_split_target(target, &path, &image);
	file = image_file_open_parts(path, refs->items, refs->len, err);
	if (file && (image_select(file, image, index, err) < 0 ||
		     image_read_list(file, *index, err) < 0)) {
		err_context(err, "%s", path);
		image_file_closep(&file);
	}
	return file;
}

static int diff_images(struct cli *cli, const struct cli_list *refs, unsigned ignore, struct image_diff *ret, struct err *err)
{
	unsigned a_index, b_index;
	CLEANUP(image_file_closep) struct image_file *b = NULL;
	CLEANUP(image_file_closep) struct image_file *a = open_target(cli->args[0], refs, &a_index, err);

	if (!a && path_is_dir(cli->args[0]))
		err_hint(err, "the image comes first: wimtool diff WIM:IMAGE DIR");
	if (!a)
		return -1;
	if (path_is_dir(cli->args[1]))
		return image_diff_host(a, a_index, cli->args[1], ignore, ret, err);
	b = open_target(cli->args[1], refs, &b_index, err);
	return b ? image_diff(a, a_index, b, b_index, ignore, ret, err) : -1;
}

static int diff_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct diff_args *args = raw;
	struct image_diff diff = { 0 };
	unsigned ignore;
	int result;

	if (parse_ignore(&args->ignore, &ignore, err) < 0)
		return -1;
	result = diff_images(cli, &args->refs, ignore, &diff, err);
	if (result == 0)
		result = show(cli, &diff);
	image_diff_release(&diff);
	return result;
}

static const struct cli_option diff_options[] = {
	OPT_LIST(struct diff_args, refs, 0, "ref", "GLOB", "take what is missing from these parts (install*.swm)"),
	OPT_LIST(struct diff_args, ignore, 0, "ignore", "WHAT[,WHAT]",
		 "type, content, attributes, times, security, streams, reparse, short-name, case"),
};

static const struct cli_example diff_examples[] = {
	{ "wimtool diff old.wim:1 new.wim:1", "what a new build changed" },
	{ "wimtool diff install.wim:1 install.wim:2 --ignore=times --json | jq '.result.differences[].path'",
	  "for a script" },
	{ "wimtool diff install.wim:1 /mnt/applied", "what happened to an applied image" },
};

const struct cli_command cmd_diff = {
	.name = "diff",
	.summary = "tell what differs between two images, or an image and a folder",
	.usage = "WIM[:IMAGE] WIM[:IMAGE]|DIR",
	.description =
		"Images are compared by their metadata: nothing is decompressed. A file that is gone and one that came "
		"with the same contents, when no other of them has these, are shown as renamed. Times are those of "
		"creation and last write. Exit code 1 when anything differs.\n\n"
		"Of a folder, types, sizes, times of last write and contents are compared; a file is read when its "
		"size is the same and its time is not. Where links lead, attributes, security and streams are not "
		"compared with a folder, and names must be equal in case.",
	.examples = diff_examples,
	.n_examples = ARRAY_SIZE(diff_examples),
	CLI_OPTIONS(struct diff_args, diff_options),
	.min_args = 2,
	.max_args = 2,
	.has_json = true,
	.run = diff_run,
};
