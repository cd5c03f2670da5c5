/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/base64.h"

static int digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(const char *text, size_t len, struct strbuf *ret)
{
	uint32_t bits = 0;
	unsigned n_bits = 0, padding = 0;

	for (size_t i = 0; i < len; i++) {
		int digit = digit_of(text[i]);

		if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r')
			continue;
		if (text[i] == '=' && padding < 2) {
			padding++;
			continue;
		}
		if (digit < 0 || padding)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		strbuf_addc(ret, (char)(bits >> n_bits));
		bits &= (1u << n_bits) - 1;
	}
	return n_bits < 6 && bits == 0;
}

void base64_encode(const void *data, size_t len, struct strbuf *ret)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16 | (i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0) | (i + 2 < len ? bytes[i + 2] : 0);

		strbuf_addc(ret, letters[three >> 18]);
		strbuf_addc(ret, letters[three >> 12 & 63]);
		strbuf_addc(ret, i + 1 < len ? letters[three >> 6 & 63] : '=');
		strbuf_addc(ret, i + 2 < len ? letters[three & 63] : '=');
	}
}
