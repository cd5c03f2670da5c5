/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/session_own.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/base/tempfiles.h"
#include "common/cli/progress.h"
#include "common/image/image.h"
#include "common/image/image_capture.h"
#include "common/image/session_windows.h"

struct own {
	const struct cli *cli;
	struct progress bar;
};

bool session_own_can(const struct session_capture *r)
{
	return !r->solid && !r->pipable && !r->sources && path_is_dir(r->source);
}

static void note(void *context, const char *path, const char *why)
{
	const struct own *own = context;

	if (!own->cli)
		return;
	if (why)
		cli_warn(own->cli, "%s: %s", path, why);
	else
		cli_verbose(own->cli, "%s: left out by the capture configuration", path);
}

static void show(void *context, uint64_t done, uint64_t total)
{
	struct own *own = context;

	if (!own->cli)
		return;
	progress_set_total(&own->bar, total);
	progress_update(&own->bar, done);
}

/* SOURCE_DATE_EPOCH is the latest time that a reproducible capture may speak of. */
static uint64_t latest_time(const struct session_capture *r)
{
	uint64_t epoch;

	return r->reproducible && filetime_epoch(&epoch) > 0 ? epoch : 0;
}

static bool name_is_taken(struct image_file *file, const char *name)
{
	struct image_file_info info;

	image_file_info(file, &info);
	for (unsigned i = 1; i <= info.image_count; i++) {
		struct image_info image;

		if (image_info(file, i, &image, NULL) == 0 && strcmp(image.name, name) == 0)
			return true;
	}
	return false;
}

/* NAME, or NAME (1) and so on, as libwim has it. */
static int usual_name(const struct session_capture *r, bool append, char **ret, struct err *err)
{
	CLEANUP(freep) char *base = session_name_of_source(r->source);
	CLEANUP(image_file_closep) struct image_file *file = append ? image_file_open(r->wim, err) : NULL;
	char *name = xstrdup(base);

	if (append && !file) {
		free(name);
		return err_context(err, "%s", r->wim);
	}
	for (unsigned n = 1; file && *name && name_is_taken(file, name); n++) {
		free(name);
		name = xasprintf("%s (%u)", base, n);
	}
	*ret = name;
	return 0;
}

static struct image_capture fill(const struct session_capture *r, bool append, const struct capture_config *config,
				 const char *name)
{
	return (struct image_capture){
		.source = r->source,
		.target = r->wim,
		.append = append,
		.replace = r->replace,
		.name = name,
		.description = r->description,
		.flags = r->flags,
		.properties = r->properties ? r->properties->items : NULL,
		.n_properties = r->properties ? r->properties->len : 0,
		.describe = session_describe_windows,
		.rules = {
			.config = config,
			.unix_data = r->unix_data,
			.dereference = r->dereference,
			.fix_links = r->links != SESSION_LINKS_KEEP,
			.steady = r->reproducible,
			.latest = latest_time(r),
			.note = note,
		},
		.links_as_wim = r->links == SESSION_LINKS_AUTO,
		.boot = r->boot,
		.reproducible = r->reproducible,
		.update_from = r->update_from,
		.update_image = r->update_image,
		.bases = r->bases ? r->bases->items : NULL,
		.n_bases = r->bases ? r->bases->len : 0,
		.packing = {
			.given = true,
			.compression = (enum wim_compression)r->compression, /* both count as libwim does */
			.chunk_size = r->chunk_size,
			.level = r->level,
		},
	};
}

int session_own_capture(const struct session_capture *r, bool append, const struct cli *cli,
			struct session_captured *ret, struct err *err)
{
	CLEANUP(capture_config_release) struct capture_config config = { .exclusions = { 0 } };
	struct own own = { .cli = cli };
	const struct image_work work = { .threads = r->threads, .check = r->check, .no_check = r->no_check,
					 .progress = show, .context = &own };
	char *name = r->name ? xstrdup(r->name) : NULL;
	struct image_capture request;
	struct image_captured done = { 0 };
	int result = capture_config_load(r->config, &config, err);

	if (result == 0 && !name)
		result = usual_name(r, append, &name, err);
	if (result == 0) {
		request = fill(r, append, &config, name);
		request.rules.context = &own;
		if (cli)
			progress_begin(&own.bar, cli, append ? "append" : "capture", 0);
		if (append)
			tempfiles_hold_signals(); /* so that a signal finds the WIM put back, and somebody who says so */
		result = image_capture(&request, &work, &done, err);
		if (cli)
			progress_end(&own.bar);
		if (append && result < 0 && cli && tempfiles_signal_pending())
			cli_warn(cli, "%s: cancelled; it is as it was", r->wim);
		if (append)
			tempfiles_release_signals();
	}
	if (result < 0) {
		free(name);
		return -1;
	}
	*ret = (struct session_captured){
		.index = done.index, .name = name, .dirs = done.dirs, .files = done.files, .bytes = done.bytes,
		.excluded = done.excluded, .wim_bytes = done.wim_bytes, .unread = done.unread,
	};
	return 0;
}
