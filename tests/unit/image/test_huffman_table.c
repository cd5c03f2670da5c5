/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/image/huffman_table.h"
#include "tests/support/rng.h"

#define SYMBOLS_MAX 700
#define ROOM HUFFMAN_ENTRIES(12, HUFFMAN_LEN_MAX, HUFFMAN_SYMBOLS_MAX)

struct huffman_case {
	struct rng rng;
	uint8_t lens[SYMBOLS_MAX];
	uint32_t results[SYMBOLS_MAX];
};

static int setup(void **state)
{
	struct huffman_case *c = xcalloc(1, sizeof(*c));

	c->rng = rng_of(3, "huffman");
	for (uint32_t i = 0; i < SYMBOLS_MAX; i++)
		c->results[i] = (i & 0x1ff) << HUFFMAN_RESULT_SHIFT | (i % 3 ? HUFFMAN_LITERAL : i % 8 << 8);
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

/* Splits one code again and again: the lengths are a code. */
static void make_code(struct huffman_case *c, unsigned n_symbols, unsigned n_codes, unsigned len_max)
{
	unsigned n = 2;

	memset(c->lens, 0, sizeof(c->lens));
	c->lens[0] = c->lens[1] = 1;
	for (unsigned tries = 0; n < n_codes && tries < 100000; tries++) {
		unsigned i = rng_below(&c->rng, rng_chance(&c->rng, 70) ? n : MIN(n, 3));

		if (c->lens[i] < len_max)
			c->lens[n++] = ++c->lens[i];
	}
	for (unsigned i = n_symbols - 1; i; i--) {
		unsigned other = rng_below(&c->rng, i + 1);
		uint8_t len = c->lens[i];

		c->lens[i] = c->lens[other];
		c->lens[other] = len;
	}
}

/* As the standard says it: codes are counted up, length by length, and in each by symbol. */
static void check_all_codes(const struct huffman_case *c, unsigned n_symbols, const uint32_t *table, unsigned table_bits)
{
	uint64_t code = 0;

	for (unsigned len = 1; len <= HUFFMAN_LEN_MAX; len++, code <<= 1)
		for (unsigned symbol = 0; symbol < n_symbols; symbol++) {
			unsigned linked;
			uint32_t entry;

			if (c->lens[symbol] != len)
				continue;
			for (int ones = 0; ones < 2; ones++) {
				uint64_t next = code << (64 - len) | (ones ? ~(uint64_t)0 >> len : 0);

				entry = huffman_look_up(table, table_bits, next, &linked);
				assert_int_equal(linked, len > table_bits ? table_bits : 0);
				assert_int_equal(linked + HUFFMAN_CODE_LEN(entry), len);
				assert_int_equal(entry >> HUFFMAN_RESULT_SHIFT, c->results[symbol] >> HUFFMAN_RESULT_SHIFT);
				assert_int_equal(HUFFMAN_TAKE(entry) - HUFFMAN_CODE_LEN(entry), HUFFMAN_TAKE(c->results[symbol]));
				assert_int_equal(HUFFMAN_LITERAL_BITS(entry), entry & HUFFMAN_LITERAL ? len - linked : 0);
			}
			code++;
		}
}

static void every_code_leads_to_its_symbol(void **state)
{
	static const unsigned symbols[] = { 2, 3, 8, 20, 249, 512, 656, 700 };
	struct huffman_case *c = *state;

	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		for (unsigned len_max = 10; len_max <= HUFFMAN_LEN_MAX; len_max++)
			for (unsigned bits = 7; bits <= 12; bits++) {
				size_t room = HUFFMAN_ENTRIES(bits, HUFFMAN_LEN_MAX, symbols[i]);
				uint32_t *table = xmalloc(room * sizeof(*table));

				make_code(c, symbols[i], rng_between(&c->rng, 2, symbols[i]), len_max);
				assert_int_equal(huffman_table_build(table, bits, c->lens, symbols[i], c->results), 0);
				check_all_codes(c, symbols[i], table, bits);
				free(table);
			}
}

/* Each link has entries for the longest code. */
static void long_codes_behind_many_links_fit(void **state)
{
	struct huffman_case *c = *state;
	uint32_t *table = xmalloc(HUFFMAN_ENTRIES(7, HUFFMAN_LEN_MAX, 128) * sizeof(*table));

	memset(c->lens, 0, sizeof(c->lens));
	c->lens[0] = 1;
	c->lens[1] = 2;
	for (unsigned i = 2; i < 64; i++)
		c->lens[i] = 8;
	c->lens[64] = 9;
	for (unsigned i = 65; i < 71; i++)
		c->lens[i] = (uint8_t)(10 + i - 65);
	c->lens[71] = HUFFMAN_LEN_MAX;
	c->lens[72] = HUFFMAN_LEN_MAX;
	c->lens[73] = 8;
	assert_int_equal(huffman_table_build(table, 7, c->lens, 128, c->results), 0);
	check_all_codes(c, 128, table, 7);
	free(table);
}

static void what_is_no_code_is_refused(void **state)
{
	struct huffman_case *c = *state;
	static uint32_t table[ROOM];

	for (int i = 0; i < 500; i++) {
		unsigned n = rng_between(&c->rng, 3, 600), symbol;

		make_code(c, n, n, 14);
		do
			symbol = rng_below(&c->rng, n);
		while (c->lens[symbol] == 0);
		c->lens[symbol] = (uint8_t)(c->lens[symbol] + (i % 2 || c->lens[symbol] == 1 ? 1 : -1));
		assert_int_equal(huffman_table_build(table, 11, c->lens, n, c->results), -1);
	}
	memset(c->lens, 0, sizeof(c->lens));
	c->lens[5] = 1;
	assert_int_equal(huffman_table_build(table, 11, c->lens, 20, c->results), -1);
	memset(c->lens, 1, sizeof(c->lens));
	assert_int_equal(huffman_table_build(table, 11, c->lens, SYMBOLS_MAX, c->results), -1);
}

static void no_codes_at_all_are_the_first_symbol(void **state)
{
	struct huffman_case *c = *state;
	static uint32_t table[ROOM];

	memset(c->lens, 0, sizeof(c->lens));
	assert_int_equal(huffman_table_build(table, 11, c->lens, 512, c->results), 0);
	for (size_t i = 0; i < 1u << 11; i++)
		assert_int_equal(table[i], c->results[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_code_leads_to_its_symbol, setup, teardown),
		cmocka_unit_test_setup_teardown(long_codes_behind_many_links_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_code_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(no_codes_at_all_are_the_first_symbol, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
