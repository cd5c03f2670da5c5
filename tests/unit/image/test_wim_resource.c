/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_private.h"

#include "tests/unit/image/wim_case.h"

/* What this process has read so far, as the kernel counts it. */
static uint64_t bytes_read(void)
{
	FILE *file = fopen("/proc/self/io", "re");
	unsigned long long n = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "rchar: %llu", &n), 1);
	fclose(file);
	return n;
}

static int ignore_piece(void *context UNUSED, const void *data UNUSED, size_t len UNUSED)
{
	return 0;
}

static int compare_backwards(const void *a, const void *b)
{
	const struct wim_blob *x = a, *y = b;

	return (x->res.offset < y->res.offset) - (x->res.offset > y->res.offset);
}

static void a_reader_reads_no_more_than_what_is_wanted_of_it(void **state UNUSED)
{
	CLEANUP(image_file_closep) struct image_file *file = NULL;
	CLEANUP(freep) struct wim_blob *blobs = NULL;
	uint64_t stored = 0;
	uint64_t before;
	size_t n;

	assert_int_equal(run("mkdir seqs && for i in $(seq 60); do seq ${i}00000 ${i}16000 >seqs/$i; done && "
			     "wimlib-imagex capture seqs w.wim --compress=XPRESS"), 0);
	file = image_file_open("w.wim", NULL);
	assert_non_null(file);
	n = file->blobs.n;
	blobs = xmemdup(file->blobs.items, n * sizeof(*blobs));
	qsort(blobs, n, sizeof(*blobs), compare_backwards);
	before = bytes_read();
	for (size_t i = 0; i < n; i++) {
		assert_true(blobs[i].res.compressed);
		stored += blobs[i].res.stored;
		assert_int_equal(image_stream_blob(file->reader, &blobs[i], ignore_piece, NULL, NULL), 0);
	}
	assert_true(stored > 1u << 20);
	assert_true(bytes_read() - before < stored + stored / 4);
}

/* Otherwise a small file with many chunks takes minutes to be refused. */
static void a_broken_chunk_table_is_read_once(void **state UNUSED)
{
	CLEANUP(image_file_closep) struct image_file *file = NULL;
	const struct wim_resource *res;
	const uint8_t *chunk;
	uint64_t before;
	size_t len;

	assert_int_equal(run("mkdir long && seq 300000 >long/a && "
			     "wimlib-imagex capture long t.wim --solid --solid-compress=LZX:20 --solid-chunk-size=32K"), 0);
	file = image_file_open("t.wim", NULL);
	assert_non_null(file);
	assert_int_equal(file->blobs.n, 1);
	res = &file->blobs.items[0].res;
	assert_true(res->solid);
	assert_int_equal(run("dd if=/dev/zero of=t.wim bs=1 count=64 seek=%ju conv=notrunc",
			     (uintmax_t)res->offset + 16), 0);
	before = bytes_read();
	for (uint64_t i = 0; i < 50; i++) {
		struct err err = { 0 };

		assert_int_equal(wim_reader_chunk(file->reader, res, i, &chunk, &len, &err), -1);
		assert_int_equal(err.kind, ERR_FORMAT);
	}
	assert_true(bytes_read() - before < 2 * 4 * (res->size / res->chunk_size + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_reads_no_more_than_what_is_wanted_of_it),
		cmocka_unit_test(a_broken_chunk_table_is_read_once),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
