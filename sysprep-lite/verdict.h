/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Was sysprep /generalize run on this image? The facts are read first
 * (setup_state_read), then judged by what is worth most (verdict_of): ImageState
 * with SetupType and CmdLine. GeneralizationState = 7 and CloneTag prove nothing:
 * every running machine has them.
 */
#pragma once

#include "sysprep-lite/winroot.h"

enum verdict {
	VERDICT_GENERALIZED,
	VERDICT_NOT_GENERALIZED,
	VERDICT_BROKEN,  /* a run began and did not end */
	VERDICT_UNKNOWN,
};

#define SETUP_TEXT_MAX 128

struct setup_state {
	bool has_software;
	char image_state[SETUP_TEXT_MAX];      /* "" when absent */
	char file_image_state[SETUP_TEXT_MAX]; /* of Windows\Setup\State\State.ini */
	char command[SETUP_TEXT_MAX];          /* SYSTEM\Setup CmdLine */
	char clone_tag[SETUP_TEXT_MAX];
	char nt_version[SETUP_TEXT_MAX];       /* "6.1"; 10 says "6.3" */
	char product[SETUP_TEXT_MAX];
	bool has_setup_type, has_generalization, has_audit;
	uint32_t setup_type, generalization, audit;
	bool in_setup;                         /* SystemSetupInProgress or OOBEInProgress */
	bool has_succeeded_tag;
};

int setup_state_read(struct winroot *root, struct setup_state *ret, struct err *err);

/* reason is one sentence for people; a literal or empty. */
enum verdict verdict_of(const struct setup_state *state, const char **reason);
const char *verdict_name(enum verdict verdict);

/* True when the next boot goes through Setup or OOBE, so that SetupComplete.cmd runs. */
bool goes_through_setup(const struct setup_state *state);

/* hiberfil.sys holds a session that the next boot would resume. */
bool is_hibernated(struct winroot *root);

/* Windows Vista and later. */
bool is_vista_or_later(const struct setup_state *state);
