/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "common/base/atomic_file.h"
#include "common/base/filetime.h"
#include "common/cli/cli.h"
#include "common/cli/rule_args.h"
#include "kms/audit.h"
#include "kms/commands.h"

#define FILETIME_PER_DAY (FILETIME_PER_SECOND * 86400)

enum { WINDOW_DAYS = 30, WINDOW_DAYS_MAX = 3650 };

struct audit_args {
	const char *db;
	const char *window;
	const char *since;
	const char *until;
	const char *host;
	const char *format;
	const char *html;
	const char *csv;
	const char *inventory;
	struct cli_list pools;
	struct rule_args rules;
	uint64_t jobs;
};

static const struct cli_option audit_cli_options[] = {
	OPT_TEXT(struct audit_args, db, 0, "db", "STORE", "audit a store of kms ingest instead of logs"),
	OPT_TEXT(struct audit_args, window, 'w', "window", "DAYS",
		 "how long the host remembers a client (default 30d)"),
	OPT_TEXT(struct audit_args, since, 0, "since", "TIME",
		 "only requests at or after this time (2026-08-01[T12:00], UTC)"),
	OPT_TEXT(struct audit_args, until, 0, "until", "TIME", "only requests before this time"),
	OPT_LIST(struct audit_args, pools, 'p', "pool", "GLOB",
		 "computers of a non-persistent pool: no notes on changing CMIDs"),
	OPT_TEXT(struct audit_args, format, 'f', "format", "NAME",
		 "how findings are printed: text (default), sarif, ndjson, csv, junit..."),
	OPT_TEXT(struct audit_args, html, 0, "html", "FILE", "also write a page with charts and tables to FILE"),
	OPT_TEXT(struct audit_args, csv, 0, "groups-csv", "FILE", "also write the computers that share CMIDs to FILE"),
	OPT_TEXT(struct audit_args, inventory, 'i', "inventory", "FILE",
		 "CSV with columns computer and image: tells which images clones came from"),
	RULE_OPTIONS(struct audit_args, rules),
	OPT_NUMBER(struct audit_args, jobs, 'j', "jobs", "N", "read with N threads (default: one a processor)"),
	OPT_TEXT(struct audit_args, host, 0, "host", "NAME", "name of the host of logs that do not tell it"),
};

/* "30d", "30" or "4w". */
static int parse_window(const char *text, uint64_t *ret, struct err *err)
{
	char *end;
	unsigned long days;

	if (!text) {
		*ret = WINDOW_DAYS * FILETIME_PER_DAY;
		return 0;
	}
	days = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && (strcmp(end, "w") == 0 || strcmp(end, "d") == 0 || !*end) && days &&
	    days <= WINDOW_DAYS_MAX) {
		*ret = days * (*end == 'w' ? 7 : 1) * FILETIME_PER_DAY;
		return 0;
	}
	return err_set(err, ERR_USAGE, "--window: \"%s\" is no number of days", text);
}

static int parse_limit(const char *option, const char *text, uint64_t *ret, struct err *err)
{
	if (!text || filetime_parse(text, ret))
		return 0;
	return err_set(err, ERR_USAGE, "--%s: \"%s\" is no time like 2026-08-01 or 2026-08-01T12:00", option, text);
}

static int read_options(const struct audit_args *args, struct audit_options *ret, struct err *err)
{
	if (parse_window(args->window, &ret->window, err) < 0 ||
	    parse_limit("since", args->since, &ret->since, err) < 0 ||
	    parse_limit("until", args->until, &ret->until, err) < 0)
		return -1;
	if (ret->until && ret->since >= ret->until)
		return err_set(err, ERR_USAGE, "--since lies behind --until");
	ret->pools = args->pools.items;
	ret->n_pools = args->pools.len;
	ret->host = args->host;
	return 0;
}

static int write_file(const char *path, const struct strbuf *bytes, struct err *err)
{
	if (atomic_file_replace(path, strbuf_text(bytes), bytes->len, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

static int write_files(const struct audit_args *args, const struct audit *audit, struct report *report, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf groups = STRBUF_INIT;

	if (args->html) {
		audit_to_html(audit, report, &page);
		if (write_file(args->html, &page, err) < 0)
			return -1;
	}
	if (args->csv) {
		audit_groups_to_csv(audit, &groups);
		if (write_file(args->csv, &groups, err) < 0)
			return -1;
	}
	return 0;
}

static int read_store(struct cli *cli, const char *url, struct audit *audit, struct store **ret, struct err *err)
{
	if (cli->n_args)
		return err_set(err, ERR_USAGE, "--db takes no logs: add them with \"kms ingest\"");
	*ret = store_open(url, STORE_READ, err);
	return *ret ? audit_store(audit, *ret, err) : -1;
}

static int read_logs(struct cli *cli, const struct audit_args *args, struct log_files *files, struct audit *audit,
		     struct err *err)
{
	if (!cli->n_args)
		return err_set(err, ERR_USAGE, "a log is missing, or --db");
	if (log_files_find(files, cli->args, cli->n_args, err) < 0)
		return -1;
	audit->options.several_logs = files->items.len > 1;
	if (audit_logs(audit, files, args->jobs, err) < 0)
		return -1;
	log_files_tell(files, cli);
	return 0;
}

static int audit_run(struct cli *cli, const void *args, struct err *err)
{
	const struct audit_args *a = args;
	const struct renderer *renderer = NULL;
	struct audit_options options = { 0 };
	CLEANUP(log_files_release) struct log_files files = { 0 };
	CLEANUP(inventory_freep) struct inventory *inventory = NULL;
	CLEANUP(store_freep) struct store *store = NULL;
	CLEANUP(audit_freep) struct audit *audit = NULL;
	CLEANUP(report_freep) struct report *report = NULL;

	if (read_options(a, &options, err) < 0)
		return -1;
	if (cli_find_renderer(cli, a->format, &renderer, err) < 0)
		return -1;
	if (a->inventory && !(inventory = inventory_read(a->inventory, err)))
		return -1;
	options.inventory = inventory;
	report = report_new();
	if (rule_args_apply(&a->rules, kms_rules, report, err) < 0)
		return -1;
	audit = audit_new(&options);
	if ((a->db ? read_store(cli, a->db, audit, &store, err) : read_logs(cli, a, &files, audit, err)) < 0)
		return -1;
	audit_finish(audit);
	rules_kms(audit, report);
	if (rule_args_baseline(cli, &a->rules, &report, err) < 0 || write_files(a, audit, report, err) < 0)
		return -1;
	if (!renderer) {
		audit_to_json(audit, cli->json);
		audit_to_text(audit, cli->out);
	}
	return cli_report_as(cli, report, renderer, rule_args_fail_on(&a->rules));
}

static const struct cli_example audit_examples[] = {
	{ "kms audit kms.evtx", "one host's log, as saved by the Event Viewer or wevtutil epl" },
	{ "kms audit --json host1.evtx host2.txt", "two hosts, as one JSON object" },
	{ "kms audit --html report.html logs/", "all logs of a folder, with a page to print or pass on" },
	{ "kms audit --pool 'VDI-*' kms.csv", "a fleet with desktops that are made anew at each start" },
};

const struct cli_command cmd_audit = {
	.name = "audit",
	.summary = "find clones and explain the count in logs of KMS hosts",
	.usage = "LOG... | --db STORE",
	.description = "Reads logs of KMS hosts: .evtx files, and text the Event Viewer, wevtutil or PowerShell "
		       "saved (tabs, CSV, XML, JSON, lists), packed with gzip or zstd or not. Each is recognised by what is "
		       "in it; - is standard input. Of a folder all logs at any depth are read.\n\n"
		       "Lists computers that share a client machine ID, tells what the host's count should be and "
		       "what it would be without duplicates, and names refused requests, wrong clocks, damage and "
		       "foreign records.\n\n"
		       "--html writes one page that needs no network and no scripts.\n\n"
		       "Exit code 1 when there is a warning or an error; a rename is neither.",
	.examples = audit_examples,
	.n_examples = ARRAY_SIZE(audit_examples),
	CLI_OPTIONS(struct audit_args, audit_cli_options),
	.min_args = 0,
	.max_args = SIZE_MAX,
	.has_json = true,
	.schema = "goldwim/kms-audit/1",
	.run = audit_run,
};
