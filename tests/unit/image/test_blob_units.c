/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/blob_units.h"

#include "tests/unit/cmocka_all.h"

#define MIB ((uint64_t)1 << 20)

/* A list of solid contents of these sizes, one behind the other. */
struct solid {
	struct wim_blob blobs[8];
	const struct wim_blob *pointers[8];
	struct blob_list list;
};

static void make(struct solid *solid, uint32_t chunk_size, const uint64_t *sizes, size_t n)
{
	struct wim_resource res = { .offset = 208, .chunk_size = chunk_size, .compression = WIM_LZMS, .compressed = true,
				    .solid = true };

	*solid = (struct solid){ 0 };
	for (size_t i = 0; i < n; i++)
		res.size += sizes[i];
	res.stored = res.size / 2;
	for (size_t i = 0; i < n; i++) {
		uint64_t at = i ? solid->blobs[i - 1].at + sizes[i - 1] : 0;

		solid->blobs[i] = (struct wim_blob){ .size = sizes[i], .at = at, .res = res, .here = true };
		solid->pointers[i] = &solid->blobs[i];
	}
	assert_int_equal(blob_list_make(solid->pointers, n, &solid->list, NULL), 0);
}

/* Gives the chunks these costs and sorts them for so many threads; ret: their numbers in the new order. */
static void sort(struct solid *solid, unsigned n_threads, const uint64_t *costs, size_t n, uint64_t *ret)
{
	assert_int_equal(solid->list.n_units, n);
	for (size_t i = 0; i < n; i++)
		solid->list.units[i].cost = costs[i];
	blob_list_costly_first(&solid->list, n_threads);
	for (size_t i = 0; i < n; i++)
		ret[i] = solid->list.units[i].from / solid->blobs[0].res.chunk_size;
}

static void solid_chunks_that_cost_most_come_first(void **state UNUSED)
{
	/* half a MiB of each chunk but the first belongs to a blob from before */
	static const uint64_t sizes[] = { 8 * MIB + MIB / 2, 8 * MIB, 8 * MIB, 8 * MIB, 7 * MIB + MIB / 2 };
	static const uint64_t costs[] = { 5, 4, 1, 7, 5 }, want[] = { 3, 0, 4, 1, 2 };
	struct solid solid;
	uint64_t order[ARRAY_SIZE(want)];

	make(&solid, 8 * MIB, sizes, ARRAY_SIZE(sizes));
	sort(&solid, 2, costs, ARRAY_SIZE(costs), order);
	assert_memory_equal(order, want, sizeof(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_true(solid.list.units[i].ahead);
	blob_list_release(&solid.list);
}

static void a_chunk_inside_large_contents_stays_behind_the_one_before(void **state UNUSED)
{
	/* the second blob begins in chunk 0, is all of chunk 1, and ends in chunk 2 */
	static const uint64_t sizes[] = { MIB, 10 * MIB, MIB, 4 * MIB };
	static const uint64_t costs[] = { 1, 9, 8, 5 }, want[] = { 3, 0, 1, 2 };
	struct solid solid;
	uint64_t order[ARRAY_SIZE(want)];

	make(&solid, 4 * MIB, sizes, ARRAY_SIZE(sizes));
	sort(&solid, 2, costs, ARRAY_SIZE(costs), order);
	assert_memory_equal(order, want, sizeof(want));
	assert_true(solid.list.units[0].ahead);
	assert_true(solid.list.units[1].ahead);
	assert_false(solid.list.units[2].ahead);
	assert_false(solid.list.units[3].ahead);
	blob_list_release(&solid.list);
}

static void no_more_comes_ahead_than_may_be_kept(void **state UNUSED)
{
	enum { CHUNKS = 40, AHEAD = BLOB_UNIT_AHEAD >> 20 };
	uint64_t size = CHUNKS * MIB, costs[CHUNKS], order[CHUNKS];
	struct solid solid;

	for (size_t i = 0; i < CHUNKS; i++)
		costs[i] = 100 + i;
	make(&solid, MIB, &size, 1);
	sort(&solid, 64, costs, CHUNKS, order);
	for (size_t i = 0; i < CHUNKS - AHEAD; i++) {
		assert_int_equal(order[i], i);
		assert_false(solid.list.units[i].ahead);
	}
	for (size_t i = 0; i < AHEAD; i++)
		assert_int_equal(order[CHUNKS - AHEAD + i], CHUNKS - 1 - i);
	blob_list_release(&solid.list);
}

static void chunks_that_are_small_beside_all_come_in_the_order_of_the_file(void **state UNUSED)
{
	enum { CHUNKS = 40, LAST = 2 * 4 };
	uint64_t size = CHUNKS * MIB, costs[CHUNKS], order[CHUNKS];
	struct solid solid;

	for (size_t i = 0; i < CHUNKS; i++)
		costs[i] = 1000 + i;
	make(&solid, MIB, &size, 1);
	sort(&solid, 2, costs, CHUNKS, order);
	for (size_t i = 0; i < CHUNKS - LAST; i++)
		assert_int_equal(order[i], i);
	for (size_t i = 0; i < LAST; i++)
		assert_int_equal(order[CHUNKS - LAST + i], CHUNKS - 1 - i);
	blob_list_release(&solid.list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(solid_chunks_that_cost_most_come_first),
		cmocka_unit_test(a_chunk_inside_large_contents_stays_behind_the_one_before),
		cmocka_unit_test(chunks_that_are_small_beside_all_come_in_the_order_of_the_file),
		cmocka_unit_test(no_more_comes_ahead_than_may_be_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
