/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/commands.h"
#include "kms/product.h"

struct host_keys_args {
	const char *os;
};

static const struct cli_option host_keys_options[] = {
	OPT_TEXT(struct host_keys_args, os, 0, "os", "NAME", "only keys that can be installed on this system"),
};

static void show(struct cli *cli, const struct host_key *key)
{
	fprintf(cli->out, "%s (%u), counts up to %u\n", key->name, key->year, key->max_count);
	fprintf(cli->out, "  installed on: %s\n  activates: %s\n", key->hosted_on, key->activates);
	if (*key->update)
		fprintf(cli->out, "  update: %s\n", key->update);
	json_begin_object(cli->json, NULL);
	json_text(cli->json, "name", key->name);
	json_uint(cli->json, "year", key->year);
	json_text(cli->json, "installed_on", key->hosted_on);
	json_text(cli->json, "activates", key->activates);
	json_text(cli->json, "update", *key->update ? key->update : NULL);
	json_uint(cli->json, "max_count", key->max_count);
	json_end_object(cli->json);
}

static int host_keys_run(struct cli *cli, const void *args, struct err *err)
{
	const struct host_keys_args *a = args;
	size_t found = 0;

	if (a->os && !*a->os)
		return err_set(err, ERR_USAGE, "--os wants the name of a system, like \"Windows Server 2019\"");
	json_begin_array(cli->json, "host_keys");
	for (size_t i = 0; host_key_at(i); i++) {
		const struct host_key *key = host_key_at(i);

		if (a->os && !text_names_system(key->hosted_on, a->os))
			continue;
		found++;
		show(cli, key);
	}
	json_end_array(cli->json);
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "no host key is known that can be installed on \"%s\"", a->os);
	return CLI_DONE;
}

static const struct cli_example host_keys_examples[] = {
	{ "kms host-keys --os 'Server 2012 R2'", "keys for a host with this system" },
};

const struct cli_command cmd_host_keys = {
	.name = "host-keys",
	.summary = "KMS host keys: where they can be installed, what they activate",
	.examples = host_keys_examples,
	.n_examples = ARRAY_SIZE(host_keys_examples),
	CLI_OPTIONS(struct host_keys_args, host_keys_options),
	.min_args = 0,
	.max_args = 0,
	.has_json = true,
	.run = host_keys_run,
};
