/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_noise.h"

#define LINE 64
#define GLANCE_STEP 4096   /* a line of each: enough to tell code and text from noise, which is most of the work */
#define LEN_MIN 4096       /* below, equal bytes differ by more than a thousandth by chance */
#define GLANCE_MAX 1300    /* thousandths, of GLANCE_STEP's few bytes: seven standard deviations and more */
#define EVEN_MAX 1005      /* the gain of a Huffman code is 0.0036 bits a byte here: 30 bytes in WIM_NOISE_MAX, which its table takes */
#define WORDS (1u << 10)
#define WORD_BYTES 32      /* words that begin with a multiple of this: one in 32 */
#define REPEATS_MAX 1

/* How often two bytes of the lines are equal, in thousandths of how often two random ones are. */
static uint64_t equal_bytes(const uint8_t *data, size_t len, size_t step)
{
	uint32_t counts[256] = { 0 };
	uint64_t n = 0, pairs = 0;

	for (size_t line = 0; line + LINE <= len; line += step, n += LINE)
		for (size_t i = line; i < line + LINE; i++)
			counts[data[i]]++;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		pairs += (uint64_t)counts[i] * counts[i];
	return (pairs - n) * 256 * 1000 / (n * (n - 1));
}

/* Words of four bytes that were there before; which ones are looked at depends on themselves, so both of two are. */
static size_t count_repeats(const uint8_t *data, size_t len)
{
	uint32_t words[WORDS] = { 0 };
	size_t repeats = 0;

	for (size_t i = 0; i + 4 <= len; i++) {
		uint32_t word, *seen;

		if (data[i] % WORD_BYTES)
			continue;
		word = load_le32(data + i);
		seen = &words[(word * 0x9e3779b1u) >> 22];
		repeats += *seen == word;
		*seen = word;
	}
	return repeats;
}

bool wim_is_noise(const uint8_t *data, size_t len)
{
	return len >= LEN_MIN && len <= WIM_NOISE_MAX && equal_bytes(data, len, GLANCE_STEP) <= GLANCE_MAX &&
		equal_bytes(data, len, LINE) <= EVEN_MAX && count_repeats(data, len) <= REPEATS_MAX;
}
