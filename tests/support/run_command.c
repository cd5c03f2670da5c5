/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/run_command.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int run_command(struct strbuf *ret, const char *fmt, ...)
{
	struct strbuf command = STRBUF_INIT;
	char buffer[4096];
	va_list args;
	size_t n;
	FILE *in;
	int status;

	va_start(args, fmt);
	strbuf_addv(&command, fmt, args);
	va_end(args);
	in = popen(strbuf_text(&command), "r");
	strbuf_release(&command);
	if (!in)
		return -1;
	while ((n = fread(buffer, 1, sizeof buffer, in)) > 0)
		strbuf_add(ret, buffer, n);
	status = pclose(in);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

size_t count_text(const struct strbuf *text, const char *needle)
{
	size_t count = 0;

	for (const char *at = strbuf_text(text); (at = strstr(at, needle)); at += strlen(needle))
		count++;
	return count;
}

char *new_folder(void)
{
	const char *tmp = getenv("TMPDIR");
	char *path = xasprintf("%s/goldwim-test.XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (!mkdtemp(path)) {
		perror(path);
		abort();
	}
	return path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

void remove_folder(char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(path);
}
