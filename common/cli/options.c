/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/cli/cli_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/progress.h"

static const char *const when_names[] = { "auto", "always", "never", NULL };
static const char *const progress_names[] = { "auto", "plain", "json", "none", NULL };

static const struct cli_option common_options[] = {
	OPT_FLAG(struct common_args, help, 'h', "help", "show this help"),
	OPT_FLAG(struct common_args, quiet, 'q', "quiet", "say nothing but results and errors"),
	OPT_FLAG(struct common_args, verbose, 'v', "verbose", "say more; twice says still more"),
	OPT_CHOICE(struct common_args, color, 0, "color", "WHEN", when_names,
		   "colour the result: auto, always, never (auto: on terminals, unless NO_COLOR is set)"),
	OPT_CHOICE(struct common_args, progress, 0, "progress", "STYLE", progress_names,
		   "progress on stderr: auto, plain, json, none"),
};
static const struct cli_option json_option =
	OPT_FLAG(struct common_args, json, 0, "json", "print the result as one JSON object, errors too");
static const struct cli_option secrets_option =
	OPT_FLAG(struct common_args, show_secrets, 0, "show-secrets", "print product keys and passwords unmasked");

const struct cli_option *cli_option_at(const struct cli_command *command, size_t i, bool *is_common)
{
	*is_common = i >= command->n_options;
	if (!*is_common)
		return &command->options[i];
	i -= command->n_options;
	if (i < ARRAY_SIZE(common_options))
		return &common_options[i];
	i -= ARRAY_SIZE(common_options);
	if (command->has_json && i-- == 0)
		return &json_option;
	if (command->has_secrets && i == 0)
		return &secrets_option;
	return NULL;
}

void cli_list_add(struct cli_list *list, const char *item)
{
	if (list->len == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 8;
		list->items = xreallocarray(list->items, list->cap, sizeof(*list->items));
	}
	list->items[list->len++] = item;
}

void cli_release_args(const struct cli_command *command, void *args)
{
	for (size_t i = 0; i < command->n_options; i++)
		if (command->options[i].type == CLI_LIST)
			free(((struct cli_list *)((char *)args + command->options[i].offset))->items);
}

static int parse_number(const char *text, uint64_t *ret)
{
	unsigned long long value;
	unsigned shift = 0;
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno)
		return -1;
	switch (*end) {
	case 'K':
	case 'k':
		shift = 10;
		end++;
		break;
	case 'M':
		shift = 20;
		end++;
		break;
	case 'G':
		shift = 30;
		end++;
		break;
	}
	if (shift && strcmp(end, "iB") == 0)
		end += 2;
	if (*end || value > UINT64_MAX >> shift)
		return -1;
	*ret = (uint64_t)value << shift;
	return 0;
}

static int unknown_choice(const struct cli_option *option, const char *value, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;

	for (size_t i = 0; option->choices[i]; i++)
		strbuf_addf(&list, "%s%s", i ? ", " : "", option->choices[i]);
	cli_unknown(err, option->value_name, value, option->choices);
	err_hint(err, "there are %s", strbuf_text(&list));
	return err_context(err, "--%s", option->name);
}

static int store_choice(const struct cli_option *option, const char *value, int *field, struct err *err)
{
	for (int i = 0; option->choices[i]; i++) {
		if (strcmp(option->choices[i], value) == 0) {
			*field = i;
			return 0;
		}
	}
	return unknown_choice(option, value, err);
}

static int store(const struct cli_option *option, const char *value, void *args, struct err *err)
{
	void *field = (char *)args + option->offset;

	switch (option->type) {
	case CLI_FLAG:
		if (strcmp(option->name, "verbose") == 0)
			(*(uint64_t *)field)++;
		else
			*(bool *)field = true;
		return 0;
	case CLI_TEXT:
		*(const char **)field = value;
		return 0;
	case CLI_NUMBER:
		if (parse_number(value, field) < 0)
			return err_set(err, ERR_USAGE, "--%s: \"%s\" is no number (decimal or 0x..., with K, M or G)",
				       option->name, value);
		return 0;
	case CLI_CHOICE:
		return store_choice(option, value, field, err);
	case CLI_LIST:
		cli_list_add(field, value);
		return 0;
	}
	return 0;
}

/* The two args structs that an option may belong to. */
struct target {
	void *args;
	struct common_args *common;
};

static int store_into(const struct target *target, const struct cli_option *option, bool is_common, const char *value,
		      struct err *err)
{
	return store(option, value, is_common ? (void *)target->common : target->args, err);
}

static int unknown_option(const struct cli_command *command, const char *name, struct err *err)
{
	VEC(const char *) names = { 0 };
	const struct cli_option *option;
	bool is_common;

	for (size_t i = 0; (option = cli_option_at(command, i, &is_common)); i++)
		*vec_add(&names) = option->name;
	*vec_add(&names) = NULL;
	cli_unknown(err, "option", name, names.items);
	vec_release(&names);
	return -1;
}

static const struct cli_option *find_option(const struct cli_command *command, const char *name, size_t len,
					    char short_name, bool *is_common)
{
	const struct cli_option *option;

	for (size_t i = 0; (option = cli_option_at(command, i, is_common)); i++) {
		if (short_name && option->short_name == short_name)
			return option;
		if (name && strlen(option->name) == len && memcmp(option->name, name, len) == 0)
			return option;
	}
	return NULL;
}

/* Handles "--name", "--name=value", "--name value". *used_next is set when the next word was the value. */
static int parse_long(const struct cli_command *command, const char *word, const char *next, const struct target *target,
		      bool *used_next, struct err *err)
{
	const char *name = word + 2;
	const char *equals = strchrnul(name, '=');
	bool is_common;
	const struct cli_option *option = find_option(command, name, (size_t)(equals - name), 0, &is_common);

	if (!option) {
		CLEANUP(freep) char *whole = xstrndup(name, (size_t)(equals - name));

		return unknown_option(command, whole, err);
	}
	if (option->type == CLI_FLAG) {
		if (*equals)
			return err_set(err, ERR_USAGE, "--%s takes no value", option->name);
		return store_into(target, option, is_common, "", err);
	}
	if (*equals)
		return store_into(target, option, is_common, equals + 1, err);
	if (!next)
		return err_set(err, ERR_USAGE, "--%s wants a value: --%s=%s", option->name, option->name,
			       option->value_name);
	*used_next = true;
	return store_into(target, option, is_common, next, err);
}

/* Handles "-c", "-cVALUE", "-c VALUE" and flags in a row: "-qv". */
static int parse_short(const struct cli_command *command, const char *word, const char *next,
		       const struct target *target, bool *used_next, struct err *err)
{
	for (const char *c = word + 1; *c; c++) {
		bool is_common;
		const struct cli_option *option = find_option(command, NULL, 0, *c, &is_common);

		if (!option)
			return err_set(err, ERR_USAGE, "no option \"-%c\"", *c);
		if (option->type == CLI_FLAG) {
			if (store_into(target, option, is_common, "", err) < 0)
				return -1;
			continue;
		}
		if (c[1])
			return store_into(target, option, is_common, c + 1, err);
		if (!next)
			return err_set(err, ERR_USAGE, "-%c wants a value: -%c %s", *c, *c, option->value_name);
		*used_next = true;
		return store_into(target, option, is_common, next, err);
	}
	return 0;
}

int cli_parse(const struct cli_command *command, int argc, char **argv, void *args, struct common_args *common,
	      size_t *n_args, struct err *err)
{
	const struct target target = { args, common };
	bool only_arguments = false;
	size_t kept = 0;

	for (int i = 0; i < argc; i++) {
		const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
		bool used_next = false;

		/* "-" is standard input, "-2147483725" a number: no option begins with a digit. */
		if (only_arguments || word[0] != '-' || !word[1] || (word[1] >= '0' && word[1] <= '9')) {
			argv[kept++] = argv[i];
		} else if (strcmp(word, "--") == 0) {
			only_arguments = true;
		} else if ((word[1] == '-' ? parse_long(command, word, next, &target, &used_next, err)
					   : parse_short(command, word, next, &target, &used_next, err)) < 0) {
			return -1;
		}
		i += used_next;
	}
	*n_args = kept;
	return 0;
}
