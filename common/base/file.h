/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading and writing whole files, with messages that name what is wrong: a
 * directory where a file is wanted, an empty file, a file larger than we take.
 * Texts of errors do not name the path: the caller adds it with err_context.
 */
#pragma once

#include <sys/types.h>

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/strbuf.h"

/* Opens a regular file for reading (O_CLOEXEC, never blocks on a FIFO); -1 on error. */
int file_open_read(const char *path, struct err *err);

/* Size of an open regular file, in bytes. */
int file_size(int fd, uint64_t *ret, struct err *err);

/* Appends the whole file to ret; more than max bytes is ERR_LIMIT. "-" is standard input. */
int file_read_all(const char *path, uint64_t max, struct strbuf *ret, struct err *err);
int file_read_fd(int fd, uint64_t max, struct strbuf *ret, struct err *err);

/* Exactly len bytes at offset: fewer is ERR_TRUNCATED. Interrupted calls are repeated. */
int file_pread(int fd, void *data, size_t len, uint64_t offset, struct err *err);
int file_pwrite(int fd, const void *data, size_t len, uint64_t offset, struct err *err);
int file_write(int fd, const void *data, size_t len, struct err *err);

/* Forces a file, or the folder that holds path, to the disk. */
int file_fsync(int fd, struct err *err);
int file_fsync_folder_of(const char *path, struct err *err);

/* A file mapped for reading. Empty files give an empty view. */
struct file_map {
	struct bytes bytes;
	void *address;
};

int file_map_open(const char *path, struct file_map *ret, struct err *err);
void file_map_release(struct file_map *map);

/* "a/b" from "a" and "b"; free the result. */
char *path_join(const char *folder, const char *name);

/* The folder part of a path ("." when there is none); free the result. */
char *path_folder(const char *path);

/* The last part of a path, inside path. */
const char *path_name(const char *path);

bool path_is_dir(const char *path);
bool path_exists(const char *path);
bool path_same_file(const char *a, const char *b); /* both are there and one file, whatever its names */

/* False on FAT and exFAT, where owner and mode are those of the mount. */
bool file_has_owner(int fd);

/* For CLEANUP(close_fdp) on an int variable; -1 is left alone. */
void close_fdp(int *fd);

/* The descriptor, taken out of the reach of its cleanup. */
int take_fd(int *fd);
