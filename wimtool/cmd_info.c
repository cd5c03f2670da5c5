/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/base/alloc.h"
#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/image/image.h"
#include "wimtool/commands.h"
#include "wimtool/image_facts.h"
#include "wimtool/info_change.h"
#include "wimtool/persona.h"
#include "wimtool/wim_show.h"

#define WIM_VERSION_FIELD 12 /* in the header */

struct info_args {
	const char *extract_xml;
	bool header;
	bool blobs;
	bool xml;
	bool details;
	bool boot;
	bool check;
	bool no_check;
	bool include_integrity;
	struct cli_list properties;
};

/* As wimlib-imagex prints a time, so that what reads its text reads ours. */
static void print_time(FILE *out, const char *label, uint64_t filetime)
{
	struct timespec ts = filetime_to_timespec(filetime);
	char text[64];
	struct tm tm;

	if (!filetime)
		return;
	if (!gmtime_r(&ts.tv_sec, &tm) || strftime(text, sizeof(text), "%a %b %d %H:%M:%S %Y UTC", &tm) == 0)
		return;
	fprintf(out, "%-24s%s\n", label, text);
}

static void print_text(FILE *out, const char *label, const char *text)
{
	fprintf(out, "%-24s", label);
	wim_show_text(text, out);
	fputc('\n', out);
}

static void print_some_text(FILE *out, const char *label, const char *text)
{
	if (*text)
		print_text(out, label, text);
}

/* In wimlib's list a blank is behind each. */
static void print_languages(FILE *out, const char *languages)
{
	CLEANUP(freep) char *list = xasprintf("%s%s", languages, persona_is_wimlib() && *languages ? " " : "");

	print_some_text(out, "Languages:", list);
}

/* wimlib-imagex has other names for these, and takes what is not said for the number 0. */
static const char *arch_for_people(const char *arch, bool has_windows)
{
	static const struct {
		const char *ours, *theirs;
	} rows[] = { { "amd64", "x86_64" }, { "arm", "ARM" }, { "arm64", "ARM64" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].ours, arch) == 0)
			return rows[i].theirs;
	return !*arch && has_windows && persona_is_wimlib() ? "x86" : arch;
}

/* "10.0.19045.2965", each number on its line; 0 where there is none. */
static void print_version(FILE *out, const char *version, unsigned level)
{
	static const char *const labels[] = { "Major Version:", "Minor Version:", "Build:", "Service Pack Build:" };

	if (!*version)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		size_t len = strcspn(version, ".");
		CLEANUP(freep) char *number = xstrndup(version, len);

		print_text(out, labels[i], *number ? number : "0");
		version += len + (version[len] == '.');
	}
	fprintf(out, "%-24s%u\n", "Service Pack Level:", level);
}

static void print_attributes(FILE *out, const struct image_file_info *info, uint32_t flags)
{
	const struct {
		bool is_set;
		const char *name;
	} rows[] = {
		{ info->pipable, "Pipable" },
		{ info->has_integrity, "Integrity info" },
		{ flags & WIM_FLAG_RP_FIX, "Relative path junction" },
		{ info->solid && !persona_is_wimlib(), "Solid" },
		{ flags & WIM_FLAG_RESOURCE_ONLY, "Resource only" },
		{ flags & WIM_FLAG_METADATA_ONLY, "Metadata only" },
		{ info->read_only, "Readonly" },
		{ info->write_in_progress, "Write in progress" },
	};
	const char *comma = "";

	fputs("Attributes:     ", out);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].is_set)
			continue;
		fprintf(out, "%s%s", comma, rows[i].name);
		comma = ", ";
	}
	fputc('\n', out);
}

static void print_file(FILE *out, const char *path, const struct image_file_info *info,
		       const struct wim_header *header)
{
	fputs("WIM Information:\n----------------\n", out);
	fputs("Path:           ", out);
	wim_show_text(path, out);
	fputs("\nGUID:           ", out);
	wim_show_hex(info->guid.bytes, sizeof(info->guid.bytes), out);
	fprintf(out, "\nVersion:        %u\n", load_le32(header->raw + WIM_VERSION_FIELD));
	fprintf(out, "Image Count:    %u\n", info->image_count);
	fprintf(out, "Compression:    %s\n", strcmp(info->compression, "none") == 0 ? "None" : info->compression);
	fprintf(out, "Chunk Size:     %u bytes\n", info->chunk_size);
	fprintf(out, "Part Number:    %u/%u\n", info->part, info->parts);
	fprintf(out, "Boot Index:     %u\n", info->boot_index);
	fprintf(out, "Size:           %" PRIu64 " bytes\n", persona_is_wimlib() ? info->total_bytes : info->file_bytes);
	print_attributes(out, info, header->flags);
	fputc('\n', out);
}

static void print_image(FILE *out, const struct image_info *image)
{
	fprintf(out, "%-24s%u\n", "Index:", image->index);
	print_text(out, "Name:", image->name);
	print_text(out, "Description:", image->description);
	print_some_text(out, "Display Name:", image->display_name);
	fprintf(out, "%-24s%" PRIu64 "\n", "Directory Count:", image->dir_count);
	fprintf(out, "%-24s%" PRIu64 "\n", "File Count:", image->file_count);
	fprintf(out, "%-24s%" PRIu64 "\n", "Total Bytes:", image->total_bytes);
	fprintf(out, "%-24s%" PRIu64 "\n", "Hard Link Bytes:", image->hard_link_bytes);
	print_time(out, "Creation Time:", image->created);
	print_time(out, "Last Modification Time:", image->modified);
	print_some_text(out, "Architecture:", arch_for_people(image->arch, image->has_windows));
	print_some_text(out, "Product Name:", image->product_name);
	print_some_text(out, "Edition ID:", image->edition);
	print_some_text(out, "Installation Type:", image->installation_type);
	print_some_text(out, "HAL:", image->hal);
	print_some_text(out, "Product Type:", image->product_type);
	print_some_text(out, "Product Suite:", image->product_suite);
	print_languages(out, image->languages);
	print_some_text(out, "Default Language:", image->default_language);
	print_some_text(out, "System Root:", image->system_root);
	print_version(out, image->version, image->sp_level);
	print_some_text(out, "Flags:", image->flags);
	print_text(out, "WIMBoot compatible:", image->wimboot ? "yes" : "no");
	fputc('\n', out);
}

static void json_file(struct json *j, const char *path, const struct image_file_info *info,
		      const struct wim_header *header)
{
	json_text(j, "path", path);
	json_guid(j, "guid", &info->guid);
	json_uint(j, "bytes", info->file_bytes);
	json_uint(j, "image_count", info->image_count);
	json_uint(j, "boot_index", info->boot_index);
	json_uint(j, "part", info->part);
	json_uint(j, "parts", info->parts);
	json_text(j, "compression", info->compression);
	json_uint(j, "chunk_size", info->chunk_size);
	json_bool(j, "integrity", info->has_integrity);
	json_bool(j, "relative_links", header->flags & WIM_FLAG_RP_FIX);
	json_bool(j, "solid", info->solid);
	json_bool(j, "pipable", info->pipable);
	json_bool(j, "read_only", info->read_only);
	json_bool(j, "write_in_progress", info->write_in_progress);
}

static void json_image(struct json *j, const struct image_info *image)
{
	json_begin_object(j, NULL);
	json_uint(j, "index", image->index);
	json_text(j, "name", image->name);
	json_text(j, "description", image->description);
	json_text(j, "display_name", image->display_name);
	json_text(j, "flags", image->flags);
	json_text(j, "edition", image->edition);
	json_text(j, "architecture", image->arch);
	json_text(j, "version", image->version);
	json_text(j, "languages", image->languages);
	json_uint(j, "directories", image->dir_count);
	json_uint(j, "files", image->file_count);
	json_uint(j, "bytes", image->total_bytes);
	json_uint(j, "hard_link_bytes", image->hard_link_bytes);
	json_bool(j, "wimboot", image->wimboot);
	if (image->created)
		json_filetime(j, "created", image->created);
	if (image->modified)
		json_filetime(j, "modified", image->modified);
}

/* An image need not hold a Windows. */
static int show_details(struct cli *cli, const char *spec, struct err *err)
{
	CLEANUP(image_facts_release) struct image_facts facts = { .product = NULL };
	int result = image_facts_read(spec, &facts, err);

	if (result < 0 && err->kind == ERR_NOT_FOUND) {
		*err = (struct err){ 0 };
		fputs("No Windows is in this image.\n\n", cli->out);
		json_null(cli->json, "details");
		return 0;
	}
	if (result < 0)
		return -1;
	json_begin_object(cli->json, "details");
	image_facts_show(&facts, cli);
	json_end_object(cli->json);
	fputc('\n', cli->out);
	return 0;
}

static int show_images(struct cli *cli, struct image_file *file, unsigned first, unsigned last, bool details,
		       struct err *err)
{
	if (persona_is_wimlib() && cli->n_args > 1)
		fprintf(cli->out, "Information for Image %u\n-----------------------\n", first);
	else
		fputs("Available Images:\n-----------------\n", cli->out);
	json_begin_array(cli->json, "images");
	for (unsigned i = first; i <= last; i++) {
		struct image_info image;

		if (image_info(file, i, &image, err) < 0)
			return -1;
		print_image(cli->out, &image);
		json_image(cli->json, &image);
		if (details) {
			CLEANUP(freep) char *spec = xasprintf("%s:%u", cli->args[0], i);

			if (show_details(cli, spec, err) < 0)
				return -1;
		}
		json_end_object(cli->json);
	}
	json_end_array(cli->json);
	return 0;
}

static int show_all(struct cli *cli, struct image_file *file, const struct info_args *args, struct err *err)
{
	bool special = args->header || args->blobs || args->xml || args->extract_xml;
	const char *path = cli->args[0];
	struct image_file_info info;
	struct wim_header header;
	uint64_t file_bytes;
	unsigned first = 1, last;
	int result = 0;

	image_file_info(file, &info);
	last = info.image_count;
	if (cli->n_args > 1) {
		if (image_select(file, cli->args[1], &first, err) < 0)
			return err_context(err, "%s", path);
		last = first;
	}
	if (wim_show_load_header(path, &header, &file_bytes, err) < 0)
		return -1;
	if (args->extract_xml && wim_show_save_xml(path, args->extract_xml, err) < 0)
		return -1;
	json_begin_object(cli->json, "result");
	json_file(cli->json, path, &info, &header);
	if (!special && cli->n_args < 2)
		print_file(cli->out, path, &info, &header);
	if (!special || cli->json)
		result = show_images(cli, file, first, last, args->details, err);
	if (result < 0)
		return err_context(err, "%s", path);
	if (args->header)
		wim_show_header(&header, cli->out, cli->json);
	if (args->blobs && wim_show_blobs(path, cli->out, cli->json, err) < 0)
		return -1;
	if (args->xml) {
		if (persona_is_wimlib() && !cli->json)
			return wim_show_print_xml(path, cli->out, err);
		fprintf(cli->out, "%s\n", image_xml(file));
		json_text(cli->json, "xml", image_xml(file));
	}
	json_end_object(cli->json);
	return CLI_DONE;
}

/* A mounted or extracted Windows, as dism /Image:DIR. */
static int show_folder(struct cli *cli, struct err *err)
{
	CLEANUP(image_facts_release) struct image_facts facts = { .product = NULL };

	if (image_facts_read(cli->args[0], &facts, err) < 0)
		return -1;
	json_begin_object(cli->json, "result");
	json_text(cli->json, "path", cli->args[0]);
	json_begin_object(cli->json, "details");
	image_facts_show(&facts, cli);
	json_end_object(cli->json);
	json_end_object(cli->json);
	return CLI_DONE;
}

static bool wants_change(const struct cli *cli, const struct info_args *args)
{
	/* --nocheck alone changes nothing in wimlib-imagex */
	return cli->n_args > 2 || args->boot || (args->no_check && !persona_is_wimlib()) || args->properties.len;
}

static int info_run(struct cli *cli, const void *raw, struct err *err)
{
	const struct info_args *args = raw;
	CLEANUP(image_file_closep) struct image_file *file = NULL;

	if (wants_change(cli, args)) {
		const struct info_change change = { .boot = args->boot, .check = args->check || args->include_integrity,
						    .no_check = args->no_check, .properties = &args->properties };

		return info_change(cli, &change, err);
	}

	if (args->details && path_is_dir(cli->args[0]))
		return show_folder(cli, err);
	file = image_file_open(cli->args[0], err);
	if (!file)
		return err_context(err, "%s", cli->args[0]);
	return show_all(cli, file, args, err);
}

static const struct cli_option info_options[] = {
	OPT_FLAG(struct info_args, header, 0, "header", "show the header of the file"),
	OPT_FLAG(struct info_args, blobs, 0, "blobs", "show where each content lies"),
	OPT_FLAG(struct info_args, blobs, 0, "lookup-table", "the same"),
	OPT_FLAG(struct info_args, xml, 0, "xml", "show the XML, as UTF-8"),
	OPT_FLAG(struct info_args, details, 0, "image-details",
		 "also what Windows in the image says: edition, packages, features, drivers, apps, time zone (of a folder, too)"),
	OPT_FLAG(struct info_args, boot, 0, "boot", "mark the image as the one to boot (IMAGE 0: none boots)"),
	OPT_LIST(struct info_args, properties, 0, "image-property", "NAME=VALUE", "set a property of the image"),
	OPT_FLAG(struct info_args, check, 0, "check", "with a change: write an integrity table"),
	OPT_FLAG(struct info_args, include_integrity, 0, "include-integrity", "the same"),
	OPT_FLAG(struct info_args, no_check, 0, "nocheck", "take the integrity table away"),
	OPT_TEXT(struct info_args, extract_xml, 0, "extract-xml", "FILE", "save the XML as it is, in UTF-16"),
};

static const struct cli_example info_examples[] = {
	{ "wimtool info install.wim", "the file and all its images" },
	{ "wimtool info install.wim \"Windows 11 Pro\"", "one image" },
	{ "wimtool info install.wim 1 --image-details", "as dism /Get-Packages, /Get-Drivers, /Get-Intl, without a mount" },
	{ "wimtool info install.wim --json | jq -r '.result.images[].name'", "the names for a script" },
};

const struct cli_command cmd_info = {
	.name = "info",
	.summary = "show what a WIM file and its images are",
	.usage = "WIM [IMAGE [NEW-NAME [NEW-DESCRIPTION]]]",
	.description = "The fields have the names that wimlib-imagex info gives them. Size is that of the whole file.\n\n"
		       "With a new name, --boot or --image-property the WIM is changed instead, as by wimtool set.",
	.examples = info_examples,
	.n_examples = ARRAY_SIZE(info_examples),
	CLI_OPTIONS(struct info_args, info_options),
	.min_args = 1,
	.max_args = 4,
	.has_json = true,
	.run = info_run,
};
