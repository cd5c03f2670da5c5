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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_reads_no_more_than_what_is_wanted_of_it),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
