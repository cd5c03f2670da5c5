/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/cli/cli_internal.h"

/* A shell function name cannot hold the hyphen of "sysprep-lite". */
static void print_identifier(const char *name, FILE *out)
{
	for (; *name; name++)
		fputc(*name == '-' ? '_' : *name, out);
}

/* " --name=" for options with a value, so that the shell adds no blank. */
static void print_option_words(const struct cli_command *command, FILE *out)
{
	const struct cli_option *option;
	bool is_common;

	for (size_t i = 0; (option = cli_option_at(command, i, &is_common)); i++) {
		fprintf(out, " --%s%s", option->name, option->value_name ? "=" : "");
		for (size_t c = 0; option->choices && option->choices[c]; c++)
			fprintf(out, " --%s=%s", option->name, option->choices[c]);
	}
}

static void print_bash(const struct cli_tool *tool, FILE *out)
{
	fprintf(out, "# bash completion for %s; made from its command table\n_", tool->name);
	print_identifier(tool->name, out);
	fputs("() {\n"
	      "\tlocal word=${COMP_LINE:0:COMP_POINT} words\n"
	      "\tword=${word##*[[:space:]]}\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\twords=\"",
	      out);
	for (size_t i = 0; tool->commands[i]; i++)
		fprintf(out, "%s ", tool->commands[i]->name);
	fputs("--help --version --man --completion\"\n\telse\n\t\tcase ${COMP_WORDS[1]} in\n", out);
	for (size_t i = 0; tool->commands[i]; i++) {
		fprintf(out, "\t\t%s) words=\"", tool->commands[i]->name);
		print_option_words(tool->commands[i], out);
		fputs("\" ;;\n", out);
	}
	fputs("\t\tesac\n\tfi\n"
	      "\tcase $word in\n"
	      "\t-*) ;;\n"
	      "\t*) [ \"$COMP_CWORD\" -gt 1 ] && words= ;;\n"
	      "\tesac\n"
	      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	      "\t# Bash splits words at \"=\": give back only what stands behind it.\n"
	      "\tcase $word in *=*) COMPREPLY=(\"${COMPREPLY[@]#*=}\") ;; esac\n"
	      "\t[ \"${#COMPREPLY[@]}\" -eq 1 ] && [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
	      "\treturn 0\n}\ncomplete -o default -F _",
	      out);
	print_identifier(tool->name, out);
	fprintf(out, " %s\n", tool->name);
}

/* A text inside '...'. */
static void print_quoted(const char *text, const char *also_escape, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr(also_escape, *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void print_zsh_option(const struct cli_option *option, FILE *out)
{
	fprintf(out, "\t\t\t'--%s%s[", option->name, option->value_name ? "=" : "");
	print_quoted(option->help, "[]:", out);
	fputc(']', out);
	if (option->choices) {
		fprintf(out, ":%s:(", option->value_name);
		for (size_t i = 0; option->choices[i]; i++)
			fprintf(out, "%s%s", i ? " " : "", option->choices[i]);
		fputc(')', out);
	} else if (option->value_name) {
		fprintf(out, ":%s:_files", option->value_name);
	}
	fputs("' \\\n", out);
}

static void print_zsh(const struct cli_tool *tool, FILE *out)
{
	fprintf(out, "#compdef %s\n# made from its command table\nlocal -a commands\ncommands=(\n", tool->name);
	for (size_t i = 0; tool->commands[i]; i++) {
		fprintf(out, "\t'%s:", tool->commands[i]->name);
		print_quoted(tool->commands[i]->summary, "", out);
		fputs("'\n", out);
	}
	fputs(")\nif (( CURRENT == 2 )); then\n\t_describe command commands\nelse\n\tlocal command=$words[2]\n\t"
	      "shift words\n\t(( CURRENT-- ))\n\tcase $command in\n",
	      out);
	for (size_t i = 0; tool->commands[i]; i++) {
		const struct cli_option *option;
		bool is_common;

		fprintf(out, "\t%s)\n\t\t_arguments \\\n", tool->commands[i]->name);
		for (size_t o = 0; (option = cli_option_at(tool->commands[i], o, &is_common)); o++)
			print_zsh_option(option, out);
		fputs("\t\t\t'*:file:_files' ;;\n", out);
	}
	fputs("\tesac\nfi\n", out);
}

static void print_fish(const struct cli_tool *tool, FILE *out)
{
	fprintf(out, "# fish completion for %s; made from its command table\n", tool->name);
	for (size_t i = 0; tool->commands[i]; i++) {
		const struct cli_command *command = tool->commands[i];
		const struct cli_option *option;
		bool is_common;

		fprintf(out, "complete -c %s -n __fish_use_subcommand -f -a %s -d '", tool->name, command->name);
		print_quoted(command->summary, "", out);
		fputs("'\n", out);
		for (size_t o = 0; (option = cli_option_at(command, o, &is_common)); o++) {
			fprintf(out, "complete -c %s -n '__fish_seen_subcommand_from %s' -l %s", tool->name, command->name,
				option->name);
			if (option->short_name)
				fprintf(out, " -s %c", option->short_name);
			if (option->value_name)
				fputs(" -r", out);
			for (size_t c = 0; option->choices && option->choices[c]; c++)
				fprintf(out, "%s%s", c ? " " : " -f -a '", option->choices[c]);
			fputs(option->choices ? "' -d '" : " -d '", out);
			print_quoted(option->help, "", out);
			fputs("'\n", out);
		}
	}
}

int cli_print_completion(const struct cli_tool *tool, const char *shell, FILE *out, struct err *err)
{
	static const char *const shells[] = { "bash", "zsh", "fish", NULL };

	if (strcmp(shell, "bash") == 0)
		print_bash(tool, out);
	else if (strcmp(shell, "zsh") == 0)
		print_zsh(tool, out);
	else if (strcmp(shell, "fish") == 0)
		print_fish(tool, out);
	else
		return cli_unknown(err, "shell", shell, shells);
	return 0;
}
