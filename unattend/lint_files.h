/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many answer files linted: read and judged by several threads, told in the order
 * of the list.
 *
 *	struct lint_files files = { .options = &options };
 *	lint_files_run(&files, &walk, take, ctx);
 *	lint_files_release(&files);
 *
 * take is called by the thread that called lint_files_run, once a file.
 */
#pragma once

#include "unattend/config_file.h"
#include "unattend/file_walk.h"

enum lint_outcome {
	LINT_DONE,
	LINT_FAILED,      /* err tells why */
	LINT_IGNORED,     /* by the configuration */
	LINT_PASSED_OVER, /* a file of a folder that is no answer file */
};

struct lint_result {
	enum lint_outcome outcome;
	const char *name; /* as findings have it */
	const struct config_file *config; /* of files->configs; NULL when there is none */
	struct report *report; /* of LINT_DONE; owned by the result */
	enum answer_kind kind;
	enum source_encoding encoding;
	bool template; /* with unrendered template expressions */
	struct err err;
};

struct lint_files {
	const struct lint_options *options; /* of the command line; those of the configuration are added */
	bool no_config;
	const char *stdin_name; /* may be NULL */
	unsigned max_threads;   /* 0: as many as there are processors */
	struct config_set configs;
};

typedef void lint_take_fn(void *ctx, const struct lint_result *result);

void lint_files_run(struct lint_files *files, const struct file_walk *walk, lint_take_fn *take, void *ctx);
void lint_files_release(struct lint_files *files);
