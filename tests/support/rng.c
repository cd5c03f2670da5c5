/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/rng.h"

/* splitmix64: Steele, Lea, Flood 2014. */
uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void rng_skip(struct rng *rng, uint64_t numbers)
{
	rng->state += numbers * 0x9e3779b97f4a7c15ULL;
}

struct rng rng_of(uint64_t seed, const char *purpose)
{
	struct rng rng = { .state = seed * 0x2545f4914f6cdd1dULL + 1 };

	for (; *purpose; purpose++)
		rng.state = rng_next(&rng) ^ (uint8_t)*purpose;
	return rng;
}

uint32_t rng_below(struct rng *rng, uint32_t limit)
{
	return (uint32_t)((rng_next(rng) >> 32) * limit >> 32);
}

uint32_t rng_between(struct rng *rng, uint32_t low, uint32_t high)
{
	return low + rng_below(rng, high - low + 1);
}

bool rng_chance(struct rng *rng, uint32_t percent)
{
	return rng_below(rng, 100) < percent;
}

void rng_fill(struct rng *rng, void *data, size_t len)
{
	uint8_t *at = data;

	while (len > 0) {
		uint64_t word = rng_next(rng);
		size_t n = len < sizeof word ? len : sizeof word;

		for (size_t i = 0; i < n; i++)
			at[i] = (uint8_t)(word >> (8 * i));
		at += n;
		len -= n;
	}
}

struct guid rng_guid(struct rng *rng)
{
	struct guid guid;

	rng_fill(rng, guid.bytes, sizeof guid.bytes);
	guid.bytes[7] = (uint8_t)((guid.bytes[7] & 0x0f) | 0x40);
	guid.bytes[8] = (uint8_t)((guid.bytes[8] & 0x3f) | 0x80);
	return guid;
}
