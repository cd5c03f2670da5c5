/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replacing a file so that there is always the old one or the new one.
 *
 *	struct atomic_file *out = atomic_file_open("x.xml", err);
 *	atomic_file_write(out, data, len, err);       or use atomic_file_fd
 *	atomic_file_commit(&out, err);
 *
 * The bytes go to a temporary file in the folder of the target: one without a name where
 * the file system has such (so that even SIGKILL leaves nothing), otherwise of mode 0600 and removed on
 * SIGINT, SIGTERM and SIGHUP too. commit writes them through, gives them the owner,
 * mode and extended attributes of the file they replace (a new file gets mode
 * 0666 less the umask), renames, and writes the folder through. Closing without
 * commit abandons them. A symbolic link is followed: its target is replaced. Devices,
 * pipes and folders are refused.
 */
#pragma once

#include "common/base/err.h"

struct atomic_file;

struct atomic_file *atomic_file_open(const char *path, struct err *err);
int atomic_file_fd(const struct atomic_file *file);
int atomic_file_write(struct atomic_file *file, const void *data, size_t len, struct err *err);

/* The target was not there when the work began: commit refuses when another program has made it meanwhile. */
void atomic_file_only_new(struct atomic_file *file);

/* Frees and clears *file in every case. On failure the target is as it was. */
int atomic_file_commit(struct atomic_file **file, struct err *err);

/*
 * For files that take their places together. stage does all of commit but the last step: the file is on the disk under a
 * temporary name, which the caller renames or gives to unstage to remove; closing and signals leave it alone.
 */
int atomic_file_stage(struct atomic_file *file, struct err *err);
void atomic_file_unstage(struct atomic_file *file);

/*
 * Holds the temporary file locked (flock) until it has its name, so that who clears up knows one that is in use
 * from one that a killed program left.
 */
void atomic_file_lock(const struct atomic_file *file);

/* Whether an entry of the folder is named as the temporary files for a target of this name are: ".NAME.XXXXXX". */
bool atomic_file_is_temp(const char *entry, const char *name);

/* Abandons what was not committed; for CLEANUP. */
void atomic_file_closep(struct atomic_file **file);

/* The three calls in one. */
int atomic_file_replace(const char *path, const void *data, size_t len, struct err *err);
