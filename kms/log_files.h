/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The logs of a command line: files, "-", and folders, whose files are taken in
 * the order of their names, at any depth. What a folder holds besides logs is
 * told from its content and skipped.
 *
 *	log_files_find(&files, args, n_args, err);
 *	log_files_read(&files, jobs, &consumer, err);
 *
 * With several jobs files, and parts of large ones, are read at the same time, but
 * the consumer is called by one thread at a time, event after event, in the order of
 * the list: the result does not depend on the number of jobs.
 */
#pragma once

#include "common/base/vec.h"
#include "common/cli/cli.h"
#include "kms/log_event.h"

#define LOG_JOBS_MAX 64

struct log_file {
	char *path;
	size_t folder; /* 1 + index of its folder; 0 when the file itself was named */
};

struct log_folder {
	const char *path; /* lent */
	size_t n_logs;
	size_t n_others;
};

struct log_files {
	VEC(struct log_file) items;
	VEC(struct log_folder) folders;
};

struct log_consumer {
	void *context;
	struct log_sink (*begin)(void *context, const char *path);
	int (*end)(void *context, const char *format, struct err *err);
	void (*drop)(void *context); /* it was no log; nothing came from it */
};

int log_files_find(struct log_files *files, char *const *args, size_t n_args, struct err *err);
void log_files_release(struct log_files *files);

/* jobs 0: as many as there are processors. */
int log_files_read(struct log_files *files, uint64_t jobs, const struct log_consumer *consumer, struct err *err);

/* Tells how many files of folders were no logs. */
void log_files_tell(const struct log_files *files, const struct cli *cli);
