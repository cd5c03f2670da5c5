/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a product key says about itself without asking anybody.
 *
 * Keys of Windows 8 and later hold one N, whose place is a digit; the other 24
 * letters are digits to base 24. The number has a group (20 bits), a serial
 * (30), a secret (53), a checksum (10) and an upgrade bit. Group and checksum
 * are read here; the secret is for Microsoft's servers, so that nothing here
 * can tell a genuine key. Keys are only read, never made.
 */
#pragma once

#include "common/base/base.h"

#define PRODUCT_KEY_LEN 29
#define PRODUCT_KEY_MASKED_LEN 29

enum key_shape {
	KEY_EMPTY,
	KEY_PLACEHOLDER, /* zeros, XXXXX-..., 12345-... */
	KEY_MALFORMED,   /* not five groups of five */
	KEY_BAD_LETTER,
	KEY_BAD_N,       /* more than one N */
	KEY_2005,        /* Vista, 7: no N; group and checksum cannot be read */
	KEY_2009,        /* Windows 8 and later */
};

struct product_key {
	enum key_shape shape;
	char bad_letter;
	uint32_t group;
	uint32_t serial;
	bool checksum_ok;
};

void product_key_read(const char *text, size_t len, struct product_key *ret);

/* "*****-*****-*****-*****-2YT43"; anything else becomes "(hidden)". Returns ret. */
char *product_key_mask(const char *text, size_t len, char ret[PRODUCT_KEY_MASKED_LEN + 1]);

/* Replaces what looks like a product key by its masked form, in place. */
void mask_keys(char *text);

/* True when a 5x5 key stands at text[at]. */
bool product_key_at(const char *text, size_t len, size_t at);

struct published_key {
	const char *key;
	const char *product;
	const char *edition;
};
/* A KMS client setup key from Microsoft's public list, NULL when it is none. */
const struct published_key *published_key_find(const char *text, size_t len);

struct key_group {
	uint32_t group;
	const char *edition;     /* "Enterprise"; "" when not known */
	const char *description;
	const char *channel;     /* "Volume:MAK" */
};
const struct key_group *key_group_find(uint32_t group);
const struct key_group *key_group_at(size_t i);
const struct published_key *published_key_at(size_t i);
