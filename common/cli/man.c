/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <string.h>

#include "common/cli/cli_internal.h"

/* Text for mdoc: escapes backslashes, and dots and quotes that begin a line; "\n\n" begins a paragraph. */
static void print_roff(FILE *out, const char *text)
{
	bool line_start = true;

	for (; *text; text++) {
		if (text[0] == '\n' && text[1] == '\n') {
			fputs("\n.Pp\n", out);
			text++;
			line_start = true;
			continue;
		}
		if (line_start && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
		line_start = *text == '\n';
	}
	fputc('\n', out);
}

static void print_upper(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(toupper((unsigned char)*text), out);
}

static void print_option(const struct cli_option *option, FILE *out)
{
	fputs(".It ", out);
	if (option->short_name)
		fprintf(out, "Fl %c , ", option->short_name);
	fprintf(out, "Fl Fl %s", option->name);
	if (option->value_name)
		fprintf(out, " Ns = Ns Ar %s", option->value_name);
	fputc('\n', out);
	print_roff(out, option->help);
}

static void print_command(const struct cli_tool *tool, const struct cli_command *command, FILE *out)
{
	fprintf(out, ".Ss %s %s\n", tool->name, command->name);
	fprintf(out, ".D1 Nm %s Oo options Oc ", command->name);
	print_roff(out, command->usage ? command->usage : "");
	fputs(".Pp\n", out);
	print_roff(out, command->summary);
	if (command->description) {
		fputs(".Pp\n", out);
		print_roff(out, command->description);
	}
	if (command->n_options)
		fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < command->n_options; i++)
		print_option(&command->options[i], out);
	if (command->n_options)
		fputs(".El\n", out);
	for (size_t i = 0; i < command->n_examples; i++) {
		fputs(".Pp\n", out);
		print_roff(out, command->examples[i].what);
		fputs(".Dl ", out);
		print_roff(out, command->examples[i].command);
	}
}

static void print_common_options(FILE *out)
{
	static const struct cli_command every = { .has_json = true, .has_secrets = true };
	const struct cli_option *option;
	bool is_common;

	fputs(".Sh COMMON OPTIONS\n.Bl -tag -width Ds\n", out);
	for (size_t i = 0; (option = cli_option_at(&every, i, &is_common)); i++)
		print_option(option, out);
	fputs(".El\n", out);
}

void cli_print_man(const struct cli_tool *tool, FILE *out)
{
	fputs(".\\\" SPDX-License-Identifier: GPL-3.0-or-later\n.Dd November 20, 2026\n.Dt ", out);
	print_upper(out, tool->name);
	fprintf(out, " 1\n.Os goldwim %s\n.Sh NAME\n.Nm %s\n.Nd ", GOLDWIM_VERSION, tool->name);
	print_roff(out, tool->summary);
	fputs(".Sh SYNOPSIS\n.Nm\n.Ar COMMAND\n.Op options\n.Op arguments\n.Sh DESCRIPTION\n", out);
	print_roff(out, tool->description ? tool->description : tool->summary);
	fputs(".Sh COMMANDS\n", out);
	for (size_t i = 0; tool->commands[i]; i++)
		print_command(tool, tool->commands[i], out);
	print_common_options(out);
	fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n"
	      ".It 0\nDone, or nothing to complain about.\n.It 1\nFindings or differences.\n"
	      ".It 2\nThe command line is wrong.\n"
	      ".It 3\nIt could not be done: unreadable or invalid input, no space, refused for safety.\n.El\n",
	      out);
}
