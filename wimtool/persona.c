/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/persona.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/file.h"
#include "common/image/image.h"

static bool is_wimlib;
static VEC(char *) words;  /* the arguments, written out; NULL at the end */
static char **given_words; /* the same for the parser, which moves them about */

static const char *const verbs[] = {
	"append", "apply", "capture", "delete", "dir", "export", "extract", "info", "join",
	"mount", "mountrw", "optimize", "split", "unmount", "update", "verify",
};

static const char *verb_of(const char *name)
{
	for (size_t i = 0; strncmp(name, "wim", 3) == 0 && i < ARRAY_SIZE(verbs); i++)
		if (strcmp(name + 3, verbs[i]) == 0)
			return verbs[i];
	return NULL;
}

static const struct cli_command *find_command(const struct cli_tool *tool, const char *name)
{
	for (size_t i = 0; tool->commands[i]; i++)
		if (strcmp(tool->commands[i]->name, name) == 0)
			return tool->commands[i];
	return NULL;
}

/* The one that is called so, or the only one that begins so; two names of one option are one. */
static const struct cli_option *find_option(const struct cli_command *command, const char *name, size_t len)
{
	const struct cli_option *found = NULL;
	bool is_ambiguous = false;

	for (size_t i = 0; i < command->n_options; i++) {
		const struct cli_option *option = &command->options[i];

		if (strncmp(option->name, name, len) != 0)
			continue;
		if (!option->name[len])
			return option;
		is_ambiguous |= found && found->offset != option->offset;
		found = option;
	}
	return is_ambiguous ? NULL : found;
}

/* Options that have no page in wimlib's manual, and those that mean nothing in their place: with ours NULL the word goes. */
static const struct alias {
	const char *verb; /* NULL: all */
	const char *theirs, *ours;
} aliases[] = {
	{ NULL, "--no-check", "--nocheck" },
	{ NULL, "--no-solid-sort", NULL },
	{ "capture", "--rebuild", NULL },
	{ "capture", "--unsafe-compact", NULL },
};

static const struct alias *find_alias(const struct cli_command *command, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if ((!aliases[i].verb || strcmp(aliases[i].verb, command->name) == 0) && strcmp(word, aliases[i].theirs) == 0)
			return &aliases[i];
	return NULL;
}

/* Adds a word; an option in full. True when the next word is its value. */
static bool add_word(const struct cli_command *command, const char *word)
{
	const char *name = word + strspn(word, "-");
	size_t dashes = (size_t)(name - word), len = strcspn(name, "=");
	const struct alias *alias = find_alias(command, word);
	const struct cli_option *option = dashes == 1 || dashes == 2 ? find_option(command, name, len) : NULL;

	if (alias || !option || !len) {
		if (!alias || alias->ours)
			*vec_add(&words) = xstrdup(alias ? alias->ours : word);
		return false;
	}
	*vec_add(&words) = xasprintf("--%s%s", option->name, name + len);
	return option->type != CLI_FLAG && !name[len];
}

static void add_words(const struct cli_command *command, int argc, char **argv)
{
	int i = 0;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (add_word(command, argv[i]) && i + 1 < argc)
			*vec_add(&words) = xstrdup(argv[++i]);
	for (; i < argc; i++)
		*vec_add(&words) = xstrdup(argv[i]);
}

static bool asks_for_version(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--version") == 0)
			return true;
	return false;
}

/* What wimlib-imagex does on Linux. */
static void choose_case(void)
{
	const char *ignore = getenv("WIMLIB_IMAGEX_IGNORE_CASE");

	image_set_exact_names(!ignore || (strcmp(ignore, "1") != 0 && strcmp(ignore, "yes") != 0));
}

int persona_take(const struct cli_tool *tool, int argc, char ***argv)
{
	const char *name = argc > 0 ? path_name((*argv)[0]) : "";
	const char *verb = verb_of(name);
	int taken = verb ? 1 : 2;
	const struct cli_command *command;

	is_wimlib = verb || strcmp(name, "wimlib-imagex") == 0;
	if (!is_wimlib)
		return argc;
	choose_case();
	if (asks_for_version(argc, *argv)) {
		*vec_add(&words) = xstrdup((*argv)[0]);
		*vec_add(&words) = xstrdup("--version");
	} else {
		verb = verb || argc < 2 ? verb : (*argv)[1];
		command = verb ? find_command(tool, verb) : NULL;
		if (!command)
			return argc;
		*vec_add(&words) = xstrdup((*argv)[0]);
		*vec_add(&words) = xstrdup(verb);
		add_words(command, argc - taken, *argv + taken);
	}
	*vec_add(&words) = NULL;
	given_words = xmemdup(words.items, words.len * sizeof(*words.items));
	*argv = given_words;
	return (int)words.len - 1;
}

void persona_end(void)
{
	for (size_t i = 0; i < words.len; i++)
		free(words.items[i]);
	vec_release(&words);
	free(given_words);
	given_words = NULL;
}

bool persona_is_wimlib(void)
{
	return is_wimlib;
}
