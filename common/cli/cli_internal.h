/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parts of the command line share: the options that every command has,
 * the walk over all options of a command, and what is made from the tables.
 */
#pragma once

#include "common/cli/cli.h"

struct common_args {
	bool help;
	bool json;
	bool quiet;
	uint64_t verbose; /* how many -v */
	bool show_secrets;
	int color;        /* enum cli_when */
	int progress;     /* enum progress_style */
};

enum cli_when {
	WHEN_AUTO,
	WHEN_ALWAYS,
	WHEN_NEVER,
};

/*
 * Option i of a command, its own first, then the common ones it has; NULL behind the
 * last. *is_common tells whose args struct the offset belongs to.
 */
const struct cli_option *cli_option_at(const struct cli_command *command, size_t i, bool *is_common);

/* Parses argv (behind the command's name) into args and common; positional arguments are moved to argv[0..*n_args). */
int cli_parse(const struct cli_command *command, int argc, char **argv, void *args, struct common_args *common,
	      size_t *n_args, struct err *err);

/* Gives back what the parser allocated in args (lists). */
void cli_release_args(const struct cli_command *command, void *args);

const struct cli_command *cli_find_command(const struct cli_tool *tool, const char *name);

/* "no command "captrue"; did you mean "capture"?" */
int cli_unknown(struct err *err, const char *what, const char *word, const char *const *names);

void cli_print_tool_help(const struct cli_tool *tool, FILE *out);
void cli_print_command_help(const struct cli_tool *tool, const struct cli_command *command, FILE *out);
void cli_print_version(const struct cli_tool *tool, FILE *out);
void cli_print_man(const struct cli_tool *tool, FILE *out);
int cli_print_completion(const struct cli_tool *tool, const char *shell, FILE *out, struct err *err);

/* "-c, --compress=TYPE" */
void cli_option_label(const struct cli_option *option, struct strbuf *ret);
