/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/update_script.h"

#include <assert.h>
#include <string.h>

#include "common/base/utf16.h"
#include "wimtool/words.h"

struct op_row {
	const char *name;
	enum update_op op;
	size_t n_paths;
	const char *usage;
};

static const struct op_row ops[] = {
	{ "add", UPDATE_ADD, 2, "add [--dereference] [--unix-data] [--no-replace] SOURCE DEST" },
	{ "delete", UPDATE_DELETE, 1, "delete [--force] [--recursive] PATH" },
	{ "rename", UPDATE_RENAME, 2, "rename FROM TO" },
};

const char *update_op_name(enum update_op op)
{
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (ops[i].op == op)
			return ops[i].name;
	return "";
}

static const struct op_row *find_op(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (strcmp(ops[i].name, name) == 0)
			return &ops[i];
	return NULL;
}

static bool take_add_option(struct update_add *add, const char *word)
{
	if (strcmp(word, "--dereference") == 0)
		add->dereference = true;
	else if (strcmp(word, "--unix-data") == 0)
		add->unix_data = true;
	else if (strcmp(word, "--no-replace") == 0)
		add->no_replace = true;
	else
		return strcmp(word, "--no-acls") == 0 || strcmp(word, "--strict-acls") == 0;
	return true;
}

static int take_option(struct update_command *command, const char *word, const struct op_row *op, struct err *err)
{
	if (op->op == UPDATE_ADD && take_add_option(&command->add, word))
		return 0;
	if (op->op == UPDATE_DELETE && strcmp(word, "--force") == 0)
		command->force = true;
	else if (op->op == UPDATE_DELETE && strcmp(word, "--recursive") == 0)
		command->recursive = true;
	else
		return err_set(err, ERR_FORMAT, "%s has no option %s (%s)", op->name, word, op->usage);
	return 0;
}

/* Turns words into a command; moves the paths out of words. */
static int build_command(struct words *words, struct update_command *ret, struct err *err)
{
	const struct op_row *op = find_op(words->items[0]);
	size_t n = 0;

	if (!op)
		return err_set(err, ERR_FORMAT, "no command \"%s\"; there are add, delete and rename",
			       words->items[0]);
	ret->op = op->op;
	for (size_t i = 1; i < words->n; i++) {
		char *word = words->items[i];

		if (strncmp(word, "--", 2) == 0) {
			if (take_option(ret, word, op, err) < 0)
				return -1;
			continue;
		}
		if (n == op->n_paths || !*word)
			return err_set(err, ERR_FORMAT, "wanted: %s", op->usage);
		*(n++ ? &ret->second : &ret->first) = xstrdup(word);
	}
	return n == op->n_paths ? 0 : err_set(err, ERR_FORMAT, "wanted: %s", op->usage);
}

static void command_release(struct update_command *command)
{
	free(command->first);
	free(command->second);
}

static int parse_line(struct update_script *script, const char *at, const char *end, struct update_command command,
		      struct err *err)
{
	CLEANUP(words_release) struct words words = { .n = 0 };

	while (at < end && word_is_blank(*at))
		at++;
	if (at == end || *at == '#')
		return 0;
	if (words_split(at, end, &words, err) < 0)
		return -1;
	assert(words.n > 0 && words.items[0]);
	if (build_command(&words, &command, err) < 0) {
		command_release(&command);
		return -1;
	}
	*vec_add(&script->commands) = command;
	return 0;
}

static int parse_text(struct update_script *script, const char *text, size_t len, const char *origin,
		      struct err *err)
{
	const char *at = text, *end = text + len;

	for (unsigned line = 1; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		struct update_command command = { .line = line, .origin = origin };

		if (parse_line(script, at, stop, command, err) < 0)
			return err_context(err, "line %u", line);
		at = newline ? newline + 1 : end;
	}
	return 0;
}

/* With its mark, or without one when the first character is of the Latin part of Unicode. */
static bool looks_like_utf16(struct bytes text)
{
	return text.len >= 2 && (bytes_equal(text, 0, "\xff\xfe", 2) || (text.data[0] && !text.data[1]));
}

int update_script_parse(struct update_script *script, struct bytes text, const char *origin, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf utf8 = STRBUF_INIT;

	if (looks_like_utf16(text)) {
		utf16le_to_text(bytes_from(text, bytes_equal(text, 0, "\xff\xfe", 2) ? 2 : 0), &utf8);
		return parse_text(script, strbuf_text(&utf8), utf8.len, origin, err);
	}
	if (bytes_equal(text, 0, "\xef\xbb\xbf", 3))
		text = bytes_from(text, 3);
	return parse_text(script, (const char *)text.data, text.len, origin, err);
}

void update_script_release(struct update_script *script)
{
	for (size_t i = 0; i < script->commands.len; i++)
		command_release(&script->commands.items[i]);
	vec_release(&script->commands);
}
