/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/solid_ahead.h"

#include <fcntl.h>

#include "common/image/image_private.h"
#include "tests/unit/image/wim_case.h"

#define CHUNK (64u << 10)
#define FILES 24
#define FILE_LEN 50000u /* most lie in two chunks */
#define BROKEN_CHUNK 7

static const struct wim_blob *blobs[FILES]; /* in the order of their places */
static const uint8_t *contents_of[FILES];
static uint8_t contents[FILES][FILE_LEN];
static struct image_file *file;
static const struct wim_resource *solid;
static uint64_t n_chunks;

static int make_solid(void **state)
{
	if (enter_folder(state) < 0 || run("rm -r src/*") != 0)
		return -1;
	for (unsigned i = 0; i < FILES; i++) {
		char name[16];

		noise(contents[i], FILE_LEN, i + 1);
		memset(contents[i], (int)i, FILE_LEN / 2);
		snprintf(name, sizeof(name), "src/s%02u", i);
		write_file(name, contents[i], FILE_LEN);
	}
	capture("solid.wim", "--solid --solid-chunk-size=64K");
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct wim_blob *x = *(const struct wim_blob *const *)a, *y = *(const struct wim_blob *const *)b;

	return (x->at > y->at) - (x->at < y->at);
}

static const uint8_t *contents_with(const uint8_t hash[20])
{
	uint8_t sum[20];

	for (unsigned i = 0; i < FILES; i++) {
		wim_sha1(contents[i], FILE_LEN, sum);
		if (memcmp(sum, hash, sizeof(sum)) == 0)
			return contents[i];
	}
	fail();
	return NULL;
}

static int open_solid(void **state UNUSED)
{
	file = open_wim("solid.wim");
	assert_int_equal(file->blobs.n, FILES);
	for (unsigned i = 0; i < FILES; i++)
		blobs[i] = &file->blobs.items[i];
	qsort(blobs, FILES, sizeof(*blobs), by_place);
	for (unsigned i = 0; i < FILES; i++)
		contents_of[i] = contents_with(blobs[i]->hash);
	solid = &blobs[0]->res;
	assert_int_equal(solid->chunk_size, CHUNK);
	n_chunks = (solid->size + CHUNK - 1) / CHUNK;
	assert_true(n_chunks > 2 * BROKEN_CHUNK);
	return 0;
}

static int close_solid(void **state UNUSED)
{
	image_file_closep(&file);
	return 0;
}

static void expect(struct solid_ahead *ahead, unsigned i)
{
	solid_ahead_expect(ahead, file->fd, &blobs[i]->res, blobs[i]->at, blobs[i]->size);
}

static const uint8_t *ask(struct solid_ahead *ahead, uint64_t chunk)
{
	return solid_ahead_chunk(ahead, file->fd, solid, chunk);
}

/* What chunk has of each blob. */
static void assert_chunk(const uint8_t *data, uint64_t chunk)
{
	assert_non_null(data);
	for (unsigned i = 0; i < FILES; i++) {
		uint64_t from = MAX(blobs[i]->at, chunk * CHUNK);
		uint64_t to = MIN(blobs[i]->at + FILE_LEN, (chunk + 1) * CHUNK);

		if (from < to)
			assert_memory_equal(data + (from - chunk * CHUNK), contents_of[i] + (from - blobs[i]->at), to - from);
	}
}

static void assert_blob(struct solid_ahead *ahead, unsigned i)
{
	for (uint64_t chunk = blobs[i]->at / CHUNK; chunk * CHUNK < blobs[i]->at + FILE_LEN; chunk++)
		assert_chunk(ask(ahead, chunk), chunk);
}

static void chunks_come_in_the_order_that_was_told(void **state UNUSED)
{
	static const unsigned processors[] = { 2, 3, 100 };

	for (size_t k = 0; k < ARRAY_SIZE(processors); k++) {
		CLEANUP(solid_ahead_freep) struct solid_ahead *ahead = solid_ahead_new(processors[k]);

		for (unsigned i = 0; i < FILES; i++)
			expect(ahead, i);
		for (unsigned i = 0; i < FILES; i++)
			assert_blob(ahead, i);
		assert_null(ask(ahead, 0));
	}
}

static void any_order_will_do(void **state UNUSED)
{
	CLEANUP(solid_ahead_freep) struct solid_ahead *ahead = solid_ahead_new(2);

	for (unsigned i = 0; i < 3 * FILES; i++)
		expect(ahead, i * 7 % FILES);
	for (unsigned i = 0; i < 3 * FILES; i++)
		assert_blob(ahead, i * 7 % FILES);
}

static void what_was_not_expected_does_not_come_and_disturbs_nothing(void **state UNUSED)
{
	CLEANUP(solid_ahead_freep) struct solid_ahead *ahead = solid_ahead_new(2);

	expect(ahead, 0);
	expect(ahead, FILES - 1);
	assert_null(ask(ahead, n_chunks / 2));
	assert_blob(ahead, 0);
	assert_null(ask(ahead, n_chunks / 2));
	assert_null(solid_ahead_chunk(ahead, file->fd + 1, solid, (n_chunks - 1)));
	assert_blob(ahead, FILES - 1);
}

static void one_processor_has_nothing_to_do_ahead(void **state UNUSED)
{
	CLEANUP(solid_ahead_freep) struct solid_ahead *ahead = solid_ahead_new(1);

	expect(ahead, 0);
	assert_null(ask(ahead, 0));
}

static void what_lies_outside_of_its_resource_is_not_expected(void **state UNUSED)
{
	CLEANUP(solid_ahead_freep) struct solid_ahead *ahead = solid_ahead_new(2);

	solid_ahead_expect(ahead, file->fd, solid, solid->size, 1);
	solid_ahead_expect(ahead, file->fd, solid, UINT64_MAX, 1);
	solid_ahead_expect(ahead, file->fd, solid, 1, UINT64_MAX);
	solid_ahead_expect(ahead, file->fd, solid, 0, 0);
	assert_null(ask(ahead, 0));
}

static void it_can_be_given_up_at_any_chunk(void **state UNUSED)
{
	for (uint64_t end = 0; end < n_chunks; end++) {
		CLEANUP(solid_ahead_freep) struct solid_ahead *ahead = solid_ahead_new(2);

		for (unsigned i = 0; i < FILES; i++)
			expect(ahead, i);
		for (uint64_t chunk = 0; chunk < end; chunk++)
			assert_chunk(ask(ahead, chunk), chunk);
	}
}

/* Where the packed form of a chunk begins; of those before, sizes are in the table behind the header of the resource. */
static uint64_t place_of(uint64_t chunk)
{
	uint64_t place = solid->offset + 16 + n_chunks * 4;
	uint8_t size[4];

	for (uint64_t i = 0; i < chunk; i++) {
		assert_int_equal(file_pread(file->fd, size, sizeof(size), solid->offset + 16 + i * 4, NULL), 0);
		place += load_le32(size);
	}
	return place;
}

static void a_damaged_chunk_is_left_to_its_reader(void **state UNUSED)
{
	CLEANUP(solid_ahead_freep) struct solid_ahead *ahead = solid_ahead_new(2);
	CLEANUP(wim_reader_freep) struct wim_reader *reader = image_reader_new(file);
	CLEANUP(close_fdp) int fd = open("solid.wim", O_WRONLY);
	static const uint8_t junk[64] = { 0 };
	const uint8_t *data;
	size_t len;
	struct err err = { 0 };

	assert_int_equal(file_pwrite(fd, junk, sizeof(junk), place_of(BROKEN_CHUNK), NULL), 0);
	for (unsigned i = 0; i < FILES; i++)
		expect(ahead, i);
	wim_reader_set_decoded(reader, solid_ahead_chunk, ahead);
	for (uint64_t chunk = 0; chunk < n_chunks; chunk++) {
		int done = wim_reader_chunk(reader, solid, chunk, &data, &len, &err);

		assert_int_equal(done, chunk == BROKEN_CHUNK ? -1 : 0);
		if (done == 0)
			assert_chunk(data, chunk);
	}
	assert_int_equal(err.kind, ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(chunks_come_in_the_order_that_was_told, open_solid, close_solid),
		cmocka_unit_test_setup_teardown(any_order_will_do, open_solid, close_solid),
		cmocka_unit_test_setup_teardown(what_was_not_expected_does_not_come_and_disturbs_nothing, open_solid,
						close_solid),
		cmocka_unit_test_setup_teardown(one_processor_has_nothing_to_do_ahead, open_solid, close_solid),
		cmocka_unit_test_setup_teardown(what_lies_outside_of_its_resource_is_not_expected, open_solid, close_solid),
		cmocka_unit_test_setup_teardown(it_can_be_given_up_at_any_chunk, open_solid, close_solid),
		cmocka_unit_test_setup_teardown(a_damaged_chunk_is_left_to_its_reader, open_solid, close_solid),
	};

	return cmocka_run_group_tests(tests, make_solid, leave_folder);
}
