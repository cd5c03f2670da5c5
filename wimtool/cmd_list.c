/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "common/base/filetime.h"
#include "common/image/image.h"
#include "wimtool/attributes.h"
#include "wimtool/commands.h"
#include "wimtool/list_wimlib.h"
#include "wimtool/persona.h"
#include "wimtool/wim_show.h"

enum list_format {
	LIST_TEXT,
	LIST_NDJSON,
};

static const char *const formats[] = { "text", "ndjson", NULL };

struct list_args {
	const char *path;
	struct cli_list refs;
	int format;
	bool detailed;
	bool children;
	bool alone;
};

struct lister {
	struct cli *cli;
	bool detailed;
	bool ndjson;
	struct strbuf line;
	VEC(uint64_t) groups; /* link group of each name that has one, sorted */
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int note_group(void *context, const char *path UNUSED, const struct image_entry *entry)
{
	struct lister *l = context;

	if (entry->link_group)
		*vec_add(&l->groups) = entry->link_group;
	return 0;
}

/* The first that is not smaller, or (behind) that is larger. */
static size_t group_place(const struct lister *l, uint64_t group, bool behind)
{
	size_t low = 0, high = l->groups.len;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->groups.items[mid] < group || (behind && l->groups.items[mid] == group))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* How many names the file has in this image. */
static size_t link_count(const struct lister *l, uint64_t group)
{
	return group ? MAX(group_place(l, group, true) - group_place(l, group, false), (size_t)1) : 1;
}

static void print_time(FILE *out, const char *label, uint64_t filetime)
{
	char text[FILETIME_TEXT_LEN + 8];

	fprintf(out, "%-20s= %s\n", label, filetime_format(filetime, text));
}

static void print_detailed(const struct lister *l, const char *path, const struct image_entry *entry)
{
	FILE *out = l->cli->out;

	fputs("----------------------------------------------------------------------------\n", out);
	fputs("Full Path           = \"", out);
	wim_show_text(path, out);
	fputs("\"\nShort Name          = \"", out);
	wim_show_text(entry->short_name, out);
	fputs("\"\n", out);
	attributes_show(entry->attributes, out);
	if (entry->security_id >= 0)
		fprintf(out, "Security ID         = %" PRId32 "\n", entry->security_id);
	print_time(out, "Creation Time", entry->created);
	print_time(out, "Last Write Time", entry->written);
	print_time(out, "Last Access Time", entry->accessed);
	if (entry->reparse_tag)
		fprintf(out, "Reparse Tag         = 0x%08x\n", entry->reparse_tag);
	fprintf(out, "Link Group ID       = 0x%016" PRIx64 "\n", entry->link_group);
	fprintf(out, "Link Count          = %zu\n", link_count(l, entry->link_group));
	fprintf(out, "Named Streams       = %u\n", entry->n_named_streams);
	if (!entry->is_dir) {
		fputs("Hash                = ", out);
		wim_show_hex(entry->sha1, sizeof(entry->sha1), out);
		fprintf(out, "\nUncompressed size   = %" PRIu64 " bytes\n", entry->size);
	}
	fputc('\n', out);
}

static const char *type_of(const struct image_entry *entry)
{
	if (entry->reparse_tag)
		return "reparse-point";
	return entry->is_dir ? "directory" : "file";
}

static void json_attributes(struct json *j, uint32_t attributes)
{
	json_uint(j, "attributes", attributes);
	json_begin_array(j, "attribute_names");
	for (unsigned bit = 0; bit < 32; bit++)
		if (attributes >> bit & 1 && attribute_name(bit))
			json_text(j, NULL, attribute_name(bit));
	json_end_array(j);
}

static void json_hash(struct json *j, const uint8_t sha1[20])
{
	char text[41];

	for (size_t i = 0; i < 20; i++)
		snprintf(text + 2 * i, 3, "%02x", sha1[i]);
	json_text(j, "sha1", text);
}

static void json_entry(const struct lister *l, struct json *j, const char *path, const struct image_entry *entry)
{
	json_begin_object(j, NULL);
	json_text(j, "path", path);
	json_text(j, "type", type_of(entry));
	if (!entry->is_dir) {
		json_uint(j, "size", entry->size);
		json_hash(j, entry->sha1);
	}
	json_attributes(j, entry->attributes);
	if (*entry->short_name)
		json_text(j, "short_name", entry->short_name);
	if (entry->reparse_tag)
		json_uint(j, "reparse_tag", entry->reparse_tag);
	if (entry->security_id >= 0)
		json_int(j, "security_id", entry->security_id);
	json_filetime(j, "created", entry->created);
	json_filetime(j, "written", entry->written);
	json_filetime(j, "accessed", entry->accessed);
	json_uint(j, "links", link_count(l, entry->link_group));
	if (entry->link_group)
		json_uint(j, "link_group", entry->link_group);
	json_uint(j, "named_streams", entry->n_named_streams);
	json_end_object(j);
}

static void print_ndjson(struct lister *l, const char *path, const struct image_entry *entry)
{
	struct json *j;

	strbuf_clear(&l->line);
	j = json_new(&l->line, false);
	json_entry(l, j, path, entry);
	json_freep(&j);
	if (l->line.len && l->line.data[l->line.len - 1] != '\n')
		strbuf_addc(&l->line, '\n');
	fwrite(l->line.data, 1, l->line.len, l->cli->out);
}

static int show_entry(void *context, const char *path, const struct image_entry *entry)
{
	struct lister *l = context;

	if (l->cli->json) {
		json_entry(l, l->cli->json, path, entry);
	} else if (l->ndjson) {
		print_ndjson(l, path, entry);
	} else if (l->detailed) {
		print_detailed(l, path, entry);
	} else {
		wim_show_text(path, l->cli->out);
		fputc('\n', l->cli->out);
	}
	return ferror(l->cli->out) ? 1 : 0;
}

struct child_lister {
	struct lister *lister;
	const char *folder; /* without a slash at the end */
};

static int show_child(void *context, const struct image_entry *entry)
{
	const struct child_lister *c = context;
	CLEANUP(freep) char *path = xasprintf("%s/%s", c->folder, entry->name);

	return show_entry(c->lister, path, entry);
}

/* The walk begins with the folder itself, under the name that the image gives it. */
static int take_first_path(void *context, const char *path, const struct image_entry *entry UNUSED)
{
	char **ret = context;

	*ret = xstrdup(strcmp(path, "/") == 0 ? "" : path);
	return 1;
}

static int list_children(struct lister *l, struct image_file *file, unsigned index, const char *path,
			 struct err *err)
{
	CLEANUP(freep) char *folder = NULL;
	struct child_lister children = { .lister = l };

	if (image_walk(file, index, path, take_first_path, &folder, err) < 0)
		return -1;
	children.folder = folder ? folder : "";
	return image_dir(file, index, path, show_child, &children, err);
}

static int show_alone(void *context, const char *path, const struct image_entry *entry)
{
	(void)show_entry(context, path, entry);
	return 1;
}

static int list(struct lister *l, struct image_file *file, unsigned index, const struct list_args *args,
		struct err *err)
{
	const char *path = args->path ? args->path : "/";
	int result;

	if (args->detailed && persona_is_wimlib() && !l->cli->json && !l->ndjson && !args->children)
		return list_as_wimlib(file, index, path, args->alone, l->cli->out, err);
	if ((args->detailed || l->cli->json || l->ndjson) && image_walk(file, index, "/", note_group, l, err) != 0)
		return -1;
	if (l->groups.len)
		qsort(l->groups.items, l->groups.len, sizeof(*l->groups.items), by_value);
	json_begin_array(l->cli->json, "result");
	result = args->children ? list_children(l, file, index, path, err)
				: image_walk(file, index, path, args->alone ? show_alone : show_entry, l, err);
	json_end_array(l->cli->json);
	return result < 0 ? -1 : CLI_DONE;
}

/* With "all", their lists follow one another; those of JSON are of one image. */
static int select_images(const struct cli *cli, struct image_file *file, unsigned *first, unsigned *last, struct err *err)
{
	const char *image = cli->n_args > 1 ? cli->args[1] : NULL;
	struct image_file_info info;

	image_file_info(file, &info);
	*first = 1;
	*last = info.image_count;
	if (image && !cli->json && (strcasecmp(image, "all") == 0 || strcmp(image, "*") == 0))
		return 0;
	if (image_select(file, image, first, err) < 0)
		return -1;
	*last = *first;
	return 0;
}

static int list_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct list_args *args = raw;
	CLEANUP(image_file_closep) struct image_file *file = NULL;
	struct lister lister = { .cli = cli, .detailed = args->detailed, .ndjson = args->format == LIST_NDJSON };
	unsigned index, last;
	int result = 0;

	if (cli->json && lister.ndjson)
		return err_set(err, ERR_USAGE, "--json and --format=ndjson exclude each other");
	file = image_file_open_parts(cli->args[0], args->refs.items, args->refs.len, err);
	if (!file)
		return -1;
	if (select_images(cli, file, &index, &last, err) < 0)
		return err_context(err, "%s", cli->args[0]);
	for (; result == 0 && index <= last; index++) {
		lister.groups.len = 0;
		result = list(&lister, file, index, args, err);
	}
	vec_release(&lister.groups);
	strbuf_release(&lister.line);
	return result < 0 ? err_context(err, "%s", cli->args[0]) : result;
}

static const struct cli_option list_options[] = {
	OPT_TEXT(struct list_args, path, 0, "path", "PATH", "list only this file or folder"),
	OPT_FLAG(struct list_args, detailed, 0, "detailed",
		 "sizes, attributes, times, SHA-1, short names, links of each"),
	OPT_FLAG(struct list_args, children, 0, "children", "list a folder, not what is in its folders"),
	OPT_FLAG(struct list_args, alone, 0, "one-file-only", "list PATH itself, not what is in it"),
	OPT_CHOICE(struct list_args, format, 0, "format", "FORMAT", formats, "text, or ndjson (one JSON object a line)"),
	OPT_LIST(struct list_args, refs, 0, "ref", "GLOB", "take sizes from these parts (install*.swm)"),
};

static const struct cli_example list_examples[] = {
	{ "wimtool list install.wim 1", "all paths, one a line" },
	{ "wimtool list install.wim 1 --path=/Windows/System32/config --detailed", "everything about a few files" },
	{ "wimtool list boot.wim 2 --json | jq '[.result[].size] | add'", "add up the sizes" },
};

#define LIST_COMMAND(verb, text)                                                                              \
	.name = verb, .summary = text, .usage = "WIM [IMAGE]", .examples = list_examples,                     \
	.n_examples = ARRAY_SIZE(list_examples), CLI_OPTIONS(struct list_args, list_options), .min_args = 1,  \
	.max_args = 2, .has_json = true, .run = list_run

const struct cli_command cmd_list = {
	LIST_COMMAND("list", "list the files of an image"),
	.description = "Paths are absolute, with /. Control characters and lone surrogates in names are shown as "
		       "\\u{1f} and the like; --json gives names exactly.",
};

const struct cli_command cmd_dir = {
	LIST_COMMAND("dir", "the same as list"),
	.schema = "goldwim/wimtool-list/1",
};
