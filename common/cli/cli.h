/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The edge of every tool. One table describes the commands and their options;
 * the parser, --help, the man page and the shell completions are made from it.
 *
 * A command:
 *	struct cat_args { bool check; const char *ref; };
 *	static const struct cli_option cat_options[] = {
 *		OPT_FLAG(struct cat_args, check, 'c', "check", "verify the integrity table first"),
 *	};
 *	const struct cli_command cmd_cat = {
 *		.name = "cat", .summary = "...", .usage = "WIM IMAGE PATH",
 *		.min_args = 3, .max_args = 3, CLI_OPTIONS(struct cat_args, cat_options), .run = cat_run,
 *	};
 * run returns CLI_DONE, CLI_FINDINGS, or -1 with err set: the edge prints the error
 * once ("tool: context: text") and exits with 3 (2 for ERR_USAGE).
 *
 * Every command also has --help, --json (only where .has_json), --quiet, -v/--verbose,
 * --color, --progress and --show-secrets (only where .has_secrets).
 *
 * With --json the edge opens the result object (schema, tool, version, command),
 * the command adds members through cli->json, and the edge adds "error" and
 * "exit_code" and prints it, whatever happened.
 */
#pragma once

#include <stdio.h>

#include "common/base/err.h"
#include "common/base/vec.h"
#include "common/report/json.h"
#include "common/report/report.h"

enum cli_exit {
	CLI_DONE = 0,     /* done, or nothing to complain about */
	CLI_FINDINGS = 1, /* findings, differences */
	CLI_USAGE = 2,
	CLI_FAILED = 3,
};

enum cli_type {
	CLI_FLAG,   /* bool */
	CLI_TEXT,   /* const char *, lends argv */
	CLI_NUMBER, /* uint64_t, decimal or 0x; suffixes K M G (1024), also KiB MiB GiB */
	CLI_CHOICE, /* int: index into choices */
	CLI_LIST,   /* struct cli_list: may be given several times */
};

struct cli_list {
	const char **items;
	size_t len;
	size_t cap;
};

struct cli_option {
	enum cli_type type;
	char short_name; /* 0 for none */
	const char *name;
	const char *value_name;     /* "FILE"; NULL for a flag */
	const char *const *choices; /* NULL-terminated, for CLI_CHOICE */
	size_t offset;              /* in the args struct */
	const char *help;           /* one line, lower case, no full stop */
};

#define OPT_FLAG(st, field, s, l, h) { CLI_FLAG, s, l, NULL, NULL, offsetof(st, field), h }
#define OPT_TEXT(st, field, s, l, v, h) { CLI_TEXT, s, l, v, NULL, offsetof(st, field), h }
#define OPT_NUMBER(st, field, s, l, v, h) { CLI_NUMBER, s, l, v, NULL, offsetof(st, field), h }
#define OPT_CHOICE(st, field, s, l, v, c, h) { CLI_CHOICE, s, l, v, c, offsetof(st, field), h }
#define OPT_LIST(st, field, s, l, v, h) { CLI_LIST, s, l, v, NULL, offsetof(st, field), h }

#define CLI_OPTIONS(st, table) .options = table, .n_options = ARRAY_SIZE(table), .args_size = sizeof(st)

struct cli_example {
	const char *command; /* "wimtool cat install.wim 1 /Windows/win.ini" */
	const char *what;
};

struct cli;

struct cli_command {
	const char *name;
	const char *summary;     /* one line for the list of commands */
	const char *usage;       /* arguments: "WIM IMAGE DIR" */
	const char *description; /* paragraphs for --help and the man page, "\n\n" between; may be NULL */
	const struct cli_example *examples;
	size_t n_examples;
	const struct cli_option *options;
	size_t n_options;
	size_t args_size;        /* of the args struct, zeroed before parsing; 0 for none */
	size_t min_args;
	size_t max_args;         /* SIZE_MAX for any number */
	bool has_json;
	bool has_secrets;        /* has --show-secrets */
	const char *schema;      /* name of the JSON result, e.g. "goldwim/lint/1"; NULL: "goldwim/TOOL-COMMAND/1" */
	int (*run)(struct cli *cli, const void *args, struct err *err);
};

struct cli_tool {
	const char *name;
	const char *summary;
	const char *description;
	const struct cli_command *const *commands; /* NULL-terminated */
	/* Each gives "name version" of a library in use, for --version; NULL-terminated; may be NULL. */
	const char *(*const *library_versions)(void);
};

/* A run of one command. */
struct cli {
	const struct cli_tool *tool;
	const struct cli_command *command;
	char **args; /* the arguments that are no options */
	size_t n_args;
	struct json *json; /* inside the result object; NULL without --json */
	FILE *out;         /* standard output for people; with --json a sink: write freely */
	bool quiet;
	int verbose;
	bool color;        /* standard output may be coloured */
	bool show_secrets;
	int progress;      /* enum progress_style */
	struct err *err;   /* of this run, for the edge */
	size_t json_depth;
};

int cli_main(const struct cli_tool *tool, int argc, char **argv);

/* A line to stderr: "tool: text". say is silent with --quiet, verbose needs -v, warn always speaks. */
void cli_say(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);
void cli_verbose(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);
void cli_warn(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Prints the report: the "findings" of the JSON result, or text on cli->out.
 * Returns CLI_FINDINGS when a finding is at least fail_on, else CLI_DONE.
 */
int cli_report(struct cli *cli, struct report *report, enum severity fail_on);

/*
 * The renderer of --format=NAME. *ret is NULL for "text", for no name, and under --json: cli_report does these.
 * ERR_USAGE lists the names there are.
 */
int cli_find_renderer(const struct cli *cli, const char *name, const struct renderer **ret, struct err *err);

/* The findings alone in another format; renderer NULL is cli_report. */
int cli_report_as(struct cli *cli, struct report *report, const struct renderer *renderer, enum severity fail_on);

/* Items of a CLI_LIST option: release is called by the edge. */
void cli_list_add(struct cli_list *list, const char *item);

/* The nearest of names (NULL-terminated) to a mistyped word, or NULL when none is near. */
const char *cli_did_you_mean(const char *word, const char *const *names);
