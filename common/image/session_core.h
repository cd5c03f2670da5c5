/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every operation of session*.c needs: libwim started, its messages caught,
 * one progress bar, signals held until session_end.
 *
 *	CLEANUP(session_end) struct session s = SESSION_INIT;
 *	session_begin(&s, cli, "apply");
 *	session_open(&s, path, SESSION_READ, err);
 *	code = wimlib_...(s.wim, ...);
 *	if (code) return session_fail(&s, code, "cannot ...", path, err);
 */
#pragma once

#include <wimlib.h>

#include "common/cli/progress.h"

struct session {
	const struct cli *cli;
	WIMStruct *wim;
	WIMStruct *before; /* with the image that is compared with; it must live until wim is written */
	struct progress bar;
	bool has_bar;
	bool holds_signals;
	FILE *log; /* libwim writes its messages here */
	char *log_text;
	size_t log_len;
	uint64_t dirs, files, bytes; /* of a scan */
	uint64_t excluded;
};

#define SESSION_INIT { .cli = NULL }

enum session_open_mode {
	SESSION_READ = 0,
	SESSION_WRITE = 1,
	SESSION_CHECK = 2, /* compare with the integrity table first */
};

/* hold: signals wait for the next progress message, which cancels. cli may be NULL: no bar, no warnings. */
int session_begin(struct session *s, const struct cli *cli, const char *label, bool hold, struct err *err);

/* Opens after our own reader has accepted the file; mode is an OR of enum session_open_mode. */
int session_open(struct session *s, const char *path, unsigned mode, struct err *err);

/* Adds the parts that match the globs. */
int session_add_refs(struct session *s, const struct cli_list *refs, struct err *err);

/* For calls that take a progress function themselves. */
enum wimlib_progress_status session_on_progress(enum wimlib_progress_msg msg, union wimlib_progress_info *info,
						void *context);

/* "PATH: DOING: what libwim says: its first message"; returns -1. path may be NULL. */
int session_fail(struct session *s, int code, const char *doing, const char *path, struct err *err);

/* True after Ctrl-C and the like while signals were held. */
bool session_cancelled(const struct session *s);

/* Passes libwim's warnings on; delivers a held signal last. */
void session_end(struct session *s);
