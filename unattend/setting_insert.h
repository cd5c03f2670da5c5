/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New settings in the text of an answer file: what is missing on the way to
 * them is made as well, down from <settings>.
 */
#pragma once

#include "unattend/edit.h"
#include "unattend/setting_path.h"

/* In a component that is there; hit is what setting_path_follow found. */
int setting_insert(const struct answer *answer, const struct component *component, const struct setting_path *path,
		   const struct path_hit *hit, const char *value, struct edits *edits, struct err *err);

/* With the component, and <settings> when there is none of that pass. */
int component_insert(const struct answer *answer, const struct setting_path *path, const char *arch, const char *value,
		     struct edits *edits, struct err *err);
