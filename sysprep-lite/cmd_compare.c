/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/file.h"
#include "sysprep-lite/commands.h"
#include "sysprep-lite/compare.h"

#define NODE_TEXT_MAX (4u << 20)

struct compare_args {
	struct cli_list nodes;
	const char *format;
};

static const struct cli_option compare_option_table[] = {
	OPT_TEXT(struct compare_args, format, 'f', "format", "NAME",
		 "text, json, sarif, junit, checkstyle, github or gitlab: the findings alone, for another program"),
	OPT_LIST(struct compare_args, nodes, 0, "nodes", "FILE",
		 "the adapters of running nodes: what Get-NetAdapter | fl Name,InterfaceGuid printed there"),
};

static int add_image(struct compare *compare, const char *spec, struct err *err)
{
	CLEANUP(subject_release) struct subject subject = { 0 };

	if (subject_open_target(&subject, spec, false, err) < 0)
		return -1;
	return compare_add_image(compare, subject.root, err);
}

static int add_node(struct compare *compare, const char *path, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (file_read_all(path, NODE_TEXT_MAX, &text, err) < 0)
		return err_context(err, "%s", path);
	return compare_add_node(compare, path, bytes_of(text.data, text.len), err);
}

static int compare_command(struct cli *cli, const void *args, struct err *err)
{
	const struct compare_args *a = args;
	CLEANUP(compare_freep) struct compare *compare = compare_new();
	CLEANUP(report_freep) struct report *report = report_new();
	const struct renderer *renderer = NULL;

	if (cli_find_renderer(cli, a->format, &renderer, err) < 0)
		return -1;
	if (cli->n_args + a->nodes.len < 1)
		return err_set(err, ERR_USAGE, "compare wants at least two images or nodes");
	for (size_t i = 0; i < cli->n_args; i++)
		if (add_image(compare, cli->args[i], err) < 0)
			return -1;
	for (size_t i = 0; i < a->nodes.len; i++)
		if (add_node(compare, a->nodes.items[i], err) < 0)
			return -1;
	if (compare_machines(compare) < 2)
		return err_set(err, ERR_USAGE, "compare wants at least two images or nodes");
	compare_report(compare, report);
	json_uint(cli->json, "machines", compare_machines(compare));
	json_uint(cli->json, "identities", compare_identities(compare));
	json_uint(cli->json, "shared", report_len(report));
	if (renderer)
		return cli_report_as(cli, report, renderer, SEVERITY_WARNING);
	if (!report_len(report))
		fprintf(cli->out, "%zu machines share none of their %zu identit%s\n", compare_machines(compare),
			compare_identities(compare), compare_identities(compare) == 1 ? "y" : "ies");
	return cli_report(cli, report, SEVERITY_WARNING);
}

static const struct cli_example compare_examples[] = {
	{ "sysprep-lite compare first.wim:1 second.wim:1 /mnt/third", "identities that two of the images share" },
	{ "sysprep-lite compare --nodes node1.txt --nodes node2.txt",
	  "before a failover cluster is made of the nodes" },
};

const struct cli_command cmd_compare = {
	.name = "compare",
	.summary = "find identities that several images or cluster nodes share",
	.usage = "[TARGET...] [--nodes FILE...]",
	.description = "Compared are the GUIDs of network adapters, the machine SID, MachineGuid, the identifiers of "
		       "Windows Update, SMB server, DHCPv6, MSDTC, MSMQ, and those of management agents.\n\nNodes that "
		       "share the GUID of an adapter fail the validation of a failover cluster with 'An item with the "
		       "same key has already been added'.\n\nThe exit code is 1 when an identity is shared.",
	.examples = compare_examples,
	.n_examples = ARRAY_SIZE(compare_examples),
	.min_args = 0,
	.max_args = SIZE_MAX,
	.has_json = true,
	CLI_OPTIONS(struct compare_args, compare_option_table),
	.run = compare_command,
};
