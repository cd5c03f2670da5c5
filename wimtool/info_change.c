/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/info_change.h"

#include <string.h>

#include "common/image/image_set.h"
#include "wimtool/pipable.h"
#include "wimtool/property_list.h"

/* IMAGE as an index: 0 for "0". */
static int find_boot(const struct cli *cli, unsigned *ret, struct err *err)
{
	const char *image = cli->n_args > 1 ? cli->args[1] : NULL;
	CLEANUP(image_file_closep) struct image_file *file = NULL;

	*ret = 0;
	if (image && strcmp(image, "0") == 0)
		return 0;
	file = image_file_open(cli->args[0], err);
	return file ? image_select(file, image, ret, err) : -1;
}

static int check(const struct cli *cli, const struct info_change *change, const struct property_list *list,
		 struct err *err)
{
	if (change->check && change->no_check)
		return err_set(err, ERR_USAGE, "--check and --nocheck exclude each other");
	if (cli->n_args > 1 && strcmp(cli->args[1], "0") == 0 && list->items.len)
		return err_set(err, ERR_USAGE, "image 0 has no name: it is only for --boot");
	return property_list_check(list, err);
}

int info_change(struct cli *cli, const struct info_change *change, struct err *err)
{
	CLEANUP(property_list_release) struct property_list list = { .items = { 0 } };
	struct image_settings settings = {
		.image = cli->n_args > 1 ? cli->args[1] : NULL,
		.set_boot = change->boot,
		.check = change->check,
		.no_check = change->no_check,
	};
	struct image_set_result done = { 0 };
	struct pipable pipable;
	int result;

	if (property_list_add_given(&list, change->properties, "--image-property", err) < 0)
		return -1;
	/* the last word, as in wimlib-imagex */
	property_list_add(&list, "NAME", cli->n_args > 2 ? cli->args[2] : NULL);
	property_list_add(&list, "DESCRIPTION", cli->n_args > 3 ? cli->args[3] : NULL);
	if (check(cli, change, &list, err) < 0)
		return -1;
	settings.properties = list.items.items;
	settings.n_properties = list.items.len;
	if ((change->boot && find_boot(cli, &settings.boot_index, err) < 0) ||
	    pipable_begin(cli->args[0], &pipable, err) < 0)
		return err_context(err, "%s", cli->args[0]);
	result = image_set(cli->args[0], &settings, &done, err);
	if (pipable_end(&pipable, result, err) < 0)
		return err_context(err, "%s", cli->args[0]);
	json_begin_object(cli->json, "result");
	json_text(cli->json, "path", cli->args[0]);
	json_bool(cli->json, "changed", done.changed);
	json_uint(cli->json, "boot_index", done.boot_index);
	json_end_object(cli->json);
	return CLI_DONE;
}
