/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/persona.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/file.h"

static bool is_wimlib;
static char **with_verb;

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

int persona_take(int argc, char ***argv)
{
	const char *name = argc > 0 ? path_name((*argv)[0]) : "";
	const char *verb = verb_of(name);

	is_wimlib = verb || strcmp(name, "wimlib-imagex") == 0;
	if (!verb)
		return argc;
	with_verb = xcalloc((size_t)argc + 2, sizeof(char *));
	with_verb[0] = (*argv)[0];
	with_verb[1] = (char *)(uintptr_t)verb;
	memcpy(with_verb + 2, *argv + 1, (size_t)(argc - 1) * sizeof(char *));
	*argv = with_verb;
	return argc + 1;
}

void persona_end(void)
{
	free(with_verb);
	with_verb = NULL;
}

bool persona_is_wimlib(void)
{
	return is_wimlib;
}
