/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/cmid_index.h"

#include "common/base/filetime.h"
#include "common/base/strbuf.h"
#include "tests/unit/kms/kms_case.h"

static uint64_t at(uint64_t seconds)
{
	return FILETIME_UNIX_EPOCH + seconds * FILETIME_PER_SECOND;
}

static void add(struct cmid_index *index, unsigned cmid, const char *name, uint64_t seconds)
{
	struct kms_request request = { .needed = 25, .has_cmid = true, .status = 2, .name = { name, strlen(name) } };
	struct log_entry entry = { .needed = 25, .has_cmid = true, .status = 2 };

	store_le32(request.cmid.bytes, cmid);
	guid_parse(WINDOWS_10, &request.product);
	entry.cmid = request.cmid;
	entry.key = cmid_index_key(&request);
	cmid_index_add(index, &(struct cmid_request){
		.entry = &entry, .name = request.name, .product = cmid_index_product_of(index, &request.product),
		.time = at(seconds), .line = 1, .likely = INDEX_NONE,
	});
}

static void rows_grow_with_pairs_not_with_requests(void **state UNUSED)
{
	CLEANUP(cmid_index_freep) struct cmid_index *index = cmid_index_new();
	char name[32];

	for (unsigned round = 0; round < 3; round++)
		for (unsigned i = 0; i < 5000; i++) {
			snprintf(name, sizeof(name), "pc%u", i);
			add(index, i % 2500, name, 1000 + round);
		}
	assert_int_equal(cmid_index_clients(index), 2500);
	assert_int_equal(cmid_index_uses(index), 5000);
	assert_int_equal(cmid_index_names(index), 5000);
	for (size_t i = 0; i < 2500; i++) {
		const struct cmid_client *client = cmid_index_client(index, i);
		const struct cmid_use use = cmid_index_use(index, client->uses);

		assert_int_equal(use.requests, 3);
		assert_int_not_equal(use.next, INDEX_NONE);
		assert_int_equal(cmid_index_use(index, use.next).next, INDEX_NONE);
	}
}

static void names_that_differ_in_case_are_one(void **state UNUSED)
{
	CLEANUP(cmid_index_freep) struct cmid_index *index = cmid_index_new();

	add(index, 1, "PC1.example.com", 10);
	add(index, 1, "pc1.EXAMPLE.com", 20);
	add(index, 1, "pc1.example.co", 20);
	assert_int_equal(cmid_index_uses(index), 2);
	assert_string_equal(cmid_index_name(index, 0), "PC1.example.com");
}

/* Names lie in pages, and the table of names grows several times. */
static void names_of_all_lengths_are_found_again(void **state UNUSED)
{
	CLEANUP(cmid_index_freep) struct cmid_index *index = cmid_index_new();
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 5000; i++) {
			strbuf_clear(&name);
			strbuf_addf(&name, "%u", i);
			strbuf_add_fill(&name, 'x', i * 7 % 1000);
			add(index, i, strbuf_text(&name), 1000);
			assert_string_equal(cmid_index_name(index, cmid_index_use(index, i).name), name.data);
		}
	assert_int_equal(cmid_index_names(index), 5000);
	assert_int_equal(cmid_index_uses(index), 5000);
}

static void first_and_last_do_not_depend_on_the_order(void **state UNUSED)
{
	CLEANUP(cmid_index_freep) struct cmid_index *index = cmid_index_new();

	add(index, 1, "pc1", 20);
	add(index, 1, "pc1", 30);
	add(index, 1, "pc1", 10);
	assert_int_equal(cmid_index_use(index, 0).first, at(10));
	assert_int_equal(cmid_index_use(index, 0).last, at(30));
	assert_int_equal(cmid_index_use(index, 0).last_good, at(30));
}

static void pair_takes_at_most_120_bytes(void **state UNUSED)
{
	enum { PAIRS = 1000000, FIRST = 128 << 10 }; /* what the first pair takes */
	CLEANUP(cmid_index_freep) struct cmid_index *index = cmid_index_new();
	char name[32];

	for (unsigned i = 0; i < PAIRS; i++) {
		snprintf(name, sizeof(name), "pc%u", i);
		add(index, i, name, 1000);
		if (i % 1000 == 0)
			assert_true(cmid_index_bytes(index) <= FIRST + 120UL * i);
	}
}

static void name_without_end_is_limited(void **state UNUSED)
{
	CLEANUP(cmid_index_freep) struct cmid_index *index = cmid_index_new();
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	strbuf_add_fill(&name, 'x', 100000);
	add(index, 1, name.data, 10);
	assert_true(strlen(cmid_index_name(index, 0)) <= 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_grow_with_pairs_not_with_requests),
		cmocka_unit_test(names_that_differ_in_case_are_one),
		cmocka_unit_test(names_of_all_lengths_are_found_again),
		cmocka_unit_test(first_and_last_do_not_depend_on_the_order),
		cmocka_unit_test(pair_takes_at_most_120_bytes),
		cmocka_unit_test(name_without_end_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
