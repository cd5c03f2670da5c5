/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/key_mask.h"

#include <ctype.h>
#include <string.h>

#include "common/base/base.h"

enum { KEY_LEN = 29, GROUP_LEN = 5, SHOWN_FROM = 24 };

static bool is_key(const char *text)
{
	for (size_t i = 0; i < KEY_LEN; i++) {
		bool is_dash = i % (GROUP_LEN + 1) == GROUP_LEN;

		if (is_dash ? text[i] != '-' : !isalnum((unsigned char)text[i]))
			return false;
	}
	return !isalnum((unsigned char)text[KEY_LEN]) && text[KEY_LEN] != '-';
}

void mask_product_keys(char *text)
{
	for (char *at = text; *at; at++) {
		bool begins = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '-');

		if (!begins || !is_key(at))
			continue;
		for (size_t i = 0; i < SHOWN_FROM; i++)
			if (at[i] != '-')
				at[i] = '*';
		at += KEY_LEN - 1;
	}
}
