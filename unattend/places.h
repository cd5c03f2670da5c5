/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where product keys and commands stand in an answer file. Several rules walk
 * them, so they are collected once a file.
 */
#pragma once

#include "common/base/arena.h"
#include "unattend/answer.h"

enum command_place {
	COMMAND_SETUP,      /* RunSynchronous, RunAsynchronous of Microsoft-Windows-Setup */
	COMMAND_DEPLOYMENT, /* of Microsoft-Windows-Deployment */
	COMMAND_LOGON,      /* CommandLine of Microsoft-Windows-Shell-Setup */
};

struct command {
	const struct setting *setting;
	enum command_place place;
	const char *low; /* its text in small letters: many words are looked for in it */
};

struct places {
	struct arena texts;
	VEC(struct command) commands;      /* in document order */
	VEC(const struct setting *) keys; /* those with a text that is no template expression */
};

/* A command in small letters that may have a password in it; rather too many than too few. */
bool command_may_hold_secret(const char *low);

void places_collect(const struct answer *answer, struct places *ret);
void places_release(struct places *places);
