/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_parts.h"

#include "tests/support/rng.h"
#include "tests/unit/cmocka_all.h"

#define PARTS 1000
#define IN_A_PART 250

static void add_part(struct wim_blobs *blobs, struct rng *rng)
{
	for (size_t i = 0; i < IN_A_PART; i++) {
		struct wim_blob *blob = &blobs->items[blobs->n++];

		blob->size = blobs->n;
		rng_fill(rng, blob->hash, sizeof(blob->hash));
	}
}

/* To sort all of them anew for each part would take minutes. */
static void contents_of_a_thousand_parts_are_found_by_their_hash(void **state UNUSED)
{
	struct wim_blobs blobs = { .items = xcalloc((size_t)PARTS * IN_A_PART, sizeof(struct wim_blob)) };
	uint8_t other[WIM_HASH_LEN];
	struct rng rng = rng_of(7, "parts");

	for (size_t part = 0; part < PARTS; part++) {
		size_t before = blobs.n;

		add_part(&blobs, &rng);
		wim_blobs_index(&blobs, before);
		assert_ptr_equal(wim_blobs_find(&blobs, blobs.items[before / 2].hash), &blobs.items[before / 2]);
	}
	for (size_t i = 0; i < blobs.n; i++)
		assert_ptr_equal(wim_blobs_find(&blobs, blobs.items[i].hash), &blobs.items[i]);
	for (size_t i = 1; i < blobs.n; i++)
		assert_true(memcmp(blobs.items[blobs.by_hash[i - 1]].hash, blobs.items[blobs.by_hash[i]].hash, WIM_HASH_LEN) < 0);
	memcpy(other, blobs.items[3].hash, sizeof(other));
	other[WIM_HASH_LEN - 1] ^= 1;
	assert_null(wim_blobs_find(&blobs, other));
	wim_blobs_release(&blobs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents_of_a_thousand_parts_are_found_by_their_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
