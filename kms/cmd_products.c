/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/base/guid.h"
#include "kms/commands.h"
#include "kms/product.h"

static void show(struct cli *cli, const struct product *p)
{
	char id[GUID_BRACED_LEN + 1];

	fprintf(cli->out, "%s  %s%s%s\n", guid_format(&p->id, GUID_PLAIN, id), p->product,
		strcmp(p->stage, "beta") == 0 ? " (beta)" : "", p->is_host_key ? " (key of a host)" : "");
	json_begin_object(cli->json, NULL);
	json_guid(cli->json, "id", &p->id);
	json_text(cli->json, "product", p->product);
	json_text(cli->json, "edition", p->edition);
	json_text(cli->json, "counter", counter_key(p->counter));
	json_uint(cli->json, "min_count", p->min_count);
	json_text(cli->json, "host_key", *p->host_key ? p->host_key : NULL);
	json_bool(cli->json, "is_host_key", p->is_host_key);
	json_text(cli->json, "stage", p->stage);
	json_text(cli->json, "confidence", p->confidence);
	json_end_object(cli->json);
}

static void show_more(struct cli *cli, const struct product *p)
{
	if (p->is_host_key)
		return;
	fprintf(cli->out, "  edition: %s\n  needs a count of: %u\n", *p->edition ? p->edition : "-", p->min_count);
	fprintf(cli->out, "  counted with: %s\n", counter_name(p->counter));
	if (*p->host_key)
		fprintf(cli->out, "  host key: %s\n", p->host_key);
	if (strcmp(p->confidence, "high") != 0)
		fprintf(cli->out, "  confidence: %s (not confirmed by Microsoft's own output)\n", p->confidence);
}

static int products_run(struct cli *cli, const void *args, struct err *err)
{
	const char *wanted = cli->n_args ? cli->args[0] : NULL;
	struct guid id;
	bool is_id = wanted && guid_parse_all(wanted, &id);
	size_t found = 0;

	(void)args;
	json_begin_array(cli->json, "products");
	for (size_t i = 0; product_at(i); i++) {
		const struct product *p = product_at(i);

		if (is_id ? !guid_equal(&id, &p->id) : wanted && !strcasestr(p->product, wanted))
			continue;
		found++;
		show(cli, p);
		if (is_id)
			show_more(cli, p);
	}
	json_end_array(cli->json);
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "%s: no activation id and no part of a product's name that is known",
			       wanted);
	return CLI_DONE;
}

static const struct cli_example products_examples[] = {
	{ "kms products 73111121-5638-40f6-bc11-f1d7b0d64300", "which product an activation id means" },
	{ "kms products 'office 2016'", "all with this in their name" },
};

const struct cli_command cmd_products = {
	.name = "products",
	.summary = "activation ids and the products they mean",
	.usage = "[ID|TEXT]",
	.examples = products_examples,
	.n_examples = ARRAY_SIZE(products_examples),
	.min_args = 0,
	.max_args = 1,
	.has_json = true,
	.run = products_run,
};
