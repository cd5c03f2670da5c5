/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/guid.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* Byte on the disk of the nth pair of digits of the text: the first three fields are little-endian. */
static const uint8_t disk_order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

static bool is_dash_place(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool guid_parse(const char *text, struct guid *ret)
{
	struct guid guid;
	size_t pair = 0;

	for (size_t i = 0; i < GUID_TEXT_LEN;) {
		if (is_dash_place(i)) {
			if (text[i++] != '-')
				return false;
			continue;
		}
		int high = hex_digit(text[i]);
		int low = high < 0 ? -1 : hex_digit(text[i + 1]);

		if (low < 0)
			return false;
		guid.bytes[disk_order[pair++]] = (uint8_t)(high << 4 | low);
		i += 2;
	}
	*ret = guid;
	return true;
}

bool guid_parse_all(const char *text, struct guid *ret)
{
	size_t len = strlen(text);

	if (len == GUID_BRACED_LEN && text[0] == '{' && text[len - 1] == '}')
		return guid_parse(text + 1, ret);
	return len == GUID_TEXT_LEN && guid_parse(text, ret);
}

char *guid_format(const struct guid *guid, unsigned style, char ret[GUID_BRACED_LEN + 1])
{
	const char *digits = style & GUID_UPPER ? "0123456789ABCDEF" : "0123456789abcdef";
	char *out = ret;

	if (style & GUID_BRACES)
		*out++ = '{';
	for (size_t pair = 0; pair < 16; pair++) {
		uint8_t byte = guid->bytes[disk_order[pair]];

		if (pair == 4 || pair == 6 || pair == 8 || pair == 10)
			*out++ = '-';
		*out++ = digits[byte >> 4];
		*out++ = digits[byte & 15];
	}
	if (style & GUID_BRACES)
		*out++ = '}';
	*out = '\0';
	return ret;
}

int guid_compare(const struct guid *a, const struct guid *b)
{
	for (size_t pair = 0; pair < 16; pair++) {
		int difference = a->bytes[disk_order[pair]] - b->bytes[disk_order[pair]];

		if (difference)
			return difference;
	}
	return 0;
}

int guid_random(struct guid *ret, struct err *err)
{
	struct guid guid;
	ssize_t got;

	do
		got = getrandom(guid.bytes, sizeof(guid.bytes), 0);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(guid.bytes))
		return err_errno(err, errno, "random numbers of the kernel");
	/* RFC 4122: version 4 in the high half of the third field, variant 10x. */
	guid.bytes[7] = (uint8_t)((guid.bytes[7] & 0x0f) | 0x40);
	guid.bytes[8] = (uint8_t)((guid.bytes[8] & 0x3f) | 0x80);
	*ret = guid;
	return 0;
}
