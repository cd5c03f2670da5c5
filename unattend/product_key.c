/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/product_key.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"

static const char digits[] = "BCDFGHJKMPQRTVWXY2346789";

static const struct published_key published_keys[] = {
#include "unattend/data/gvlk.inc"
};

static const struct key_group key_groups[] = {
#include "unattend/data/pkey_groups.inc"
};

/* The 115 bits of a key as four words, lowest first. */
struct key_number {
	uint32_t words[4];
};

static void shift_in(struct key_number *n, uint32_t digit)
{
	uint64_t carry = digit;

	for (size_t i = 0; i < 4; i++) {
		carry += (uint64_t)n->words[i] * 24;
		n->words[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

static uint32_t bits(const struct key_number *n, unsigned at, unsigned count)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < count; i++)
		value |= (n->words[(at + i) / 32] >> (at + i) % 32 & 1u) << i;
	return value;
}

/* CRC-32/BZIP2: 04C11DB7, highest bit first, start and result inverted. Checked on 53 published keys. */
static uint32_t checksum_of(const struct key_number *n)
{
	struct key_number zeroed = *n;
	uint32_t crc = UINT32_MAX;

	for (unsigned i = 103; i < 113; i++)
		zeroed.words[i / 32] &= ~(1u << i % 32);
	for (size_t byte = 0; byte < 16; byte++) {
		crc ^= (zeroed.words[byte / 4] >> 8 * (byte % 4) & 0xff) << 24;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x80000000u ? crc << 1 ^ 0x04c11db7u : crc << 1;
	}
	return ~crc & 0x3ff;
}

static void decode(const char letters[25], struct product_key *ret)
{
	const char *n_place = memchr(letters, 'N', 25);
	struct key_number number = { { (uint32_t)(n_place - letters) } };

	for (size_t i = 0; i < 25; i++)
		if (letters + i != n_place)
			shift_in(&number, (uint32_t)(strchr(digits, letters[i]) - digits));
	ret->shape = KEY_2009;
	ret->group = bits(&number, 0, 20);
	ret->serial = bits(&number, 20, 30);
	ret->checksum_ok = bits(&number, 103, 10) == checksum_of(&number);
}

/* Four of the five groups are one letter repeated, or the key counts 12345. */
static bool is_placeholder(const char letters[25])
{
	size_t monotone = 0;

	for (size_t g = 0; g < 5; g++) {
		size_t same = 1;

		while (same < 5 && letters[g * 5 + same] == letters[g * 5])
			same++;
		monotone += same == 5;
	}
	return monotone >= 4 || memcmp(letters, "12345", 5) == 0 || memcmp(letters, "ABCDE", 5) == 0;
}

static bool take_letters(const char *text, size_t len, char ret[25])
{
	size_t n = 0;

	if (len != PRODUCT_KEY_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (i % 6 == 5) {
			if (text[i] != '-')
				return false;
			continue;
		}
		if (!isalnum((unsigned char)text[i]) || (unsigned char)text[i] >= 0x80)
			return false;
		ret[n++] = (char)toupper((unsigned char)text[i]);
	}
	return true;
}

void product_key_read(const char *text, size_t len, struct product_key *ret)
{
	char letters[25];
	size_t n_count = 0;

	*ret = (struct product_key){ .shape = KEY_MALFORMED };
	if (len == 0)
		ret->shape = KEY_EMPTY;
	if (!take_letters(text, len, letters))
		return;
	if (is_placeholder(letters)) {
		ret->shape = KEY_PLACEHOLDER;
		return;
	}
	for (size_t i = 0; i < 25; i++) {
		n_count += letters[i] == 'N';
		if (letters[i] == 'N' || strchr(digits, letters[i]))
			continue;
		ret->shape = KEY_BAD_LETTER;
		ret->bad_letter = letters[i];
		return;
	}
	ret->shape = n_count == 0 ? KEY_2005 : KEY_BAD_N;
	if (n_count == 1)
		decode(letters, ret);
}

bool product_key_at(const char *text, size_t len, size_t at)
{
	char letters[25];

	if (at > len || len - at < PRODUCT_KEY_LEN || (at > 0 && isalnum((unsigned char)text[at - 1])))
		return false;
	if (len - at > PRODUCT_KEY_LEN && isalnum((unsigned char)text[at + PRODUCT_KEY_LEN]))
		return false;
	return take_letters(text + at, PRODUCT_KEY_LEN, letters);
}

char *product_key_mask(const char *text, size_t len, char ret[PRODUCT_KEY_MASKED_LEN + 1])
{
	char letters[25];

	if (take_letters(text, len, letters))
		snprintf(ret, PRODUCT_KEY_MASKED_LEN + 1, "*****-*****-*****-*****-%.5s", letters + 20);
	else
		snprintf(ret, PRODUCT_KEY_MASKED_LEN + 1, "(hidden)");
	return ret;
}

void mask_keys(char *text)
{
	char masked[PRODUCT_KEY_MASKED_LEN + 1];
	size_t len = strlen(text);

	/* a key has its first hyphen behind five letters */
	for (const char *hyphen = strchr(text, '-'); hyphen; hyphen = strchr(hyphen + 1, '-')) {
		size_t at = (size_t)(hyphen - text) - 5;

		if (hyphen - text >= 5 && at + PRODUCT_KEY_LEN <= len && product_key_at(text, len, at))
			memcpy(text + at, product_key_mask(text + at, PRODUCT_KEY_LEN, masked), PRODUCT_KEY_LEN);
	}
}

static int compare_published(const void *key, const void *row)
{
	return strcmp(key, ((const struct published_key *)row)->key);
}

const struct published_key *published_key_find(const char *text, size_t len)
{
	char key[PRODUCT_KEY_LEN + 1];

	if (len != PRODUCT_KEY_LEN)
		return NULL;
	for (size_t i = 0; i < len; i++)
		key[i] = (char)toupper((unsigned char)text[i]);
	key[len] = '\0';
	return bsearch(key, published_keys, ARRAY_SIZE(published_keys), sizeof(published_keys[0]), compare_published);
}

static int compare_group(const void *key, const void *row)
{
	uint32_t group = *(const uint32_t *)key, other = ((const struct key_group *)row)->group;

	return group < other ? -1 : group > other;
}

const struct key_group *key_group_find(uint32_t group)
{
	return bsearch(&group, key_groups, ARRAY_SIZE(key_groups), sizeof(key_groups[0]), compare_group);
}

const struct key_group *key_group_at(size_t i)
{
	return i < ARRAY_SIZE(key_groups) ? &key_groups[i] : NULL;
}

const struct published_key *published_key_at(size_t i)
{
	return i < ARRAY_SIZE(published_keys) ? &published_keys[i] : NULL;
}
