/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers that look random and are the same everywhere for the same seed and
 * purpose. Streams of different purposes do not disturb each other.
 */
#pragma once

#include "common/base/guid.h"

struct rng {
	uint64_t state;
};

struct rng rng_of(uint64_t seed, const char *purpose);
uint64_t rng_next(struct rng *rng);
void rng_skip(struct rng *rng, uint64_t numbers); /* as if they had been taken */
uint32_t rng_below(struct rng *rng, uint32_t limit);
uint32_t rng_between(struct rng *rng, uint32_t low, uint32_t high); /* both inclusive */
bool rng_chance(struct rng *rng, uint32_t percent);
void rng_fill(struct rng *rng, void *data, size_t len);
struct guid rng_guid(struct rng *rng); /* version 4 */
