/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/tempfiles.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/alloc.h"

/* Written by the program, read by the handler: a slot counts only while its flag is set. */
static char *paths[TEMPFILES_MAX];
static volatile sig_atomic_t in_use[TEMPFILES_MAX];
static volatile sig_atomic_t held;
static volatile sig_atomic_t pending;

int tempfiles_add(const char *path)
{
	for (int slot = 0; slot < TEMPFILES_MAX; slot++) {
		if (in_use[slot])
			continue;
		paths[slot] = xstrdup(path);
		in_use[slot] = 1;
		return slot;
	}
	assert(false && "more temporary files than a program makes");
	return -1;
}

void tempfiles_forget(int slot)
{
	assert(slot >= 0 && slot < TEMPFILES_MAX && in_use[slot]);
	in_use[slot] = 0;
	free(paths[slot]);
	paths[slot] = NULL;
}

void tempfiles_remove_all(void)
{
	for (int slot = 0; slot < TEMPFILES_MAX; slot++)
		if (in_use[slot])
			unlink(paths[slot]);
}

static void end_by(int signum)
{
	tempfiles_remove_all();
	signal(signum, SIG_DFL);
	raise(signum);
}

static void on_signal(int signum)
{
	if (held)
		pending = signum;
	else
		end_by(signum);
}

void tempfiles_install_handlers(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction old;

		/* A program started in the background by a shell ignores SIGINT; so do we then. */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
	/* Writing past a file size limit then fails with EFBIG and is reported. */
	signal(SIGXFSZ, SIG_IGN);
	/* A reader that went away is a write error (EPIPE), not a sudden end in the middle of a commit. */
	signal(SIGPIPE, SIG_IGN);
}

void tempfiles_hold_signals(void)
{
	held = held + 1;
}

void tempfiles_release_signals(void)
{
	assert(held > 0);
	held = held - 1;
	if (!held && pending) {
		int signum = pending;

		pending = 0;
		end_by(signum);
	}
}

bool tempfiles_signal_pending(void)
{
	return pending != 0;
}
