/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/compose_args.h"

#include <inttypes.h>

#include "wimtool/compress.h"
#include "wimtool/persona.h"

#define THREADS_MAX 1024

static const enum wim_compression types[] = {
	[SESSION_NONE] = WIM_NONE,
	[SESSION_XPRESS] = WIM_XPRESS,
	[SESSION_LZX] = WIM_LZX,
	[SESSION_LZMS] = WIM_LZMS,
};

static int check_chunk_size(const struct cli *cli, const char *option, uint64_t size, enum wim_compression type,
			    bool solid, struct err *err)
{
	if (!size)
		return 0;
	if (size < image_min_chunk_size(type) || size > image_max_chunk_size(type) || (size & (size - 1)))
		return err_set(err, ERR_USAGE, "%s=%" PRIu64 ": for %s a power of two from %u to %u", option, size,
			       wim_compression_name(type), image_min_chunk_size(type), image_max_chunk_size(type));
	if (size != image_usual_chunk_size(type, solid))
		cli_warn(cli, "%s=%" PRIu64 ": Windows reads only %u with %s", option, size,
			 image_usual_chunk_size(type, solid), wim_compression_name(type));
	return 0;
}

/* Of a WIM that is there, whose compression is not known yet: what writes it checks the size. */
static void warn_of_chunk_size(const struct cli *cli, uint64_t size)
{
	if (size && size != image_usual_chunk_size(WIM_LZX, false) && size != image_usual_chunk_size(WIM_LZMS, false))
		cli_warn(cli, "--chunk-size=%" PRIu64 ": Windows reads only 32768, and 131072 with LZMS", size);
}

int pack_parse(const struct cli *cli, const struct pack_args *args, struct image_packing *ret, struct err *err)
{
	struct compress_choice choice = { .type = SESSION_LZMS };
	struct compress_choice solid = { .type = SESSION_LZMS };
	struct image_packing packing = { .solid = args->solid, .pipable = args->pipable,
					 .not_pipable = args->not_pipable };

	if (args->compress && compress_parse(args->compress, &choice, err) < 0)
		return -1;
	if (args->solid_compress && compress_parse(args->solid_compress, &solid, err) < 0)
		return -1;
	if (args->compress) {
		packing.given = true;
		packing.compression = types[choice.type];
		packing.level = choice.level;
		packing.solid = packing.solid || (choice.solid && !persona_is_wimlib()); /* there it is LZMS alone */
	}
	if (args->solid_compress && solid.type == SESSION_NONE)
		return err_set(err, ERR_USAGE, "--solid-compress=%s: lzms, lzx or xpress is wanted", args->solid_compress);
	packing.solid_compression = types[solid.type];
	packing.solid_level = solid.level ? solid.level : choice.type == SESSION_LZMS ? choice.level : 0;
	if (packing.pipable && packing.not_pipable)
		return err_set(err, ERR_USAGE, "--pipable and --not-pipable exclude each other");
	if (packing.pipable && packing.solid)
		return err_set(err, ERR_USAGE, "nothing in a pipable WIM is solid");
	packing.chunk_size = (uint32_t)MIN(args->chunk_size, (uint64_t)UINT32_MAX);
	packing.solid_chunk_size = (uint32_t)MIN(args->solid_chunk_size, (uint64_t)UINT32_MAX);
	if (!args->compress)
		warn_of_chunk_size(cli, args->chunk_size);
	else if (check_chunk_size(cli, "--chunk-size", args->chunk_size, packing.compression, false, err) < 0)
		return -1;
	*ret = packing;
	return check_chunk_size(cli, "--solid-chunk-size", args->solid_chunk_size, types[solid.type], true, err);
}

static void show_progress(void *context, uint64_t done, uint64_t total)
{
	struct compose_run *run = context;

	progress_set_total(&run->bar, total);
	progress_update(&run->bar, done);
}

int compose_begin(struct compose_run *run, struct cli *cli, const struct compose_args *args, const char *label,
		  struct err *err)
{
	if ((args->check || args->include_integrity) && args->no_check)
		return err_set(err, ERR_USAGE, "--check and --nocheck exclude each other");
	if (args->threads > THREADS_MAX)
		return err_set(err, ERR_USAGE, "--threads: no more than %d", THREADS_MAX);
	*run = (struct compose_run){
		.cli = cli,
		.work = {
			.threads = (unsigned)args->threads,
			.check = args->check || args->include_integrity,
			.no_check = args->no_check,
			.check_source = args->check,
			.refs = args->refs.items,
			.n_refs = args->refs.len,
			.progress = show_progress,
			.context = run,
		},
	};
	progress_begin(&run->bar, cli, label, 0);
	return 0;
}

void compose_end(struct compose_run *run)
{
	progress_end(&run->bar);
}

void compose_show(struct cli *cli, const char *wim, const char *what, const struct image_done *done)
{
	struct json *j = cli->json;

	if (!cli->quiet)
		fprintf(cli->out,
			"%s: %u image%s %s: %" PRIu64 " bytes copied as they were, %" PRIu64
			" compressed anew; %" PRIu64 " bytes now\n",
			wim, done->images, PLURAL(done->images), what, done->copied, done->packed, done->bytes);
	json_begin_object(j, "result");
	json_text(j, "wim", wim);
	json_uint(j, "images", done->images);
	if (done->parts)
		json_uint(j, "parts", done->parts);
	json_uint(j, "bytes_copied", done->copied);
	json_uint(j, "bytes_compressed", done->packed);
	if (done->before)
		json_uint(j, "bytes_before", done->before);
	json_uint(j, "bytes", done->bytes);
	json_end_object(j);
}
