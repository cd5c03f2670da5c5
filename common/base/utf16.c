/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/utf16.h"

static bool is_high_surrogate(uint32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low_surrogate(uint32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

static void append_units(struct bytes b, bool stop_at_nul, struct strbuf *ret)
{
	strbuf_reserve(ret, b.len / 2);
	for (size_t at = 0; at + 2 <= b.len; at += 2) {
		uint32_t unit = bytes_le16(b, at);

		if (!unit && stop_at_nul)
			return;
		if (is_high_surrogate(unit) && at + 4 <= b.len && is_low_surrogate(bytes_le16(b, at + 2))) {
			unit = 0x10000 + ((unit - 0xd800) << 10) + (bytes_le16(b, at + 2) - 0xdc00u);
			at += 2;
		}
		strbuf_add_codepoint(ret, unit);
	}
}

void utf16le_to_text(struct bytes b, struct strbuf *ret)
{
	append_units(b, false, ret);
}

void utf16le_z_to_text(struct bytes b, struct strbuf *ret)
{
	append_units(b, true, ret);
}

/* RFC 3629, and the three-byte form of surrogates. */
size_t text_codepoint(const char *text, size_t len, uint32_t *ret)
{
	const uint8_t *p = (const uint8_t *)text;
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t need = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	uint32_t c;

	if (!need || need > len)
		return 0;
	c = need == 1 ? p[0] : p[0] & (0x7fu >> need);
	for (size_t i = 1; i < need; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[need] || c > 0x10ffff)
		return 0;
	*ret = c;
	return need;
}

static void add_unit(struct strbuf *ret, uint32_t unit)
{
	uint8_t raw[2];

	store_le16(raw, (uint16_t)unit);
	strbuf_add(ret, raw, sizeof(raw));
}

int text_to_utf16le(const char *text, size_t len, struct strbuf *ret, struct err *err)
{
	size_t old_len = ret->len;
	uint32_t c;

	for (size_t at = 0; at < len;) {
		size_t used = text_codepoint(text + at, len - at, &c);

		if (!used) {
			ret->len = old_len;
			return err_set(err, ERR_FORMAT, "byte 0x%02x at position %zu is not UTF-8", (uint8_t)text[at], at);
		}
		at += used;
		if (c < 0x10000) {
			add_unit(ret, c);
		} else {
			add_unit(ret, 0xd800 + ((c - 0x10000) >> 10));
			add_unit(ret, 0xdc00 + ((c - 0x10000) & 0x3ff));
		}
	}
	return 0;
}

bool text_is_utf8(const char *text, size_t len)
{
	uint64_t eight;
	uint32_t c;

	for (size_t at = 0; at < len;) {
		/* most of most texts is ASCII: eight bytes at a time */
		while (at + sizeof(eight) <= len && !(memcpy(&eight, text + at, sizeof(eight)), eight & UINT64_C(0x8080808080808080)))
			at += sizeof(eight);
		if (at >= len)
			break;
		size_t used = text_codepoint(text + at, len - at, &c);

		if (!used || (c >= 0xd800 && c < 0xe000))
			return false;
		at += used;
	}
	return true;
}

static size_t plain_run(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] >= 0x20 && text[n] < 0x7f)
		n++;
	return n;
}

void text_show(const char *text, size_t len, struct strbuf *ret)
{
	size_t at = plain_run(text, len);
	uint32_t c;

	if (at)
		strbuf_add(ret, text, at);
	while (at < len) {
		size_t used = text_codepoint(text + at, len - at, &c);

		if (!used) {
			strbuf_addf(ret, "\\x%02x", (uint8_t)text[at++]);
			continue;
		}
		/* C0, DEL and C1 controls, lone surrogates, and the marks that reorder a line on a terminal. */
		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000) || c == 0x200e || c == 0x200f ||
		    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff)
			strbuf_addf(ret, "\\u{%x}", c);
		else
			strbuf_add(ret, text + at, used);
		at += used;
	}
}

/* Units first, first + step ... last have the upper case unit + delta. */
struct upcase_run {
	uint16_t first, last;
	uint8_t step;
	int32_t delta;
};

static const struct upcase_run upcase_runs[] = {
	{ 0x00e0, 0x00f6, 1, -32 },
	{ 0x00f8, 0x00fe, 1, -32 },
	{ 0x00ff, 0x00ff, 1, 121 },
	{ 0x0101, 0x012f, 2, -1 },
	{ 0x0133, 0x0137, 2, -1 },
	{ 0x013a, 0x0148, 2, -1 },
	{ 0x014b, 0x0177, 2, -1 },
	{ 0x017a, 0x017e, 2, -1 },
	{ 0x0180, 0x0180, 1, 195 },
	{ 0x0183, 0x0185, 2, -1 },
	{ 0x0188, 0x0188, 1, -1 },
	{ 0x018c, 0x018c, 1, -1 },
	{ 0x0192, 0x0192, 1, -1 },
	{ 0x0195, 0x0195, 1, 97 },
	{ 0x0199, 0x0199, 1, -1 },
	{ 0x019a, 0x019a, 1, 163 },
	{ 0x019e, 0x019e, 1, 130 },
	{ 0x01a1, 0x01a5, 2, -1 },
	{ 0x01a8, 0x01a8, 1, -1 },
	{ 0x01ad, 0x01ad, 1, -1 },
	{ 0x01b0, 0x01b0, 1, -1 },
	{ 0x01b4, 0x01b6, 2, -1 },
	{ 0x01b9, 0x01b9, 1, -1 },
	{ 0x01bd, 0x01bd, 1, -1 },
	{ 0x01bf, 0x01bf, 1, 56 },
	{ 0x01c6, 0x01c6, 1, -2 },
	{ 0x01c9, 0x01c9, 1, -2 },
	{ 0x01cc, 0x01cc, 1, -2 },
	{ 0x01ce, 0x01dc, 2, -1 },
	{ 0x01dd, 0x01dd, 1, -79 },
	{ 0x01df, 0x01ef, 2, -1 },
	{ 0x01f3, 0x01f3, 1, -2 },
	{ 0x01f5, 0x01f5, 1, -1 },
	{ 0x01f9, 0x021f, 2, -1 },
	{ 0x0223, 0x0233, 2, -1 },
	{ 0x023c, 0x023c, 1, -1 },
	{ 0x023f, 0x0240, 1, 10815 },
	{ 0x0242, 0x0242, 1, -1 },
	{ 0x0247, 0x024f, 2, -1 },
	{ 0x0250, 0x0250, 1, 10783 },
	{ 0x0251, 0x0251, 1, 10780 },
	{ 0x0252, 0x0252, 1, 10782 },
	{ 0x0253, 0x0253, 1, -210 },
	{ 0x0254, 0x0254, 1, -206 },
	{ 0x0256, 0x0257, 1, -205 },
	{ 0x0259, 0x0259, 1, -202 },
	{ 0x025b, 0x025b, 1, -203 },
	{ 0x025c, 0x025c, 1, 42319 },
	{ 0x0260, 0x0260, 1, -205 },
	{ 0x0261, 0x0261, 1, 42315 },
	{ 0x0263, 0x0263, 1, -207 },
	{ 0x0265, 0x0265, 1, 42280 },
	{ 0x0266, 0x0266, 1, 42308 },
	{ 0x0268, 0x0268, 1, -209 },
	{ 0x0269, 0x0269, 1, -211 },
	{ 0x026a, 0x026a, 1, 42308 },
	{ 0x026b, 0x026b, 1, 10743 },
	{ 0x026c, 0x026c, 1, 42305 },
	{ 0x026f, 0x026f, 1, -211 },
	{ 0x0271, 0x0271, 1, 10749 },
	{ 0x0272, 0x0272, 1, -213 },
	{ 0x0275, 0x0275, 1, -214 },
	{ 0x027d, 0x027d, 1, 10727 },
	{ 0x0280, 0x0280, 1, -218 },
	{ 0x0282, 0x0282, 1, 42307 },
	{ 0x0283, 0x0283, 1, -218 },
	{ 0x0287, 0x0287, 1, 42282 },
	{ 0x0288, 0x0288, 1, -218 },
	{ 0x0289, 0x0289, 1, -69 },
	{ 0x028a, 0x028b, 1, -217 },
	{ 0x028c, 0x028c, 1, -71 },
	{ 0x0292, 0x0292, 1, -219 },
	{ 0x029d, 0x029d, 1, 42261 },
	{ 0x029e, 0x029e, 1, 42258 },
	{ 0x0371, 0x0373, 2, -1 },
	{ 0x0377, 0x0377, 1, -1 },
	{ 0x037b, 0x037d, 1, 130 },
	{ 0x03ac, 0x03ac, 1, -38 },
	{ 0x03ad, 0x03af, 1, -37 },
	{ 0x03b1, 0x03c1, 1, -32 },
	{ 0x03c2, 0x03c2, 1, -31 },
	{ 0x03c3, 0x03cb, 1, -32 },
	{ 0x03cc, 0x03cc, 1, -64 },
	{ 0x03cd, 0x03ce, 1, -63 },
	{ 0x03d0, 0x03d0, 1, -62 },
	{ 0x03d1, 0x03d1, 1, -57 },
	{ 0x03d5, 0x03d5, 1, -47 },
	{ 0x03d6, 0x03d6, 1, -54 },
	{ 0x03d7, 0x03d7, 1, -8 },
	{ 0x03d9, 0x03ef, 2, -1 },
	{ 0x03f0, 0x03f0, 1, -86 },
	{ 0x03f1, 0x03f1, 1, -80 },
	{ 0x03f2, 0x03f2, 1, 7 },
	{ 0x03f3, 0x03f3, 1, -116 },
	{ 0x03f5, 0x03f5, 1, -96 },
	{ 0x03f8, 0x03f8, 1, -1 },
	{ 0x03fb, 0x03fb, 1, -1 },
	{ 0x0430, 0x044f, 1, -32 },
	{ 0x0450, 0x045f, 1, -80 },
	{ 0x0461, 0x0481, 2, -1 },
	{ 0x048b, 0x04bf, 2, -1 },
	{ 0x04c2, 0x04ce, 2, -1 },
	{ 0x04cf, 0x04cf, 1, -15 },
	{ 0x04d1, 0x052f, 2, -1 },
	{ 0x0561, 0x0586, 1, -48 },
	{ 0x10d0, 0x10fa, 1, 3008 },
	{ 0x10fd, 0x10ff, 1, 3008 },
	{ 0x13f8, 0x13fd, 1, -8 },
	{ 0x1c80, 0x1c80, 1, -6254 },
	{ 0x1c81, 0x1c81, 1, -6253 },
	{ 0x1c82, 0x1c82, 1, -6244 },
	{ 0x1c83, 0x1c84, 1, -6242 },
	{ 0x1c85, 0x1c85, 1, -6243 },
	{ 0x1c86, 0x1c86, 1, -6236 },
	{ 0x1c87, 0x1c87, 1, -6181 },
	{ 0x1c88, 0x1c88, 1, 35266 },
	{ 0x1d79, 0x1d79, 1, 35332 },
	{ 0x1d7d, 0x1d7d, 1, 3814 },
	{ 0x1d8e, 0x1d8e, 1, 35384 },
	{ 0x1e01, 0x1e95, 2, -1 },
	{ 0x1e9b, 0x1e9b, 1, -59 },
	{ 0x1ea1, 0x1eff, 2, -1 },
	{ 0x1f00, 0x1f07, 1, 8 },
	{ 0x1f10, 0x1f15, 1, 8 },
	{ 0x1f20, 0x1f27, 1, 8 },
	{ 0x1f30, 0x1f37, 1, 8 },
	{ 0x1f40, 0x1f45, 1, 8 },
	{ 0x1f51, 0x1f57, 2, 8 },
	{ 0x1f60, 0x1f67, 1, 8 },
	{ 0x1f70, 0x1f71, 1, 74 },
	{ 0x1f72, 0x1f75, 1, 86 },
	{ 0x1f76, 0x1f77, 1, 100 },
	{ 0x1f78, 0x1f79, 1, 128 },
	{ 0x1f7a, 0x1f7b, 1, 112 },
	{ 0x1f7c, 0x1f7d, 1, 126 },
	{ 0x1fb0, 0x1fb1, 1, 8 },
	{ 0x1fd0, 0x1fd1, 1, 8 },
	{ 0x1fe0, 0x1fe1, 1, 8 },
	{ 0x1fe5, 0x1fe5, 1, 7 },
	{ 0x214e, 0x214e, 1, -28 },
	{ 0x2170, 0x217f, 1, -16 },
	{ 0x2184, 0x2184, 1, -1 },
	{ 0x24d0, 0x24e9, 1, -26 },
	{ 0x2c30, 0x2c5f, 1, -48 },
	{ 0x2c61, 0x2c61, 1, -1 },
	{ 0x2c65, 0x2c65, 1, -10795 },
	{ 0x2c66, 0x2c66, 1, -10792 },
	{ 0x2c68, 0x2c6c, 2, -1 },
	{ 0x2c73, 0x2c73, 1, -1 },
	{ 0x2c76, 0x2c76, 1, -1 },
	{ 0x2c81, 0x2ce3, 2, -1 },
	{ 0x2cec, 0x2cee, 2, -1 },
	{ 0x2cf3, 0x2cf3, 1, -1 },
	{ 0x2d00, 0x2d25, 1, -7264 },
	{ 0x2d27, 0x2d27, 1, -7264 },
	{ 0x2d2d, 0x2d2d, 1, -7264 },
	{ 0xa641, 0xa66d, 2, -1 },
	{ 0xa681, 0xa69b, 2, -1 },
	{ 0xa723, 0xa72f, 2, -1 },
	{ 0xa733, 0xa76f, 2, -1 },
	{ 0xa77a, 0xa77c, 2, -1 },
	{ 0xa77f, 0xa787, 2, -1 },
	{ 0xa78c, 0xa78c, 1, -1 },
	{ 0xa791, 0xa793, 2, -1 },
	{ 0xa794, 0xa794, 1, 48 },
	{ 0xa797, 0xa7a9, 2, -1 },
	{ 0xa7b5, 0xa7c3, 2, -1 },
	{ 0xa7c8, 0xa7ca, 2, -1 },
	{ 0xa7d1, 0xa7d1, 1, -1 },
	{ 0xa7d7, 0xa7d9, 2, -1 },
	{ 0xa7f6, 0xa7f6, 1, -1 },
	{ 0xab53, 0xab53, 1, -928 },
	{ 0xab70, 0xabbf, 1, -38864 },
	{ 0xff41, 0xff5a, 1, -32 },
};

uint16_t utf16_upcase(uint16_t unit)
{
	size_t low = 0, high = ARRAY_SIZE(upcase_runs);

	if (unit < 0x80)
		return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 'a' + 'A') : unit;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct upcase_run *run = &upcase_runs[middle];

		if (unit < run->first)
			high = middle;
		else if (unit > run->last)
			low = middle + 1;
		else
			return (unit - run->first) % run->step ? unit : (uint16_t)(unit + run->delta);
	}
	return unit;
}

/* The units of a text one by one; bytes that are no WTF-8 count as one unit each. */
struct unit_reader {
	const char *p;
	size_t len;
	uint16_t low; /* second half of a pair to be given next; 0 for none */
};

static bool next_upcased(struct unit_reader *in, uint16_t *ret)
{
	uint32_t c = 0;
	size_t used;

	if (in->low) {
		*ret = in->low;
		in->low = 0;
		return true;
	}
	if (!in->len)
		return false;
	used = text_codepoint(in->p, in->len, &c);
	if (!used) {
		c = (uint8_t)in->p[0];
		used = 1;
	}
	in->p += used;
	in->len -= used;
	if (c >= 0x10000) {
		in->low = (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
		c = 0xd800 + ((c - 0x10000) >> 10);
	}
	*ret = utf16_upcase((uint16_t)c);
	return true;
}

/* Bytes at the beginning of both that are ASCII and the same letters: of most names, all until they differ. */
static size_t same_ascii(const char *a, const char *b, size_t len)
{
	size_t i = 0;

	while (i < len && !((a[i] | b[i]) & 0x80) &&
	       (a[i] == b[i] || utf16_upcase((uint8_t)a[i]) == utf16_upcase((uint8_t)b[i])))
		i++;
	return i;
}

int text_compare_nocase(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t same = same_ascii(a, b, MIN(a_len, b_len));
	struct unit_reader in_a = { a + same, a_len - same, 0 };
	struct unit_reader in_b = { b + same, b_len - same, 0 };

	for (;;) {
		uint16_t unit_a, unit_b;
		bool more_a = next_upcased(&in_a, &unit_a);
		bool more_b = next_upcased(&in_b, &unit_b);

		if (!more_a || !more_b)
			return more_a - more_b;
		if (unit_a != unit_b)
			return unit_a < unit_b ? -1 : 1;
	}
}

bool text_equal_nocase(const char *a, const char *b)
{
	return text_compare_nocase(a, strlen(a), b, strlen(b)) == 0;
}
