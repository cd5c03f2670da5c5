/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kinds of target, for target.c alone. state is the backend's own; paths
 * come with a backslash between the parts.
 */
#pragma once

#include "common/base/vec.h"
#include "sysprep-lite/target.h"

struct target_commit {
	const struct target_change *changes;
	size_t n;
	target_ready_fn ready;
	void *context;
};

struct target_backend {
	bool (*stat)(void *state, const char *path, struct target_entry *ret);
	int (*read)(void *state, const char *path, uint64_t max, struct strbuf *ret, struct err *err);
	size_t (*head)(void *state, const char *path, void *data, size_t len);
	int (*list)(void *state, const char *folder, target_list_fn fn, void *context, struct err *err);
	int (*commit)(void *state, const struct target_commit *commit, struct err *err);
	void (*free)(void *state);

	/* The rest may be missing. */
	bool (*has_begun)(const void *state);
	bool (*is_beside)(const void *state, const char *host);
	bool (*holds)(const void *state, const char *host);
	int (*copy_out)(void *state, const char *path, const char *host, struct err *err);
	int (*keep_undo)(void *state, const char *journal, struct err *err);
};

extern const struct target_backend target_dir_backend;
extern const struct target_backend target_image_backend;
extern const struct target_backend target_files_backend;

void *target_dir_open(const char *path, bool for_write, struct err *err);
void *target_files_new(void);
void target_files_add(void *state, const char *path, const char *host);
void *target_image_open(const char *spec, bool for_write, struct err *err);
void *target_image_for_edit(struct image_edit *edit);
