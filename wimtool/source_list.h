/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --source-list: a file or folder and where it goes in the image, one pair a line, as wimlib-imagex takes it. */
#pragma once

#include "common/image/session.h"

struct source_list {
	VEC(struct session_source) items;
};

/* path "-" is standard input. */
int source_list_read(const char *path, struct source_list *ret, struct err *err);
void source_list_release(struct source_list *list);
