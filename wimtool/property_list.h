/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties of an image as they are given on the command line. */
#pragma once

#include "common/cli/cli.h"
#include "common/image/image_set.h"

struct property_list {
	VEC(struct image_property) items; /* names are owned */
};

/* value NULL: not given. */
void property_list_add(struct property_list *list, const char *name, const char *value);

/* "NAME=VALUE" of option. */
int property_list_add_given(struct property_list *list, const struct cli_list *given, const char *option,
			    struct err *err);
int property_list_check(const struct property_list *list, struct err *err);
void property_list_release(struct property_list *list);
