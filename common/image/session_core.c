/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/session_core.h"

#include <string.h>

#include "common/base/names.h"
#include "common/base/tempfiles.h"
#include "common/image/image_private.h"
#include "common/image/wimlib_error.h"

#define WARNINGS_SHOWN 20 /* a damaged tree can make thousands */

static const char error_mark[] = "[ERROR] ";
static const char warning_mark[] = "[WARNING] ";

int session_begin(struct session *s, const struct cli *cli, const char *label, bool hold, struct err *err)
{
	int code = wimlib_global_init(0);

	if (code)
		return image_error_from_wimlib(err, code, "cannot start libwim");
	s->cli = cli;
	s->log = open_memstream(&s->log_text, &s->log_len);
	if (s->log)
		wimlib_set_error_file(s->log);
	if (cli) {
		progress_begin(&s->bar, cli, label, 0);
		s->has_bar = true;
	}
	if (hold) {
		tempfiles_hold_signals();
		s->holds_signals = true;
	}
	return 0;
}

static void note_scanned(struct session *s, const struct wimlib_progress_info_scan *scan)
{
	if (scan->status != WIMLIB_SCAN_DENTRY_EXCLUDED && scan->status != WIMLIB_SCAN_DENTRY_UNSUPPORTED)
		return;
	s->excluded++;
	if (!s->cli)
		return;
	if (scan->status == WIMLIB_SCAN_DENTRY_UNSUPPORTED)
		cli_warn(s->cli, "%s: left out: a WIM cannot hold this kind of file", scan->cur_path);
	else
		cli_verbose(s->cli, "%s: left out by the capture configuration", scan->cur_path);
}

static void show(struct session *s, uint64_t done, uint64_t total)
{
	if (!s->has_bar)
		return;
	progress_set_total(&s->bar, total);
	progress_update(&s->bar, done);
}

enum wimlib_progress_status session_on_progress(enum wimlib_progress_msg msg, union wimlib_progress_info *info,
						void *context)
{
	struct session *s = context;

	switch (msg) {
	case WIMLIB_PROGRESS_MSG_SCAN_DENTRY:
		note_scanned(s, &info->scan);
		break;
	case WIMLIB_PROGRESS_MSG_SCAN_END:
		s->dirs += info->scan.num_dirs_scanned;
		s->files += info->scan.num_nondirs_scanned;
		s->bytes += info->scan.num_bytes_scanned;
		break;
	case WIMLIB_PROGRESS_MSG_WRITE_STREAMS:
		show(s, info->write_streams.completed_bytes, info->write_streams.total_bytes);
		break;
	case WIMLIB_PROGRESS_MSG_EXTRACT_STREAMS:
		show(s, info->extract.completed_bytes, info->extract.total_bytes);
		break;
	default:
		break;
	}
	return session_cancelled(s) ? WIMLIB_PROGRESS_STATUS_ABORT : WIMLIB_PROGRESS_STATUS_CONTINUE;
}

bool session_cancelled(const struct session *s)
{
	return s->holds_signals && tempfiles_signal_pending();
}

/* libwim would reserve a file's claimed size on the disk before it reads the first byte. */
static int check_sizes(const struct image_file *file, struct err *err)
{
	for (size_t i = 0; i < file->blobs.n; i++)
		if (file->blobs.items[i].here && wim_resource_check_size(&file->blobs.items[i].res, err) < 0)
			return -1;
	return 0;
}

/* libwim believes what a file says of its sizes; our reader does not. */
static int check_with_our_reader(const char *path, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open(path, err);

	if (!file || check_sizes(file, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

int session_open(struct session *s, const char *path, unsigned mode, struct err *err)
{
	int flags = 0;
	int code;

	if (check_with_our_reader(path, err) < 0)
		return -1;
	if (mode & SESSION_WRITE)
		flags |= WIMLIB_OPEN_FLAG_WRITE_ACCESS;
	if (mode & SESSION_CHECK)
		flags |= WIMLIB_OPEN_FLAG_CHECK_INTEGRITY;
	code = wimlib_open_wim_with_progress(path, flags, &s->wim, session_on_progress, s);
	if (code)
		return session_fail(s, code, "cannot open it", path, err);
	return 0;
}

static int add_part(struct session *s, const char *path, struct err *err)
{
	int code;

	if (check_with_our_reader(path, err) < 0)
		return -1;
	code = wimlib_reference_resource_files(s->wim, &path, 1, 0, 0);
	return code ? session_fail(s, code, "cannot use it as a part", path, err) : 0;
}

static int add_ref(struct session *s, const char *pattern, struct err *err)
{
	CLEANUP(names_release) struct names found = { 0 };

	if (names_of_pattern(pattern, &found, err) < 0)
		return err_context(err, "--ref=%s", pattern);
	for (size_t i = 0; i < found.len; i++)
		if (add_part(s, found.items[i], err) < 0)
			return -1;
	return 0;
}

int session_add_refs(struct session *s, const struct cli_list *refs, struct err *err)
{
	for (size_t i = 0; refs && i < refs->len; i++)
		if (add_ref(s, refs->items[i], err) < 0)
			return -1;
	return 0;
}

/* The next message of libwim that starts with mark, without its line end; NULL when there is none. */
static char *next_message(const char **at, const char *mark)
{
	const char *start = *at ? strstr(*at, mark) : NULL;
	size_t len;

	if (!start) {
		*at = NULL;
		return NULL;
	}
	start += strlen(mark);
	len = strcspn(start, "\r\n");
	*at = start + len;
	return xstrndup(start, len);
}

int session_fail(struct session *s, int code, const char *doing, const char *path, struct err *err)
{
	const char *at;
	CLEANUP(freep) char *detail = NULL;
	size_t len;

	image_error_from_wimlib(err, code, doing);
	if (s->log)
		fflush(s->log);
	at = s->log_text;
	detail = next_message(&at, error_mark);
	if (err && detail && *detail) {
		len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len, ": %s", detail);
	}
	return path ? err_context(err, "%s", path) : -1;
}

/* What a folder of Linux cannot hold is expected, and so is what undoes a cancelled append. */
static void pass_warning_on(const struct cli *cli, const char *text)
{
	if (strncmp(text, "Ignoring ", 9) == 0 || strncmp(text, "Truncating ", 11) == 0)
		cli_say(cli, "%s", text);
	else
		cli_warn(cli, "%s", text);
}

static void pass_warnings_on(struct session *s)
{
	const char *at = s->log_text;
	size_t n = 0;

	for (;;) {
		CLEANUP(freep) char *text = next_message(&at, warning_mark);

		if (!text)
			break;
		if (n++ < WARNINGS_SHOWN)
			pass_warning_on(s->cli, text);
	}
	if (n > WARNINGS_SHOWN)
		cli_warn(s->cli, "%zu more warning%s of libwim %s not shown", n - WARNINGS_SHOWN,
			 PLURAL(n - WARNINGS_SHOWN), n - WARNINGS_SHOWN == 1 ? "is" : "are");
}

void session_end(struct session *s)
{
	wimlib_free(s->wim);
	wimlib_free(s->before);
	s->wim = s->before = NULL;
	if (s->has_bar)
		progress_end(&s->bar);
	s->has_bar = false;
	wimlib_set_error_file(NULL);
	if (s->log)
		fclose(s->log);
	s->log = NULL;
	if (s->cli)
		pass_warnings_on(s);
	free(s->log_text);
	s->log_text = NULL;
	if (s->holds_signals) {
		s->holds_signals = false;
		tempfiles_release_signals();
	}
}
