/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/base/file.h"
#include "tests/support/fixture_args.h"
#include "tests/support/kms_log.h"
#include "tests/support/kms_text.h"
#include "tests/support/write_file.h"

#define LINES_MAX (64u << 20)

static int read_style(struct args *args, enum kms_style *ret)
{
	static const char *const names[] = { [KMS_BOTH] = "both", [KMS_FIELDS] = "fields", [KMS_JOINED] = "joined" };
	const char *text;

	if (!args_text(args, "--style", &text))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum kms_style)i;
			return 0;
		}
	}
	return err_set(args->err, ERR_USAGE, "--style: both, fields or joined");
}

static int read_counts(struct args *args, struct kms_log_options *o)
{
	if (args_number(args, "--events", &o->events) < 0 || args_number(args, "--hosts", &o->hosts) < 0 ||
	    args_number(args, "--clones", &o->clones) < 0 || args_number(args, "--clone-size", &o->clone_size) < 0 ||
	    args_number(args, "--seed", &o->seed) < 0)
		return -1;
	return args_number(args, "--start", &o->start);
}

static int read_damage(struct args *args, struct evtx_damage *d)
{
	uint64_t rotate = 0, flip = UINT64_MAX, wipe = UINT64_MAX, tail = 0;

	if (args_number(args, "--rotate", &rotate) < 0 || args_number(args, "--flip", &flip) < 0 ||
	    args_number(args, "--wipe", &wipe) < 0 || args_number(args, "--zero-tail", &tail) < 0)
		return -1;
	d->dirty = args_flag(args, "--dirty");
	d->rotate = (size_t)rotate;
	d->flip = flip != UINT64_MAX;
	d->flip_chunk = (size_t)flip;
	d->wipe = wipe != UINT64_MAX;
	d->wipe_chunk = (size_t)wipe;
	d->zero_tail = (size_t)tail;
	return 0;
}

static int build_from(struct args *args, const struct kms_log_options *o, const char *path, struct strbuf *log)
{
	struct strbuf lines = STRBUF_INIT;
	int result = file_read_all(path, LINES_MAX, &lines, args->err);

	if (result < 0)
		err_context(args->err, "%s", path);
	else if (lines.len)
		result = kms_log_from_lines(o, lines.data, log, args->err);
	strbuf_release(&lines);
	return result;
}

int fixture_evtx(struct args *args)
{
	struct kms_log_options options = kms_log_defaults;
	const char *truth_path = NULL, *from = NULL, *format = "evtx";
	struct strbuf log = STRBUF_INIT, truth = STRBUF_INIT;
	int result;

	args_text(args, "--computer", &options.computer);
	args_text(args, "--truth", &truth_path);
	args_text(args, "--from", &from);
	args_text(args, "--format", &format);
	options.binary = args_flag(args, "--binary");
	options.odd = args_flag(args, "--odd");
	options.steady = args_flag(args, "--steady");
	if (read_style(args, &options.style) < 0 || read_counts(args, &options) < 0 ||
	    read_damage(args, &options.damage) < 0 || args_check(args, 1, 1) < 0)
		return -1;
	if (strcmp(format, "evtx") != 0)
		return kms_text_write(args->words[0], format, &options, args->err);
	result = from ? build_from(args, &options, from, &log) : kms_log_build(&options, &log, &truth, args->err);
	if (result == 0)
		result = write_file(args->words[0], strbuf_text(&log), log.len, args->err);
	if (result == 0 && truth_path)
		result = write_file(truth_path, strbuf_text(&truth), truth.len, args->err);
	strbuf_release(&log);
	strbuf_release(&truth);
	return result;
}
