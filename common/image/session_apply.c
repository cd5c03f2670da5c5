/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/tempfiles.h"
#include "common/cli/progress.h"
#include "common/image/apply_target.h"
#include "common/image/session_ntfs.h"
#include "common/image/session_read.h"
#include "common/image/wim_integrity.h"

/* ---- what apply and extract share ---- */

static int check_integrity(const struct image_file *file, struct err *err)
{
	if (wim_integrity_compare(file->fd, file->file_bytes, &file->header, err) < 0)
		return -1;
	for (size_t i = 1; i < file->n_parts; i++)
		if (wim_integrity_compare(file->parts[i].fd, file->parts[i].file_bytes, &file->parts[i].header, err) < 0)
			return err_context(err, "a part");
	return 0;
}

struct image_file *session_open_source(const struct session_apply *r, unsigned *ret_index, struct err *err)
{
	struct image_file *file = image_file_open_parts(r->wim, r->refs ? r->refs->items : NULL,
							r->refs ? r->refs->len : 0, err);

	if (!file)
		return NULL;
	if (image_select(file, r->image, ret_index, err) < 0 || (r->check && check_integrity(file, err) < 0)) {
		err_context(err, "%s", r->wim);
		image_file_closep(&file);
	}
	return file;
}

struct writer {
	const struct cli *cli;
	struct progress bar;
};

static int on_progress(void *context, uint64_t done, uint64_t total)
{
	struct writer *writer = context;

	progress_set_total(&writer->bar, total);
	progress_update(&writer->bar, done);
	return tempfiles_signal_pending() ? 1 : 0;
}

static void on_warning(void *context, const char *text)
{
	const struct writer *writer = context;

	if (writer->cli)
		cli_warn(writer->cli, "%s", text);
}

/* Says what an error has left. An empty folder is no part of anything. */
static void say_what_is_left(const struct cli *cli, const char *target, enum apply_target_state state)
{
	bool cancelled = tempfiles_signal_pending();

	if (cancelled && state == TARGET_MADE)
		apply_target_remove(target);
	if (!cli || (!cancelled && state == TARGET_MADE && rmdir(target) == 0))
		return;
	if (cancelled && state == TARGET_MADE)
		cli_warn(cli, "%s: cancelled; the folder is removed again", target);
	else if (cancelled)
		cli_warn(cli, "%s: cancelled; the folder holds a part of the image", target);
	else
		cli_warn(cli, "%s: the folder holds a part of the image only", target);
}

static int measure_and_write(struct image_apply_plan *plan, const char *path, struct image_applied *ret,
			     struct err *err)
{
	uint64_t needed;

	image_apply_counts(plan, ret, &needed);
	if (apply_target_need_space(path, needed, err) < 0)
		return -1;
	return image_apply_run(plan, ret, err);
}

/* Damage is in the WIM, other trouble in the folder. */
static int name_file(const struct session_apply *r, struct err *err)
{
	bool in_wim = err && (err->kind == ERR_FORMAT || err->kind == ERR_TRUNCATED || err->kind == ERR_LIMIT);

	return err_context(err, "%s", in_wim ? r->wim : r->target);
}

int session_write_folder(const struct session_apply *r, const struct image_apply *write, bool whole, bool fix_links,
			 const struct cli *cli, struct image_applied *ret, struct err *err)
{
	struct writer writer = { .cli = cli };
	struct image_apply request = *write;
	CLEANUP(freep) char *real = NULL;
	CLEANUP(close_fdp) int target = -1;
	CLEANUP(image_apply_plan_freep) struct image_apply_plan *plan = NULL;
	enum apply_target_state state;
	int result;

	request.unix_data = r->unix_data;
	request.strict_acls = r->strict_acls;
	plan = image_apply_plan(&request, err);
	if (!plan)
		return err_context(err, "%s", r->wim);
	if (apply_target_prepare(r->target, &state, err) < 0)
		return err_context(err, "%s", r->target);
	target = open(r->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	real = realpath(r->target, NULL);
	if (target < 0 || !real)
		return err_errno(err, errno, "%s: cannot open this folder", r->target);
	request.target = target;
	request.link_root = fix_links ? real : "";
	request.replace = state == TARGET_FULL;
	request.count = whole && state != TARGET_FULL;
	request.threads = r->threads;
	request.recover_data = r->recover_data;
	request.progress = on_progress;
	request.warn = on_warning;
	request.context = &writer;
	progress_begin(&writer.bar, cli, whole ? "apply" : "extract", 0);
	tempfiles_hold_signals();
	result = measure_and_write(plan, r->target, ret, err);
	progress_end(&writer.bar);
	if (result < 0) {
		say_what_is_left(cli, r->target, state);
		name_file(r, err);
	}
	tempfiles_release_signals();
	return result;
}

/* ---- apply ---- */

static bool wants_links_fixed(const struct session_apply *r, const struct image_file *file)
{
	return r->links == SESSION_LINKS_FIX || (r->links == SESSION_LINKS_AUTO && (file->header.flags & WIM_FLAG_RP_FIX));
}

static int apply_to_folder(const struct session_apply *r, struct image_file *file, unsigned index, const struct cli *cli,
			   struct image_applied *ret, struct err *err)
{
	const struct wim_tree *tree = image_tree(file, index, err);
	struct image_apply_root root = { .node = tree ? tree->root : NULL, .path = "" };
	struct image_apply request = { .file = file, .roots = &root, .n_roots = 1 };

	if (!tree)
		return err_context(err, "%s", r->wim);
	return session_write_folder(r, &request, true, wants_links_fixed(r, file), cli, ret, err);
}

/* The name that an NTFS volume has in its first sector. */
static bool holds_ntfs(const char *path)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char name[8];

	return fd >= 0 && file_pread(fd, name, sizeof(name), 3, NULL) == 0 && memcmp(name, "NTFS    ", sizeof(name)) == 0;
}

static bool is_volume(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) && holds_ntfs(path);
}

static int count_image(struct image_file *file, unsigned index, struct image_applied *ret, struct err *err)
{
	const struct wim_tree *tree = image_tree(file, index, err);
	struct image_apply_root root = { .node = tree ? tree->root : NULL, .path = "" };
	struct image_apply request = { .file = file, .roots = &root, .n_roots = 1, .link_root = "" };
	CLEANUP(image_apply_plan_freep) struct image_apply_plan *plan = tree ? image_apply_plan(&request, err) : NULL;
	uint64_t needed;

	if (!plan)
		return -1;
	image_apply_counts(plan, ret, &needed);
	/* an NTFS volume holds these */
	ret->streams_left_out = 0;
	ret->reparse_left_out = 0;
	return 0;
}

int session_apply(const struct session_apply *r, const struct cli *cli, struct session_applied *ret, struct err *err)
{
	unsigned index;
	CLEANUP(image_file_closep) struct image_file *file = session_open_source(r, &index, err);

	if (!file)
		return -1;
	ret->index = index;
	if (r->ntfs || is_volume(r->target)) {
		if (!is_volume(r->target))
			return err_set(err, ERR_REFUSED, "%s: is no block device or file with an NTFS volume",
				       r->target);
		if (count_image(file, index, &ret->done, err) < 0)
			return err_context(err, "%s", r->wim);
		return session_apply_ntfs(r, index, cli, err);
	}
	return apply_to_folder(r, file, index, cli, &ret->done, err);
}
