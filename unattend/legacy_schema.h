/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known about sections and keys of sysprep.inf, unattend.txt and winnt.sif.
 */
#pragma once

#include "common/base/err.h"

struct legacy_key {
	const char *section;
	const char *key; /* may hold "*" or "<...>" */
	const char *files;
	const char *type;
	const char *values;
};

/* Names in any case; NULL when the key is not known, and *ret_section_known says whether its section is. */
const struct legacy_key *legacy_key_find(const char *section, const char *key, bool *ret_section_known);

/* The nearest names; NULL when none is near. */
const char *legacy_section_did_you_mean(const char *section);
const char *legacy_key_did_you_mean(const char *section, const char *key);

/* ERR_USAGE with what is wanted: Yes or No, a number, the index of a time zone, a key with its hyphens. */
int legacy_value_check(const struct legacy_key *key, const char *value, struct err *err);
