/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/property_list.h"

#include <stdlib.h>
#include <string.h>

static void add(struct property_list *list, char *name, const char *value)
{
	*vec_add(&list->items) = (struct image_property){ .name = name, .value = value };
}

void property_list_add(struct property_list *list, const char *name, const char *value)
{
	if (value)
		add(list, xstrdup(name), value);
}

int property_list_add_given(struct property_list *list, const struct cli_list *given, const char *option,
			    struct err *err)
{
	for (size_t i = 0; i < given->len; i++) {
		const char *equals = strchr(given->items[i], '=');

		if (!equals)
			return err_set(err, ERR_USAGE, "%s=%s: NAME=VALUE is wanted", option, given->items[i]);
		add(list, xstrndup(given->items[i], (size_t)(equals - given->items[i])), equals + 1);
	}
	return 0;
}

int property_list_check(const struct property_list *list, struct err *err)
{
	for (size_t i = 0; i < list->items.len; i++)
		if (image_property_check(&list->items.items[i], err) < 0)
			return -1;
	return 0;
}

void property_list_release(struct property_list *list)
{
	for (size_t i = 0; i < list->items.len; i++)
		free((void *)(uintptr_t)list->items.items[i].name);
	vec_release(&list->items);
}
