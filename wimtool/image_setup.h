/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings of a Windows that does not run: time zone, computer name, locale. The edits
 * are made through sysprep-lite's editor on the hives in memory; setup_commit writes
 * them at once (in a WIM: one append).
 *
 *	setup_open -> setup_time_zone / setup_computer_name / setup_locale -> setup_commit -> setup_release
 */
#pragma once

#include "sysprep-lite/sysprep_lite.h"

struct setup {
	struct target *target;
	struct winroot *root;
};

int setup_open(struct setup *ret, const char *spec, bool for_write, struct err *err);
int setup_open_edit(struct setup *ret, struct image_edit *edit, struct err *err);
void setup_release(struct setup *setup);

/* zone: key name, index or IANA name. */
int setup_time_zone(struct setup *setup, const char *zone, struct err *err);

/* "*" is a random name. */
int setup_computer_name(struct setup *setup, const char *name, struct err *err);

enum setup_locale_part {
	LOCALE_SYSTEM = 1, /* programs that know no Unicode: code pages */
	LOCALE_USER = 2,   /* formats of dates and numbers, location */
	LOCALE_INPUT = 4,  /* keyboard */
	LOCALE_UI = 8,     /* language of the user interface: only one that the image has */
	LOCALE_ALL = 15,
};

struct setup_locale {
	const char *locale;
	const char *keyboard; /* "00000407"; NULL: that of the locale */
	unsigned parts;       /* enum setup_locale_part */
	bool ui_if_there;     /* a missing language is left out and not an error */
};

/* *ret_ui tells whether the language of the user interface was set. */
int setup_locale(struct setup *setup, const struct setup_locale *wanted, bool *ret_ui, struct err *err);

/* *ret_hives: how many were rewritten; 0 when all was so already. */
int setup_commit(struct setup *setup, unsigned *ret_hives, struct err *err);
