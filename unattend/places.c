/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/places.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SETUP "Microsoft-Windows-Setup"
#define SHELL_SETUP "Microsoft-Windows-Shell-Setup"
#define DEPLOYMENT "Microsoft-Windows-Deployment"

static const char *lower(struct arena *texts, const struct setting *s)
{
	char *text = arena_text(texts, s->element->value, s->element->value_len);

	for (char *c = text; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c |= 32;
	return text;
}

static void add_command(struct places *places, const struct setting *s, enum command_place place)
{
	*vec_add(&places->commands) = (struct command){ s, place, lower(&places->texts, s) };
}

static bool is_run_command(const struct setting *s)
{
	return strcasecmp(s->path, "RunSynchronous/RunSynchronousCommand/Path") == 0 ||
	       strcasecmp(s->path, "RunAsynchronous/RunAsynchronousCommand/Path") == 0;
}

static int by_document(const void *a, const void *b)
{
	const struct setting *x = ((const struct command *)a)->setting, *y = ((const struct command *)b)->setting;

	return x < y ? -1 : x > y;
}

static void collect_commands(const struct answer *answer, struct places *ret)
{
	const struct setting *s = NULL;

	while ((s = answer_named(answer, "Path", s))) {
		if (component_is(s->component, DEPLOYMENT) && is_run_command(s))
			add_command(ret, s, COMMAND_DEPLOYMENT);
		else if (component_is(s->component, SETUP) && is_run_command(s))
			add_command(ret, s, COMMAND_SETUP);
	}
	while ((s = answer_named(answer, "CommandLine", s)))
		if (component_is(s->component, SHELL_SETUP))
			add_command(ret, s, COMMAND_LOGON);
	if (ret->commands.len)
		qsort(ret->commands.items, ret->commands.len, sizeof(ret->commands.items[0]), by_document);
}

static void collect_keys(const struct answer *answer, const char *component, const char *path, struct places *ret)
{
	const struct setting *s = NULL;

	while ((s = answer_next(answer, component, path, s)))
		if (!s->element->first && !s->placeholder)
			*vec_add(&ret->keys) = s;
}

bool command_may_hold_secret(const char *low)
{
	static const char *const words[] = { "pass", "pasw", "pwd", "secret", "token", "securestring", "credential", "cmdkey", "net use",
					     "/user", "/rp", "/p:", " -p ", "apikey", "api-key", "slmgr", "/ipk", "key=", "key:" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(low, words[i]))
			return true;
	return false;
}

void places_collect(const struct answer *answer, struct places *ret)
{
	*ret = (struct places){ .texts = { NULL, 0 } };
	collect_commands(answer, ret);
	/* both places, and text directly in UserData/ProductKey */
	collect_keys(answer, SETUP, "UserData/ProductKey", ret);
	collect_keys(answer, SETUP, "UserData/ProductKey/Key", ret);
	collect_keys(answer, SHELL_SETUP, "ProductKey", ret);
}

void places_release(struct places *places)
{
	arena_release(&places->texts);
	vec_release(&places->commands);
	vec_release(&places->keys);
}
