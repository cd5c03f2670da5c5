/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/cli/cli_internal.h"

#define HELP_WIDTH 80
#define OPTION_COLUMN 28

/* Fills lines of HELP_WIDTH from column on; following lines start at indent. "\n\n" begins a paragraph. */
static void print_wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
	const char *word = text;
	bool at_start = true;

	while (*word) {
		size_t len = strcspn(word, " \n");

		if (!at_start && column + 1 + len > HELP_WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!at_start) {
			fputc(' ', out);
			column++;
		}
		fwrite(word, 1, len, out);
		column += len;
		word += len;
		at_start = word[0] == '\n' && word[1] == '\n';
		if (at_start) {
			fprintf(out, "\n\n%*s", (int)indent, "");
			column = indent;
			word += 2;
		} else if (*word) {
			word++;
		}
	}
	fputc('\n', out);
}

void cli_option_label(const struct cli_option *option, struct strbuf *ret)
{
	if (option->short_name)
		strbuf_addf(ret, "-%c, ", option->short_name);
	else
		strbuf_adds(ret, "    ");
	strbuf_addf(ret, "--%s", option->name);
	if (option->value_name)
		strbuf_addf(ret, "=%s", option->value_name);
}

static void print_option(const struct cli_option *option, FILE *out)
{
	struct strbuf label = STRBUF_INIT;
	size_t column;

	cli_option_label(option, &label);
	fprintf(out, "  %s", label.data);
	column = label.len + 2;
	if (column + 2 > OPTION_COLUMN) {
		fputc('\n', out);
		column = 0;
	}
	fprintf(out, "%*s", (int)(OPTION_COLUMN - column), "");
	print_wrapped(out, option->help, OPTION_COLUMN, OPTION_COLUMN);
	strbuf_release(&label);
}

static void print_examples(const struct cli_command *command, FILE *out)
{
	if (command->n_examples)
		fputs("\nexamples:\n", out);
	for (size_t i = 0; i < command->n_examples; i++)
		fprintf(out, "  %s\n      %s\n", command->examples[i].command, command->examples[i].what);
}

void cli_print_command_help(const struct cli_tool *tool, const struct cli_command *command, FILE *out)
{
	const struct cli_option *option;
	bool is_common, was_common = true;

	fprintf(out, "usage: %s %s [options]%s%s\n\n", tool->name, command->name, command->usage && *command->usage ? " " : "",
		command->usage ? command->usage : "");
	print_wrapped(out, command->summary, 0, 0);
	if (command->description) {
		fputc('\n', out);
		print_wrapped(out, command->description, 0, 0);
	}
	for (size_t i = 0; (option = cli_option_at(command, i, &is_common)); i++) {
		if (i == 0 && !is_common)
			fputs("\noptions:\n", out);
		if (is_common && (i == 0 || !was_common))
			fputs("\ncommon options:\n", out);
		was_common = is_common;
		print_option(option, out);
	}
	print_examples(command, out);
	fputs("\nexit codes: 0 done or clean, 1 findings or differences, 2 wrong usage, 3 could not do it\n", out);
}

void cli_print_tool_help(const struct cli_tool *tool, FILE *out)
{
	size_t width = 0;

	fprintf(out, "usage: %s COMMAND [options] [arguments]\n\n", tool->name);
	print_wrapped(out, tool->summary, 0, 0);
	if (tool->description) {
		fputc('\n', out);
		print_wrapped(out, tool->description, 0, 0);
	}
	for (size_t i = 0; tool->commands[i]; i++)
		width = MAX(width, strlen(tool->commands[i]->name));
	fputs("\ncommands:\n", out);
	for (size_t i = 0; tool->commands[i]; i++)
		fprintf(out, "  %-*s  %s\n", (int)width, tool->commands[i]->name, tool->commands[i]->summary);
	fprintf(out,
		"\n\"%s COMMAND --help\" explains a command, with examples.\n"
		"\"%s --version\" names the libraries in use; \"%s --man\" prints the manual page;\n"
		"\"%s --completion bash|zsh|fish\" prints a completion script.\n",
		tool->name, tool->name, tool->name, tool->name);
}

void cli_print_version(const struct cli_tool *tool, FILE *out)
{
	fprintf(out, "%s (goldwim) %s\n", tool->name, GOLDWIM_VERSION);
	for (size_t i = 0; tool->library_versions && tool->library_versions[i]; i++)
		fprintf(out, "%s\n", tool->library_versions[i]());
}
