/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/solid_cache.h"

#include <fcntl.h>
#include <pthread.h>

#include "tests/unit/image/wim_case.h"

#define CHUNK (128u << 10)
#define FILES 12
#define FILE_LEN 100000u /* most lie in two chunks */

static const struct wim_blob *blobs[FILES];
static uint8_t contents[FILES][FILE_LEN];
static struct image_file *file;

static const struct wim_blob *find_blob(const void *data, size_t len)
{
	uint8_t hash[20];

	wim_sha1(data, len, hash);
	return wim_blobs_find(&file->blobs, hash);
}

static int make_solid(void **state)
{
	if (enter_folder(state) < 0)
		return -1;
	for (unsigned i = 0; i < FILES; i++) {
		char name[16];

		noise(contents[i], FILE_LEN, i + 1);
		memset(contents[i], (int)i, FILE_LEN / 2);
		snprintf(name, sizeof(name), "src/s%02u", i);
		write_file(name, contents[i], FILE_LEN);
	}
	capture("solid.wim", "--solid --solid-chunk-size=128K");
	return 0;
}

static int open_solid(void **state UNUSED)
{
	file = image_file_open("solid.wim", NULL);
	if (!file)
		return -1;
	for (unsigned i = 0; i < FILES; i++) {
		blobs[i] = find_blob(contents[i], FILE_LEN);
		assert_true(blobs[i] && blobs[i]->res.solid);
		assert_int_equal(blobs[i]->res.chunk_size, CHUNK);
	}
	return 0;
}

static int close_solid(void **state UNUSED)
{
	image_file_closep(&file);
	return 0;
}

static int read_blob(struct solid_cache *cache, unsigned i, struct err *err)
{
	static __thread uint8_t got[FILE_LEN];

	if (solid_cache_read(cache, &blobs[i]->res, blobs[i]->at, FILE_LEN, got, err) < 0)
		return -1;
	assert_memory_equal(got, contents[i], FILE_LEN);
	return 0;
}

static void contents_are_right_whatever_is_kept(void **state UNUSED)
{
	static const uint64_t limits[] = { 0, CHUNK, 3 * CHUNK, 1u << 30 };
	static const char *const folders[] = { ".", "no-such-folder" };

	for (size_t k = 0; k < ARRAY_SIZE(limits) * 2; k++) {
		CLEANUP(solid_cache_freep) struct solid_cache *cache = solid_cache_new(file, folders[k % 2], limits[k / 2]);

		for (unsigned i = 0; i < FILES * 5; i++)
			assert_int_equal(read_blob(cache, i * 7 % FILES, NULL), 0);
	}
}

static void nothing_is_left_in_the_folder(void **state UNUSED)
{
	CLEANUP(solid_cache_freep) struct solid_cache *cache = NULL;

	assert_int_equal(run("mkdir scratch"), 0);
	cache = solid_cache_new(file, "scratch", CHUNK);
	assert_int_equal(read_blob(cache, 0, NULL), 0);
	assert_int_equal(run("rmdir scratch"), 0);
}

/* The stored bytes of all chunks; the header and the table of sizes before them stay. */
static void destroy_chunks(void)
{
	uint64_t n = (blobs[0]->res.size + CHUNK - 1) / CHUNK;
	uint64_t head = 16 + n * 4;
	uint8_t junk[4096];
	int fd = open("solid.wim", O_WRONLY);

	noise(junk, sizeof(junk), 99);
	for (uint64_t at = head; at < blobs[0]->res.stored; at += sizeof(junk))
		assert_int_equal(file_pwrite(fd, junk, (size_t)MIN((uint64_t)sizeof(junk), blobs[0]->res.stored - at),
					     blobs[0]->res.offset + at, NULL), 0);
	close(fd);
}

static void chunks_are_decoded_once_and_kept_up_to_the_limit(void **state UNUSED)
{
	CLEANUP(solid_cache_freep) struct solid_cache *all = solid_cache_new(file, ".", 1u << 30);
	CLEANUP(solid_cache_freep) struct solid_cache *one = solid_cache_new(file, ".", CHUNK);
	unsigned lost = 0;

	assert_int_equal(run("cp solid.wim before.wim"), 0);
	for (unsigned i = 0; i < FILES; i++) {
		assert_int_equal(read_blob(all, i, NULL), 0);
		assert_int_equal(read_blob(one, i, NULL), 0);
	}
	destroy_chunks();
	for (unsigned i = 0; i < FILES; i++) {
		assert_int_equal(read_blob(all, i, NULL), 0);
		lost += solid_cache_read(one, &blobs[i]->res, blobs[i]->at, FILE_LEN, (uint8_t[FILE_LEN]){ 0 }, NULL) < 0;
	}
	assert_true(lost >= FILES - 2);
	assert_int_equal(run("mv before.wim solid.wim"), 0);
}

static void what_lies_outside_is_refused(void **state UNUSED)
{
	CLEANUP(solid_cache_freep) struct solid_cache *cache = solid_cache_new(file, ".", CHUNK);
	const struct wim_resource *res = &blobs[0]->res;
	uint8_t byte;
	struct err err = { 0 };

	assert_int_equal(solid_cache_read(cache, res, res->size, 1, &byte, &err), -1);
	assert_int_equal(err.kind, ERR_FORMAT);
	assert_int_equal(solid_cache_read(cache, res, UINT64_MAX, 1, &byte, NULL), -1);
	assert_int_equal(solid_cache_read(cache, res, 1, SIZE_MAX, &byte, NULL), -1);
	assert_int_equal(solid_cache_read(cache, res, res->size, 0, &byte, NULL), 0);
	assert_int_equal(solid_cache_read(cache, res, res->size - 1, 1, &byte, NULL), 0);
}

static void *read_many(void *context)
{
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(read_blob(context, i * 5 % FILES, NULL), 0);
	return NULL;
}

static void any_number_of_threads_may_read(void **state UNUSED)
{
	CLEANUP(solid_cache_freep) struct solid_cache *cache = solid_cache_new(file, ".", 2 * CHUNK);
	pthread_t threads[8];

	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_many, cache), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(contents_are_right_whatever_is_kept, open_solid, close_solid),
		cmocka_unit_test_setup_teardown(nothing_is_left_in_the_folder, open_solid, close_solid),
		cmocka_unit_test_setup_teardown(chunks_are_decoded_once_and_kept_up_to_the_limit, open_solid, close_solid),
		cmocka_unit_test_setup_teardown(what_lies_outside_is_refused, open_solid, close_solid),
		cmocka_unit_test_setup_teardown(any_number_of_threads_may_read, open_solid, close_solid),
	};

	return cmocka_run_group_tests(tests, make_solid, leave_folder);
}
