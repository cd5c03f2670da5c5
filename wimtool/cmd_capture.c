/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/image/image.h"
#include "common/image/image_set.h"
#include "common/image/session.h"
#include "wimtool/commands.h"
#include "wimtool/compose_args.h"
#include "wimtool/persona.h"
#include "wimtool/pipable.h"
#include "wimtool/source_list.h"

#define THREADS_MAX 1024
#define WIMBOOT_CONFIG "Windows/System32/WimBootCompress.ini"

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
	bool strict_acls;
	bool reproducible;
	bool source_list;
	bool pipable;
	bool not_pipable;
	bool wimboot;
	bool rebuild;
	bool include_integrity;
	const char *update_from;
	struct cli_list bases;
	const char *display_name;
	uint64_t chunk_size;
	uint64_t solid_chunk_size;
	const char *solid_compress;
};

/* What the request lends. */
struct capture_kept {
	char *update_wim;
	char *update_image;
	struct source_list sources;
	struct cli_list properties;
	char *display_name;
	char *config;
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
	uint64_t epoch;

	if (args->rpfix && args->norpfix)
		return err_set(err, ERR_USAGE, "--rpfix and --norpfix exclude each other");
	if ((args->check || args->include_integrity) && args->no_check)
		return err_set(err, ERR_USAGE, "--check and --nocheck exclude each other");
	if (args->append && args->force)
		return err_set(err, ERR_USAGE, "--append and --force exclude each other");
	if (args->wimboot && args->config) {
		err_set(err, ERR_USAGE, "--wimboot and --config exclude each other");
		return err_hint(err, "put the file into the source as " WIMBOOT_CONFIG);
	}
	if (args->no_acls && args->strict_acls)
		return err_set(err, ERR_USAGE, "--no-acls and --strict-acls exclude each other");
	if (args->threads > THREADS_MAX)
		return err_set(err, ERR_USAGE, "--threads: no more than %d", THREADS_MAX);
	if (args->reproducible && (args->solid || args->source_list || args->pipable))
		return err_set(err, ERR_USAGE, "--reproducible: not with --solid, --source-list or --pipable");
	if (args->reproducible && filetime_epoch(&epoch) < 0)
		return err_set(err, ERR_USAGE, "SOURCE_DATE_EPOCH=%s: seconds since 1970 are wanted", getenv("SOURCE_DATE_EPOCH"));
	return check_properties(&args->properties, err);
}

/* Before anything is read: libwim would say so at the end. */
static int check_texts(const struct session_capture *r, struct err *err)
{
	const struct image_property texts[] = {
		{ "NAME", r->name }, { "DESCRIPTION", r->description }, { "FLAGS", r->flags },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].value && image_property_check(&texts[i], err) < 0)
			return -1;
	return 0;
}

static enum session_links links_of(const struct capture_args *args)
{
	if (args->rpfix)
		return SESSION_LINKS_FIX;
	return args->norpfix ? SESSION_LINKS_KEEP : SESSION_LINKS_AUTO;
}

static void kept_release(struct capture_kept *kept)
{
	free(kept->update_wim);
	free(kept->update_image);
	free(kept->display_name);
	free(kept->config);
	source_list_release(&kept->sources);
	vec_release(&kept->properties);
}

/* -1 is the last image, -2 the one before it. */
static int count_from_end(struct capture_kept *kept, struct err *err)
{
	const char *text = kept->update_image;
	CLEANUP(image_file_closep) struct image_file *file = NULL;
	struct image_file_info info;
	unsigned long back;

	if (text[0] != '-' || !text[1] || text[1 + strspn(text + 1, "0123456789")] || strlen(text) > 9)
		return 0;
	file = image_file_open(kept->update_wim, err);
	if (!file)
		return err_context(err, "%s", kept->update_wim);
	image_file_info(file, &info);
	back = strtoul(text + 1, NULL, 10);
	if (back == 0 || back > info.image_count)
		return err_set(err, ERR_NOT_FOUND, "%s: there is no image %s; it has %u", kept->update_wim, text,
			       info.image_count);
	free(kept->update_image);
	kept->update_image = xasprintf("%lu", info.image_count - back + 1);
	return 0;
}

/* [WIM:]IMAGE; without a WIM that of --delta-from, or the one that is appended to. */
static int parse_update(const struct cli *cli, const struct capture_args *args, bool append,
			struct capture_kept *kept, struct err *err)
{
	const char *text = args->update_from;
	const char *colon = text ? strrchr(text, ':') : NULL;

	if (!text)
		return 0;
	if (colon) {
		kept->update_wim = xstrndup(text, (size_t)(colon - text));
		kept->update_image = xstrdup(colon + 1);
		return count_from_end(kept, err);
	}
	if (args->bases.len == 1)
		kept->update_wim = xstrdup(args->bases.items[0]);
	else if (append)
		kept->update_wim = xstrdup(cli->args[1]);
	else
		return err_set(err, ERR_USAGE, "--update-from=%s: WIM:IMAGE is wanted", text);
	kept->update_image = xstrdup(text);
	return count_from_end(kept, err);
}

static void gather_properties(const struct capture_args *args, struct capture_kept *kept)
{
	for (size_t i = 0; i < args->properties.len; i++)
		cli_list_add(&kept->properties, args->properties.items[i]);
	if (args->wimboot)
		cli_list_add(&kept->properties, "WIMBOOT=1");
	if (!args->display_name)
		return;
	kept->display_name = xasprintf("DISPLAYNAME=%s", args->display_name);
	cli_list_add(&kept->properties, kept->display_name);
}

/* With --wimboot the source says itself what is left out. */
static const char *choose_config(const char *source, const struct capture_args *args, struct capture_kept *kept)
{
	if (!args->wimboot)
		return args->config;
	kept->config = path_join(source, WIMBOOT_CONFIG);
	return path_exists(kept->config) ? kept->config : NULL;
}

static const char *usual_compression(const struct capture_args *args)
{
	return args->wimboot ? "xpress" : args->solid ? "lzms" : "lzx";
}

static int parse_packing(const struct cli *cli, const struct capture_args *args, bool append,
			 struct session_capture *ret, struct err *err)
{
	/* wimlib-imagex takes what its append does not use */
	bool given = !append || !persona_is_wimlib() || !path_exists(cli->args[1]);
	const struct pack_args pack = { .compress = args->compress && given ? args->compress : usual_compression(args),
					.solid = args->solid, .chunk_size = given ? args->chunk_size : 0,
					.solid_compress = args->solid_compress, .solid_chunk_size = args->solid_chunk_size };
	struct image_packing packing;

	if (pack_parse(cli, &pack, &packing, err) < 0)
		return -1;
	ret->compression = (enum session_compression)packing.compression; /* both count as libwim does */
	ret->level = packing.level;
	ret->solid = packing.solid;
	ret->chunk_size = packing.chunk_size;
	if (args->wimboot && !args->chunk_size && packing.compression == WIM_XPRESS)
		ret->chunk_size = WIMBOOT_CHUNK;
	ret->solid_chunk_size = packing.solid_chunk_size;
	ret->solid_compression = (enum session_compression)packing.solid_compression;
	ret->solid_level = packing.solid_level;
	if (ret->solid && args->reproducible)
		return err_set(err, ERR_USAGE, "--reproducible: not with solid compression");
	return 0;
}

static int fill_request(const struct cli *cli, const struct capture_args *args, bool append,
			struct capture_kept *kept, struct session_capture *ret, struct err *err)
{
	if (check_args(args, err) < 0 || parse_update(cli, args, append, kept, err) < 0)
		return -1;
	gather_properties(args, kept);
	*ret = (struct session_capture){
		.source = cli->args[0],
		.wim = cli->args[1],
		.name = cli->n_args > 2 ? cli->args[2] : args->name,
		.description = cli->n_args > 3 ? cli->args[3] : args->description,
		.flags = args->flags,
		.properties = &kept->properties,
		.config = choose_config(cli->args[0], args, kept),
		.threads = (unsigned)args->threads,
		.links = links_of(args),
		.replace = args->force || persona_is_wimlib(),
		.check = args->check || args->include_integrity,
		.no_check = args->no_check,
		.boot = args->boot,
		.unix_data = args->unix_data,
		.dereference = args->dereference,
		.no_acls = args->no_acls,
		.strict_acls = args->strict_acls,
		.reproducible = args->reproducible,
		.update_from = kept->update_wim,
		.update_image = kept->update_image,
		.bases = &args->bases,
		.pipable = args->pipable || strcmp(cli->args[1], "-") == 0,
	};
	if (check_texts(ret, err) < 0 || parse_packing(cli, args, append, ret, err) < 0)
		return -1;
	if (!args->source_list)
		return 0;
	if (source_list_read(cli->args[0], &kept->sources, err) < 0)
		return -1;
	ret->sources = kept->sources.items.items;
	ret->n_sources = kept->sources.items.len;
	return 0;
}

static void show_result(const struct cli *cli, const struct session_capture *r, const struct session_captured *done)
{
	struct json *j = cli->json;

	if (!cli->quiet && strcmp(r->wim, "-") != 0)
		fprintf(cli->out,
			"%s: image %u \"%s\": %" PRIu64 " folder%s, %" PRIu64 " file%s, %" PRIu64
			" bytes; the WIM has %" PRIu64 " bytes\n",
			r->wim, done->index, done->name, done->dirs, PLURAL(done->dirs), done->files, PLURAL(done->files),
			done->bytes, done->wim_bytes);
	json_begin_object(j, "result");
	json_text(j, "wim", r->wim);
	json_text(j, "source", r->source);
	json_uint(j, "image", done->index);
	json_text(j, "name", done->name);
	json_uint(j, "directories", done->dirs);
	json_uint(j, "files", done->files);
	json_uint(j, "bytes", done->bytes);
	json_uint(j, "excluded", done->excluded);
	if (r->update_from)
		json_uint(j, "bytes_unchanged", done->unread);
	json_uint(j, "wim_bytes", done->wim_bytes);
	json_end_object(j);
}

/* --compress may say what the WIM has already. */
static int check_compression(const struct session_capture *request, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open(request->wim, err);
	struct image_file_info info;

	if (!file)
		return err_context(err, "%s", request->wim);
	image_file_info(file, &info);
	if (strcmp(info.compression, wim_compression_name((enum wim_compression)request->compression)) == 0)
		return 0;
	err_set(err, ERR_USAGE, "--compress: the images of one WIM have one compression, that of %s is %s", request->wim,
		info.compression);
	return err_hint(err, "wimtool optimize --compress changes it");
}

/* What wimlib-imagex does in the same write. */
static int rebuild(const struct capture_args *args, const char *wim, struct session_captured *done, struct err *err)
{
	const struct image_optimize request = { .wim = wim, .packing = { .pipable = args->pipable,
									 .not_pipable = args->not_pipable } };
	const struct image_work work = { .threads = (unsigned)args->threads };
	struct image_done rebuilt;

	if (image_optimize(&request, &work, &rebuilt, err) < 0)
		return err_context(err, "appended, but not written anew");
	done->wim_bytes = rebuilt.bytes;
	return 0;
}

static int append_to(const struct capture_args *args, struct session_capture *request, const struct cli *cli,
		     struct session_captured *done, struct err *err)
{
	struct pipable pipable;
	int result;

	request->pipable = false;
	if ((args->compress && !persona_is_wimlib() && check_compression(request, err) < 0) ||
	    pipable_begin(request->wim, &pipable, err) < 0)
		return -1;
	result = session_append(request, cli, done, err);
	if (result == 0 && (args->rebuild || args->pipable))
		result = rebuild(args, request->wim, done, err);
	pipable.was &= !args->not_pipable;
	return pipable_end(&pipable, result, err);
}

static int run(struct cli *cli, const struct capture_args *args, bool append, struct err *err)
{
	CLEANUP(kept_release) struct capture_kept kept = { .update_wim = NULL };
	struct session_capture request;
	struct session_captured done = { 0 };
	int result;

	if (fill_request(cli, args, append, &kept, &request, err) < 0)
		return -1;
	if (strcmp(request.wim, "-") == 0 && (append || cli->json))
		return err_set(err, ERR_USAGE, "a WIM for a pipe is written anew, and alone on standard output");
	if (append && !(args->create && !path_exists(request.wim)))
		result = append_to(args, &request, cli, &done, err);
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

#define SHARED_OPTIONS                                                                                           \
	OPT_TEXT(struct capture_args, name, 0, "name", "TEXT",                                                   \
		 "name of the image (default: the name of the folder)"),                                         \
	OPT_TEXT(struct capture_args, description, 0, "description", "TEXT", "description of the image"),        \
	OPT_TEXT(struct capture_args, display_name, 0, "display-name", "TEXT", "name that Windows Setup shows"), \
	OPT_TEXT(struct capture_args, flags, 0, "flags", "EDITION", "edition, as Professional or ServerStandard"), \
	OPT_LIST(struct capture_args, properties, 0, "image-property", "NAME=VALUE",                             \
		 "set a property of the image, as WINDOWS/VERSION/BUILD=19045"),                                 \
	OPT_TEXT(struct capture_args, compress, 0, "compress", "TYPE[:LEVEL]", COMPRESS_TYPES),                   \
	OPT_NUMBER(struct capture_args, chunk_size, 0, "chunk-size", "SIZE",                                     \
		   "compress in pieces of SIZE (Windows reads only the usual ones: 32K, LZMS 128K)"),            \
	OPT_TEXT(struct capture_args, solid_compress, 0, "solid-compress", "TYPE[:LEVEL]",                       \
		 "compression of what is solid (lzms)"),                                                         \
	OPT_NUMBER(struct capture_args, solid_chunk_size, 0, "solid-chunk-size", "SIZE",                         \
		   "the same for what is solid (64M)"),                                                          \
	OPT_TEXT(struct capture_args, config, 0, "config", "FILE",                                               \
		 "what to leave out (default: pagefile.sys, hiberfil.sys and the like)"),                        \
	OPT_NUMBER(struct capture_args, threads, 0, "threads", "N", "compress with N threads (default: one a core)"), \
	OPT_FLAG(struct capture_args, check, 0, "check", "write an integrity table"),                            \
	OPT_FLAG(struct capture_args, include_integrity, 0, "include-integrity", "the same"),                    \
	OPT_FLAG(struct capture_args, no_check, 0, "nocheck", "write no integrity table"),                       \
	OPT_FLAG(struct capture_args, boot, 0, "boot", "mark the image as the one to boot"),                     \
	OPT_FLAG(struct capture_args, solid, 0, "solid", "compress many files together: smaller, slow to read"), \
	OPT_FLAG(struct capture_args, unix_data, 0, "unix-data", "keep owners, modes and special files of Linux"), \
	OPT_FLAG(struct capture_args, dereference, 0, "dereference", "store what symbolic links point to"),      \
	OPT_FLAG(struct capture_args, no_acls, 0, "no-acls", "leave security descriptors out (NTFS volumes)"),   \
	OPT_FLAG(struct capture_args, strict_acls, 0, "strict-acls", "fail when a security descriptor cannot be read"), \
	OPT_TEXT(struct capture_args, update_from, 0, "update-from", "[WIM:]IMAGE",                              \
		 "the source was this image (-1: the last): files of the same size and time are not read again"),               \
	OPT_TEXT(struct capture_args, update_from, 0, "update-of", "[WIM:]IMAGE", "the same"),                   \
	OPT_LIST(struct capture_args, bases, 0, "delta-from", "WIM",                                             \
		 "leave out contents that WIM has; the new one needs it to be applied (--ref)"),                 \
	OPT_FLAG(struct capture_args, source_list, 0, "source-list",                                             \
		 "SOURCE is a list: a file or folder and its path in the image, a pair a line"),                 \
	OPT_FLAG(struct capture_args, wimboot, 0, "wimboot",                                                     \
		 "for WIMBoot: marked so, a new WIM with XPRESS in chunks of 4096, " WIMBOOT_CONFIG " tells what is left out"), \
	OPT_FLAG(struct capture_args, pipable, 0, "pipable", "write a WIM that can be applied from a pipe"),     \
	OPT_FLAG(struct capture_args, not_pipable, 0, "not-pipable", "write a usual WIM, which is the default"), \
	OPT_FLAG(struct capture_args, rpfix, 0, "rpfix", "make absolute links relative to the image"),           \
	OPT_FLAG(struct capture_args, norpfix, 0, "norpfix", "keep absolute links as they are")

static const struct cli_option capture_options[] = {
	SHARED_OPTIONS,
	OPT_FLAG(struct capture_args, append, 0, "append", "add the image to an existing WIM"),
	OPT_FLAG(struct capture_args, force, 'f', "force", "replace an existing WIM"),
	OPT_FLAG(struct capture_args, reproducible, 0, "reproducible",
		 "the same tree gives the same bytes; times after SOURCE_DATE_EPOCH become that"),
};

static const struct cli_option append_options[] = {
	SHARED_OPTIONS,
	OPT_FLAG(struct capture_args, rebuild, 0, "rebuild", "write the WIM anew afterwards, without what is not used"),
	OPT_FLAG(struct capture_args, rebuild, 0, "unsafe-compact", "the same; nothing of it is unsafe here"),
	OPT_FLAG(struct capture_args, create, 0, "create", "make the WIM when there is none"),
};

static const struct cli_example capture_examples[] = {
	{ "wimtool capture /mnt/reference install.wim \"Windows 11 Pro\"", "make a WIM of a folder" },
	{ "wimtool capture /dev/sdb2 install.wim --compress=max --check",
	  "capture an NTFS volume with security descriptors and streams, smaller but slower" },
	{ "SOURCE_DATE_EPOCH=1700000000 wimtool capture tree a.wim --reproducible", "the same bytes wherever it runs" },
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
		"The usual compression is LZX at level 20: about six times faster than level 50 and 2 % larger.\n\n"
		"--config takes a capture configuration of wimlib or a WimScript.ini of DISM: [ExclusionList] and "
		"[ExclusionException] with patterns as *.tmp (any folder) or \\Temp\\* (from the root); other sections "
		"say nothing about what is captured.\n\n"
		"With --reproducible the creation and access times are those of the last change, entries and contents "
		"are in the order of names, the GUID comes from the contents, and the times of the image are "
		"SOURCE_DATE_EPOCH or the newest change in the tree: any machine, number of threads, umask and time zone "
		"gives the same file.\n\n"
		"WIM \"-\" is standard output, for wimtool apply - at the other end of a pipe.",
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
