/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/base/file.h"
#include "sysprep-lite/commands.h"

const char *const nic_choices[] = { [NIC_REMAP] = "remap", [NIC_REMOVE] = "remove", NULL };

const char *const rearm_choices[] = {
	[REARM_AUTO] = "auto",
	[REARM_NONE] = "none",
	[REARM_SETUPCOMPLETE] = "setupcomplete",
	[REARM_STARTUP_SCRIPT] = "startup-script",
	NULL,
};

static int add_hive(struct target *target, const char *item, struct err *err)
{
	size_t len = strcspn(item, "=");
	enum hive_id id = hive_by_name(item, len);
	CLEANUP(freep) char *path = NULL;

	if (!item[len] || !item[len + 1])
		return err_set(err, ERR_USAGE, "--hive wants NAME=FILE, not \"%s\"", item);
	if (id == HIVE_COUNT)
		return err_set(err, ERR_USAGE, "--hive: no hive is called \"%.*s\"", (int)len, item);
	if (!path_exists(item + len + 1))
		return err_set(err, ERR_NOT_FOUND, "%s: there is no such file", item + len + 1);
	path = hive_default_path(id);
	target_add_hive(target, path, item + len + 1);
	return 0;
}

struct target *hives_open(const struct cli_list *hives, struct err *err)
{
	struct target *target = target_new_for_hives();

	for (size_t i = 0; i < hives->len && target; i++)
		if (add_hive(target, hives->items[i], err) < 0)
			target_freep(&target);
	return target;
}

static int open_hives(struct subject *subject, const struct cli_list *hives, struct err *err)
{
	bool has_system = false;

	subject->target = hives_open(hives, err);
	if (!subject->target)
		return -1;
	for (size_t i = 0; i < hives->len; i++)
		has_system |= strncasecmp(hives->items[i], "SYSTEM=", 7) == 0;
	if (!has_system)
		return err_set(err, ERR_USAGE, "--hive SYSTEM=FILE is needed: it tells the state of the machine");
	subject->root = winroot_open(subject->target, err);
	return subject->root ? 0 : -1;
}

int subject_open(struct subject *subject, const struct cli *cli, const struct cli_list *hives, bool for_write,
		 struct err *err)
{
	if (!hives->len == !cli->n_args)
		return err_set(err, ERR_USAGE, "wanted: one TARGET, or --hive NAME=FILE");
	if (hives->len)
		return open_hives(subject, hives, err);
	return subject_open_target(subject, cli->args[0], for_write, err);
}

int subject_open_target(struct subject *subject, const char *spec, bool for_write, struct err *err)
{
	subject->target = target_open(spec, for_write, err);
	subject->root = subject->target ? winroot_open(subject->target, err) : NULL;
	return subject->root ? 0 : -1;
}

void subject_release(struct subject *subject)
{
	winroot_freep(&subject->root);
	target_freep(&subject->target);
}
