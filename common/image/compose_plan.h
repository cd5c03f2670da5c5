/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What wim_compose writes of its inputs, and in which order: contents, solid resources that are copied, those made anew. */
#pragma once

#include "common/image/wim_compose.h"

/* Adds the contents of an input that are wanted, in the order of their places in its file. */
void compose_plan_input(struct wim_compose *c, const struct compose_input *input);

/* Is it compressed together with others into a resource made anew? */
bool compose_goes_into_new_solid(const struct wim_compose *c, const struct compose_blob *blob);

/* Those contents, in their order in the new resource; ret has room for all contents. Returns how many there are. */
size_t compose_list_new_solid(struct wim_compose *c, struct compose_blob **ret);
