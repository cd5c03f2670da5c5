/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/base/file.h"
#include "sysprep-lite/commands.h"

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

static int open_hives(struct session *session, const struct cli_list *hives, struct err *err)
{
	bool has_system = false;

	session->target = target_new_for_hives();
	for (size_t i = 0; i < hives->len; i++) {
		if (add_hive(session->target, hives->items[i], err) < 0)
			return -1;
		has_system |= strncasecmp(hives->items[i], "SYSTEM=", 7) == 0;
	}
	if (!has_system)
		return err_set(err, ERR_USAGE, "--hive SYSTEM=FILE is needed: it tells the state of the machine");
	session->root = winroot_open(session->target, err);
	return session->root ? 0 : -1;
}

int session_open(struct session *session, const struct cli *cli, const struct cli_list *hives, bool for_write,
		 struct err *err)
{
	if (!hives->len == !cli->n_args)
		return err_set(err, ERR_USAGE, "wanted: one TARGET, or --hive NAME=FILE");
	if (hives->len)
		return open_hives(session, hives, err);
	return session_open_target(session, cli->args[0], for_write, err);
}

int session_open_target(struct session *session, const char *spec, bool for_write, struct err *err)
{
	session->target = target_open(spec, for_write, err);
	session->root = session->target ? winroot_open(session->target, err) : NULL;
	return session->root ? 0 : -1;
}

void session_release(struct session *session)
{
	winroot_freep(&session->root);
	target_freep(&session->target);
}
