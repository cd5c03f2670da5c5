/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The units around the steps: the source as a WIM, and what becomes of it in the end. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/names.h"
#include "common/cli/progress.h"
#include "common/image/image_compose.h"
#include "common/image/image_set.h"
#include "common/image/session_own.h"
#include "common/image/wim_verify.h"
#include "wimtool/build.h"
#include "wimtool/compress.h"

#define PIECE (1u << 20)

static const struct rule_meta damaged_rule = {
	.id = "image-damaged",
	.severity = SEVERITY_ERROR,
	.summary = "the image that was built does not verify",
	.why = "The source is damaged, or the disk or memory of this machine is faulty.",
	.advice = "run wimtool verify on the source",
};

static const enum wim_compression types[] = {
	[SESSION_NONE] = WIM_NONE, [SESSION_XPRESS] = WIM_XPRESS, [SESSION_LZX] = WIM_LZX, [SESSION_LZMS] = WIM_LZMS,
};

/* ---- source ------------------------------------------------------------------------------- */

struct watch {
	struct progress bar;
};

static void on_progress(void *context, uint64_t done, uint64_t total)
{
	struct watch *watch = context;

	progress_set_total(&watch->bar, total);
	progress_update(&watch->bar, done);
}

static struct image_work work_of(const struct build *build, struct watch *watch, const char *label)
{
	progress_begin(&watch->bar, build->cli, label, 0);
	return (struct image_work){ .threads = build->options->threads, .progress = on_progress, .context = watch };
}

/* Solid is made at the end, out of something that is quick to make and to edit. */
static int choose_compression(const struct build *build, struct compress_choice *ret, struct err *err)
{
	bool solid = build->recipe->output.solid;

	if (compress_parse(build->recipe->output.compress, ret, err) < 0)
		return -1;
	if (solid || ret->solid)
		return compress_parse("fast", ret, err);
	return 0;
}

static int capture(struct build *build, struct err *err)
{
	const struct recipe *r = build->recipe;
	CLEANUP(freep) char *folder_name = session_name_of_source(r->source.path);
	struct compress_choice compress;
	struct session_captured done = { 0 };
	struct session_capture request = {
		.source = r->source.path,
		.wim = build->work,
		.name = r->output.name ? r->output.name : folder_name,
		.description = r->output.description,
		.flags = r->output.flags,
		.config = r->source.config,
		.threads = build->options->threads,
		.boot = r->output.boot,
		.check = r->output.check && build->final_is_work,
		.replace = true,
	};

	if (choose_compression(build, &compress, err) < 0)
		return -1;
	request.compression = compress.type;
	request.level = compress.level;
	if (session_capture(&request, build->cli, &done, err) < 0)
		return -1;
	json_text(build->details, "how", "capture");
	json_uint(build->details, "directories", done.dirs);
	json_uint(build->details, "files", done.files);
	json_uint(build->details, "bytes", done.bytes);
	json_uint(build->details, "excluded", done.excluded);
	free(done.name);
	return 0;
}

/* Of a WIM the wanted image alone, in a form that can be edited: solid contents are taken apart. */
static int export_source(struct build *build, struct err *err)
{
	const struct recipe *r = build->recipe;
	CLEANUP(image_file_closep) struct image_file *file =
		image_file_open_parts(r->source.path, r->source.refs.items, r->source.refs.len, err);
	struct watch watch;
	struct image_work work;
	struct image_file_info info;
	struct image_export request = {
		.source = r->source.path, .target = build->work, .name = r->output.name,
		.description = r->output.description, .boot = r->output.boot,
	};
	struct image_done done;
	struct compress_choice compress;
	char image[16];
	unsigned index;
	int result;

	if (!file || choose_compression(build, &compress, err) < 0)
		return err_context(err, "%s", r->source.path);
	if (image_select(file, r->source.image, &index, err) < 0) {
		if (!r->source.image)
			err_hint(err, "\"image: NAME\" of the source names it");
		err->kind = ERR_REFUSED; /* of the recipe, not of the command line */
		return err_context(err, "%s", r->source.path);
	}
	image_file_info(file, &info);
	if (info.parts > 1 && !r->source.refs.len)
		return err_set(err, ERR_NOT_FOUND, "%s: part %u of %u of a split WIM; \"ref: PATTERN\" of the source names the others",
			       r->source.path, info.part, info.parts);
	snprintf(image, sizeof(image), "%u", index);
	request.image = image;
	if (r->output.compress || info.solid || r->output.solid)
		request.packing = (struct image_packing){
			.given = true, .compression = types[compress.type], .level = compress.level,
		};
	work = work_of(build, &watch, "export");
	work.refs = r->source.refs.items;
	work.n_refs = r->source.refs.len;
	result = image_export(&request, &work, &done, err);
	progress_end(&watch.bar);
	if (result < 0)
		return -1;
	json_text(build->details, "how", "export");
	json_uint(build->details, "image", index);
	json_uint(build->details, "copied", done.copied);
	json_uint(build->details, "compressed_anew", done.packed);
	return 0;
}

int build_run_source(struct build *build, struct err *err)
{
	return path_is_dir(build->recipe->source.path) ? capture(build, err) : export_source(build, err);
}

/* ---- properties, export, split --------------------------------------------------------------- */

int build_run_properties(struct build *build, struct err *err)
{
	const struct recipe *r = build->recipe;
	size_t n = r->output.properties.len;
	CLEANUP(freep) struct image_property *list = xcalloc(n + 1, sizeof(*list));
	struct image_settings settings = { .image = "1", .properties = list };
	struct image_set_result done;

	for (size_t i = 0; i < n; i++)
		list[settings.n_properties++] = (struct image_property){
			.name = r->output.properties.items[i].name, .value = r->output.properties.items[i].value,
		};
	if (r->output.flags)
		list[settings.n_properties++] = (struct image_property){ .name = "FLAGS", .value = r->output.flags };
	json_uint(build->details, "properties", settings.n_properties);
	return image_set(build->work, &settings, &done, err);
}

/* Leaves behind what the appends of the steps replaced. */
int build_run_export(struct build *build, struct err *err)
{
	const struct recipe *r = build->recipe;
	struct image_export request = { .source = build->work, .image = "1", .target = build->final, .boot = r->output.boot };
	struct compress_choice compress;
	struct watch watch;
	struct image_work work;
	struct image_done done;
	int result;

	if (compress_parse(r->output.compress, &compress, err) < 0)
		return -1;
	if (r->output.solid || compress.solid)
		request.packing = (struct image_packing){
			.given = true, .compression = WIM_LZMS, .level = compress.solid ? compress.level : 0, .solid = true,
		};
	work = work_of(build, &watch, "export");
	work.check = r->output.check;
	result = image_export(&request, &work, &done, err);
	progress_end(&watch.bar);
	if (result < 0)
		return -1;
	json_uint(build->details, "copied", done.copied);
	json_uint(build->details, "compressed_anew", done.packed);
	json_uint(build->details, "bytes", done.bytes);
	return 0;
}

/* Parts of an interrupted run go first: their number may have been another. */
static int empty_parts(const char *folder, struct err *err)
{
	CLEANUP(names_release) struct names names = { 0 };

	if (mkdir(folder, 0777) == 0)
		return 0;
	if (errno != EEXIST)
		return err_errno(err, errno, "%s", folder);
	if (names_of_folder(folder, names_by_bytes, &names, err) < 0)
		return err_context(err, "%s", folder);
	for (size_t i = 0; i < names.len; i++) {
		CLEANUP(freep) char *path = path_join(folder, names.items[i]);

		(void)unlink(path);
	}
	return 0;
}

int build_run_split(struct build *build, struct err *err)
{
	CLEANUP(freep) char *first = path_join(build->final, path_name(build->recipe->output.path));
	struct image_split request = {
		.source = build->work, .first = first, .part_bytes = build->recipe->output.split, .force = true,
	};
	struct watch watch;
	struct image_work work;
	struct image_done done;
	int result;

	if (empty_parts(build->final, err) < 0)
		return -1;
	work = work_of(build, &watch, "split");
	work.check = build->recipe->output.check;
	result = image_split(&request, &work, &done, err);
	progress_end(&watch.bar);
	if (result < 0)
		return -1;
	json_uint(build->details, "parts", done.parts);
	json_uint(build->details, "too_large", done.too_large);
	json_uint(build->details, "bytes", done.bytes);
	return 0;
}

/* ---- the files of the output -------------------------------------------------------------------- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

static int is_part(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* Calls fn for the path of each file that becomes an output, in the order of the parts. */
static int for_each_final(struct build *build, int (*fn)(struct build *build, const char *path, struct err *err),
			  struct err *err)
{
	struct dirent **names = NULL;
	int n, result = 0;

	if (!build->recipe->output.split)
		return fn(build, build->final, err);
	n = scandir(build->final, &names, is_part, by_name);
	if (n < 0)
		return err_errno(err, errno, "%s", build->final);
	for (int i = 0; i < n; i++) {
		CLEANUP(freep) char *path = path_join(build->final, names[i]->d_name);

		if (result == 0)
			result = fn(build, path, err);
		free(names[i]);
	}
	free(names);
	return result;
}

static const char *final_name(const struct build *build, const char *path)
{
	return build->recipe->output.split ? path_name(path) : path_name(build->recipe->output.path);
}

/* ---- verify, digest, publish -------------------------------------------------------------------- */

struct verifying {
	struct build *build;
	const char *name;
	struct progress bar;
};

static void on_problem(void *context, enum wim_problem kind, const char *what, const char *place)
{
	const struct verifying *v = context;

	if (kind == WIM_PROBLEM_MISSING && v->build->recipe->output.split)
		return; /* what one part does not hold is in another */
	report_add(v->build->report, &damaged_rule, (struct place){ .file = v->name, .item = place }, "%s: %s", place, what);
}

static int on_verified(void *context, uint64_t done, uint64_t total)
{
	struct verifying *v = context;

	progress_set_total(&v->bar, total);
	progress_update(&v->bar, done);
	return 0;
}

static int verify_one(struct build *build, const char *path, struct err *err)
{
	struct verifying v = { .build = build, .name = final_name(build, path) };
	const struct wim_verify_options options = {
		.context = &v, .problem = on_problem, .progress = on_verified, .threads = build->options->threads,
	};
	struct wim_verify_result done;
	int result;

	progress_begin(&v.bar, build->cli, "verify", 0);
	result = image_verify(path, &options, &done, err);
	progress_end(&v.bar);
	return result;
}

int build_run_verify(struct build *build, struct err *err)
{
	if (for_each_final(build, verify_one, err) < 0)
		return -1;
	json_bool(build->details, "good", report_len(build->report) == 0);
	return report_count(build->report, SEVERITY_ERROR) ? CLI_FINDINGS : 0;
}

static int digest_one(struct build *build, const char *path, struct err *err)
{
	char sha256[BUILD_KEY_LEN + 1];
	uint64_t bytes;

	if (build_hash_file(path, sha256, &bytes, err) < 0)
		return -1;
	json_begin_object(build->details, NULL);
	json_text(build->details, "name", final_name(build, path));
	json_text(build->details, "sha256", sha256);
	json_uint(build->details, "bytes", bytes);
	json_end_object(build->details);
	return 0;
}

int build_run_digest(struct build *build, struct err *err)
{
	int result;

	json_begin_array(build->details, "outputs");
	result = for_each_final(build, digest_one, err);
	json_end_array(build->details);
	return result;
}

static int copy_file(const char *from, const char *to, struct err *err)
{
	CLEANUP(freep) char *folder = path_folder(to);
	CLEANUP(freep) char *temp = xasprintf("%s/.%s.goldwim-new", folder, path_name(to));
	CLEANUP(close_fdp) int in = file_open_read(from, err);
	CLEANUP(close_fdp) int out = in < 0 ? -1 : open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	CLEANUP(freep) char *piece = xmalloc(PIECE);
	ssize_t n;

	if (in < 0)
		return -1;
	if (out < 0)
		return err_errno(err, errno, "%s", temp);
	while ((n = read(in, piece, PIECE)) > 0)
		if (file_write(out, piece, (size_t)n, err) < 0)
			return err_context(err, "%s", temp);
	if (n < 0)
		return err_errno(err, errno, "%s", from);
	if (file_fsync(out, err) < 0)
		return -1;
	return rename(temp, to) < 0 ? err_errno(err, errno, "%s", to) : 0;
}

int build_move_file(const char *from, const char *to, struct err *err)
{
	if (rename(from, to) == 0)
		return file_fsync_folder_of(to, err);
	if (errno != EXDEV)
		return err_errno(err, errno, "%s", to);
	if (copy_file(from, to, err) < 0 || file_fsync_folder_of(to, err) < 0)
		return -1;
	return unlink(from) < 0 ? err_errno(err, errno, "%s", from) : 0;
}

static int publish_one(struct build *build, const struct build_output *output, struct err *err)
{
	CLEANUP(freep) char *folder = path_folder(build->recipe->output.path);
	CLEANUP(freep) char *to = path_join(folder, output->name);
	CLEANUP(freep) char *from =
		build->recipe->output.split ? path_join(build->final, output->name) : xstrdup(build->final);
	char sha256[BUILD_KEY_LEN + 1];
	uint64_t bytes;

	if (path_exists(from))
		return build_move_file(from, to, err);
	/* An interrupted run may have moved it already. */
	if (build_hash_file(to, sha256, &bytes, err) < 0)
		return -1;
	if (strcmp(sha256, output->sha256) != 0)
		return err_set(err, ERR_NOT_FOUND, "%s: is gone", from);
	return 0;
}

int build_run_publish(struct build *build, struct err *err)
{
	CLEANUP(build_outputs_release) struct build_outputs outputs = { 0 };

	if (build_read_outputs(build, &outputs, err) < 0)
		return -1;
	for (size_t i = 0; i < outputs.items.len; i++)
		if (publish_one(build, &outputs.items.items[i], err) < 0)
			return -1;
	return build_remove_old_parts(build, &outputs, err);
}
