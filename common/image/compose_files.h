/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What image_compose.c and image_split.c share: opening sources, room on the disk, a new file in the place of an old one. */
#pragma once

#include "common/image/image_compose.h"
#include "common/image/wim_compose.h"

/* The files that an operation reads. */
struct compose_files {
	VEC(struct image_file *) items; /* owned */
};

void compose_files_release(struct compose_files *files);

/* Opens path, and checks it against its integrity table when work says so. */
struct image_file *compose_files_open(struct compose_files *files, const char *path, const struct image_work *work,
				      struct err *err);

/* The same with the parts that the globs of work name. */
struct image_file *compose_files_open_source(struct compose_files *files, const char *path,
					     const struct image_work *work, struct err *err);

/* Sets the compression of c: what is wanted, or that of file. */
int compose_choose_packing(struct wim_compose *c, const struct image_packing *wanted, const struct image_file *file,
			   const struct image_work *work, struct err *err);

/* Adds image index of input, with its element as it is. */
int compose_add_image(struct wim_compose *c, unsigned input, unsigned index, struct err *err);

/* ERR_NO_SPACE when the folder of path has no room for need bytes. */
int compose_check_space(const char *path, uint64_t need, struct err *err);

/* Whether what is written anew is for a pipe. */
bool compose_wants_pipable(const struct image_packing *wanted, bool now);

/* The error of damage that is met while a WIM is written names the new one: says where to look. */
void compose_hint_damage(struct err *err);

/* Writes c into a new file, reads its tables back, and gives it the name path; "-": writes it to standard output. */
int compose_write_file(struct wim_compose *c, const char *path, struct image_done *ret, struct err *err);
