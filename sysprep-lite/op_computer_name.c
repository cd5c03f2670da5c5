/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Gives the computer a name, in every control set: the NetBIOS name (15 characters at most, in
 * upper case) and the host name of TCP/IP (as given). ActiveComputerName is a copy that Windows
 * makes at each start; where it was left in the hive it follows.
 */
#include <string.h>

#include "common/base/guid.h"
#include "common/base/utf16.h"
#include "sysprep-lite/plan.h"

enum { NETBIOS_NAME_MAX = 15, HOST_NAME_MAX_LEN = 63 };

struct naming {
	struct plan *plan;
	const struct op_row *row;
	const char *name;
	const char *netbios;
	struct err *err;
};

static int set_name(const struct naming *n, struct regf *hive, regf_key key, const char *path, const char *value,
		    const char *text)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;

	if (text_to_utf16le(text, strlen(text) + 1, &units, n->err) < 0)
		return -1;
	return plan_add_set(n->plan, hive, key, n->row, HIVE_SYSTEM, path, value, REGF_SZ, units.data, units.len,
			    n->err);
}

static int set_netbios(void *context, struct regf *hive, regf_key key, const char *path)
{
	const struct naming *n = context;

	return set_name(n, hive, key, path, "ComputerName", n->netbios);
}

static int set_active(void *context, struct regf *hive, regf_key key, const char *path)
{
	return regf_value_find(hive, key, "ComputerName") ? set_netbios(context, hive, key, path) : 0;
}

static int set_host(void *context, struct regf *hive, regf_key key, const char *path)
{
	const struct naming *n = context;

	if (set_name(n, hive, key, path, "Hostname", n->name) < 0)
		return -1;
	return set_name(n, hive, key, path, "NV Hostname", n->name);
}

/* What Windows takes for a DNS host name: letters, digits, hyphens within, and not digits alone. */
int computer_name_check(const char *name, struct err *err)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(name);

	if (strcmp(name, "*") == 0)
		return 0;
	if (!len || len > HOST_NAME_MAX_LEN)
		return err_set(err, ERR_USAGE, "a computer name has 1 to %d characters", HOST_NAME_MAX_LEN);
	if (strspn(name, good) != len || name[0] == '-' || name[len - 1] == '-')
		return err_set(err, ERR_USAGE, "'%s' is no computer name: letters, digits and hyphens within", name);
	if (strspn(name, "0123456789") == len)
		return err_set(err, ERR_USAGE, "'%s' is no computer name: digits alone are not allowed", name);
	return 0;
}

/* As Setup makes them: WIN- and 11 characters. */
static int random_name(char ret[NETBIOS_NAME_MAX + 1], struct err *err)
{
	static const char letters[32] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	struct guid random;

	if (guid_random(&random, err) < 0)
		return -1;
	memcpy(ret, "WIN-", 4);
	for (size_t i = 0; i < 11; i++)
		ret[4 + i] = letters[random.bytes[i < 6 ? i : i + 4] & 31]; /* not the fixed bits of a GUID */
	ret[NETBIOS_NAME_MAX] = '\0';
	return 0;
}

int plan_computer_name(struct plan *plan, struct winroot *root, const struct plan_options *options, struct err *err)
{
	char netbios[NETBIOS_NAME_MAX + 1] = "";
	struct naming n = {
		.plan = plan, .row = op_find("computer-name"), .name = options->computer_name, .netbios = netbios,
		.err = err,
	};
	struct regf *system;

	if (!n.name || !op_is_on(&options->choice, n.row))
		return 0;
	if (computer_name_check(n.name, err) < 0)
		return -1;
	if (strcmp(n.name, "*") == 0) {
		if (random_name(netbios, err) < 0)
			return -1;
		n.name = netbios;
	}
	for (size_t i = 0; i < NETBIOS_NAME_MAX && n.name[i]; i++)
		netbios[i] = (char)(n.name[i] >= 'a' && n.name[i] <= 'z' ? n.name[i] - 'a' + 'A' : n.name[i]);
	if (winroot_hive(root, HIVE_SYSTEM, &system, err) < 0 ||
	    hive_match(system, n.row->path, set_netbios, &n) < 0 ||
	    hive_match(system, "ControlSet*\\Control\\ComputerName\\ActiveComputerName", set_active, &n) < 0 ||
	    hive_match(system, "ControlSet*\\Services\\Tcpip\\Parameters", set_host, &n) < 0)
		return -1;
	return 0;
}
