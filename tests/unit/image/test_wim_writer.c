/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/file.h"
#include "common/image/wim_writer.h"
#include "tests/support/rng.h"

#define CHUNK 32768u
#define N 60

struct made {
	struct bytes data[N];
	struct wim_reshdr at[N];
	char *file;
	size_t len;
};

/* Text that compresses, noise, zeros, and mixtures whose gain is about the length of the chunk table. */
static struct bytes make_data(struct rng *rng, size_t i)
{
	static const size_t sizes[] = { 1, 2, 100, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 77, 900000 };
	size_t len = sizes[i % ARRAY_SIZE(sizes)];
	uint8_t *data = xmalloc(len);

	for (size_t k = 0; k < len; k++)
		data[k] = i % 3 == 0 ? (uint8_t)"wimtool "[k % 8] : (uint8_t)rng_next(rng);
	/* a little of the last chunk compresses: less than the table costs, or a bit more */
	if (i % 3 == 2)
		memset(data + len - MIN(len / 2, i % 64), 'x', MIN(len / 2, i % 64));
	/* in some, the last byte is another one */
	if (i % 5 == 4)
		memset(data, 0, len - i % 2);
	return bytes_of(data, len);
}

static void make(struct made *made, enum wim_compression type, unsigned threads)
{
	const struct wim_packing packing = { .compression = type, .chunk_size = CHUNK, .level = 20, .threads = threads };
	FILE *file = tmpfile();
	int fd = fileno(file);
	struct wim_writer *writer = wim_writer_new_packing(fd, 1000, &packing, NULL);
	struct rng rng = rng_of(7, "chunks");

	assert_non_null(writer);
	for (size_t i = 0; i < N; i++) {
		struct wim_source source;

		made->data[i] = make_data(&rng, i);
		source = wim_source_of(&made->data[i]);
		assert_int_equal(wim_writer_queue(writer, &source, 0, &made->at[i], NULL), 0);
	}
	assert_int_equal(wim_writer_flush(writer, NULL), 0);
	made->len = wim_writer_at(writer) - 1000;
	made->file = xmalloc(made->len);
	assert_int_equal(file_pread(fd, made->file, made->len, 1000, NULL), 0);
	wim_writer_freep(&writer);
	fclose(file);
}

static void release(struct made *made)
{
	for (size_t i = 0; i < N; i++)
		free((void *)(uintptr_t)made->data[i].data);
	free(made->file);
}

struct wanted {
	struct bytes data;
	size_t at;
};

static int compare_piece(void *context, const void *data, size_t len)
{
	struct wanted *wanted = context;

	assert_true(bytes_equal(wanted->data, wanted->at, data, len));
	wanted->at += len;
	return 0;
}

static void assert_reads_back(const struct made *made, enum wim_compression type)
{
	FILE *file = tmpfile();
	struct wim_reader *reader = wim_reader_new(fileno(file));

	assert_int_equal(file_pwrite(fileno(file), made->file, made->len, 1000, NULL), 0);
	for (size_t i = 0; i < N; i++) {
		const struct wim_reshdr *at = &made->at[i];
		struct wanted wanted = { .data = made->data[i] };
		struct wim_resource res = { .offset = at->offset, .stored = at->stored, .size = at->size,
					    .chunk_size = CHUNK, .compression = type,
					    .compressed = at->flags & WIM_RES_COMPRESSED };

		assert_true(at->stored <= at->size);
		assert_int_equal((bool)(at->flags & WIM_RES_COMPRESSED), at->stored < at->size);
		assert_int_equal(wim_reader_stream(reader, &res, 0, res.size, compare_piece, &wanted, NULL), 0);
		assert_int_equal(wanted.at, made->data[i].len);
	}
	wim_reader_freep(&reader);
	fclose(file);
}

static void what_is_written_reads_back(void **state UNUSED)
{
	for (int type = WIM_NONE; type <= WIM_LZMS; type++) {
		struct made made;

		make(&made, (enum wim_compression)type, 3);
		assert_reads_back(&made, (enum wim_compression)type);
		release(&made);
	}
}

static void any_number_of_threads_writes_the_same_bytes(void **state UNUSED)
{
	struct made one;

	make(&one, WIM_LZX, 1);
	for (unsigned threads = 2; threads < 20; threads += 5) {
		struct made other;

		make(&other, WIM_LZX, threads);
		assert_int_equal(other.len, one.len);
		assert_memory_equal(other.file, one.file, one.len);
		release(&other);
	}
	release(&one);
}

static int feed_short(void *context, wim_data_fn sink, void *sink_context, struct err *err UNUSED)
{
	return sink(sink_context, context, CHUNK * 3);
}

static void a_source_of_another_length_is_an_error(void **state UNUSED)
{
	CLEANUP(freep) uint8_t *data = xcalloc(1, (size_t)CHUNK * 3);
	const struct wim_packing packing = { .compression = WIM_XPRESS, .chunk_size = CHUNK, .threads = 2 };

	for (int more = -1; more <= 1; more += 2) {
		FILE *file = tmpfile();
		struct wim_writer *writer = wim_writer_new_packing(fileno(file), 0, &packing, NULL);
		struct wim_source source = { .size = (uint64_t)((int)(CHUNK * 3) + more), .context = data,
					     .feed = feed_short };
		struct wim_reshdr at;
		struct err err = { 0 };

		assert_int_equal(wim_writer_put(writer, &source, 0, &at, &err), -1);
		assert_int_equal(err.kind, ERR_BUSY);
		wim_writer_freep(&writer);
		fclose(file);
	}
}

static void a_full_disk_is_an_error(void **state UNUSED)
{
	CLEANUP(freep) uint8_t *data = xcalloc(1, (size_t)CHUNK * 40);
	const struct wim_packing packing = { .compression = WIM_XPRESS, .chunk_size = CHUNK, .threads = 2 };
	FILE *file = fopen("/dev/full", "r+");
	struct bytes bytes = bytes_of(data, (size_t)CHUNK * 40);
	struct wim_source source = wim_source_of(&bytes);
	struct wim_writer *writer;
	struct wim_reshdr at;
	struct err err = { 0 };

	if (!file)
		skip();
	writer = wim_writer_new_packing(fileno(file), 0, &packing, NULL);
	assert_int_equal(wim_writer_put(writer, &source, 0, &at, &err), -1);
	assert_int_equal(err.kind, ERR_NO_SPACE);
	wim_writer_freep(&writer);
	fclose(file);
}

static void a_copy_keeps_its_place_in_the_order(void **state UNUSED)
{
	const struct wim_packing packing = { .compression = WIM_XPRESS, .chunk_size = CHUNK, .threads = 2 };
	FILE *from = tmpfile(), *to = tmpfile();
	struct wim_writer *writer = wim_writer_new_packing(fileno(to), 0, &packing, NULL);
	CLEANUP(freep) uint8_t *data = xcalloc(1, (size_t)CHUNK * 9);
	struct bytes bytes = bytes_of(data, (size_t)CHUNK * 9);
	struct wim_source source = wim_source_of(&bytes);
	struct wim_reshdr stored = { .offset = 3, .stored = 5, .size = 70000, .flags = WIM_RES_COMPRESSED };
	struct wim_reshdr at[3];
	char found[5];

	assert_int_equal(file_pwrite(fileno(from), "123hello", 8, 0, NULL), 0);
	assert_int_equal(wim_writer_queue(writer, &source, 0, &at[0], NULL), 0);
	assert_int_equal(wim_writer_queue_copy(writer, fileno(from), &stored, NULL, &at[1], NULL), 0);
	assert_int_equal(wim_writer_queue(writer, &source, WIM_RES_METADATA, &at[2], NULL), 0);
	assert_int_equal(wim_writer_flush(writer, NULL), 0);
	assert_int_equal(at[1].offset, at[0].stored);
	assert_int_equal(at[1].size, 70000);
	assert_int_equal(at[1].flags, WIM_RES_COMPRESSED);
	assert_int_equal(at[2].offset, at[1].offset + 5);
	assert_int_equal(at[2].flags, WIM_RES_COMPRESSED | WIM_RES_METADATA);
	assert_int_equal(file_pread(fileno(to), found, 5, at[1].offset, NULL), 0);
	assert_memory_equal(found, "hello", 5);
	wim_writer_freep(&writer);
	fclose(from);
	fclose(to);
}

static unsigned n_writes;

static void count_write(const char *step)
{
	n_writes += strcmp(step, "write") == 0;
}

/* Two that are neighbours there, and one that is not. */
static void copies_of_neighbours_are_one_write(void **state UNUSED)
{
	static const struct wim_packing packing = { .compression = WIM_XPRESS, .chunk_size = CHUNK, .threads = 1 };
	FILE *from = tmpfile(), *to = tmpfile();
	struct wim_writer *writer = wim_writer_new_packing(fileno(to), 2, &packing, NULL);
	const struct wim_reshdr stored[] = { { .offset = 1, .stored = 2 }, { .offset = 3, .stored = 4 }, { .offset = 8, .stored = 1 } };
	struct wim_reshdr at[ARRAY_SIZE(stored)];
	char found[9] = "##";

	assert_int_equal(file_pwrite(fileno(from), "0abcdef7h", 9, 0, NULL), 0);
	wim_write_hook = count_write;
	for (size_t i = 0; i < ARRAY_SIZE(stored); i++)
		assert_int_equal(wim_writer_queue_copy(writer, fileno(from), &stored[i], NULL, &at[i], NULL), 0);
	assert_int_equal(wim_writer_flush(writer, NULL), 0);
	wim_write_hook = NULL;
	assert_int_equal(n_writes, 2);
	assert_int_equal(at[0].offset, 2);
	assert_int_equal(at[1].offset, 4);
	assert_int_equal(at[2].offset, 8);
	assert_int_equal(wim_writer_at(writer), 9);
	assert_int_equal(file_pread(fileno(to), found + 2, 7, 2, NULL), 0);
	assert_memory_equal(found, "##abcdefh", 9);
	wim_writer_freep(&writer);
	fclose(from);
	fclose(to);
}

/* Who waits for gigabytes sees them go by. */
static void much_that_is_copied_is_written_on_the_way(void **state UNUSED)
{
	static const struct wim_packing packing = { .compression = WIM_XPRESS, .chunk_size = CHUNK, .threads = 1 };
	const uint64_t large = 64u << 20;
	const struct wim_reshdr stored[] = { { .offset = 0, .stored = large }, { .offset = large, .stored = 1 } };
	FILE *from = tmpfile(), *to = tmpfile();
	struct wim_writer *writer = wim_writer_new_packing(fileno(to), 0, &packing, NULL);
	struct wim_reshdr at[ARRAY_SIZE(stored)];

	assert_int_equal(ftruncate(fileno(from), (off_t)large + 1), 0);
	n_writes = 0;
	wim_write_hook = count_write;
	for (size_t i = 0; i < ARRAY_SIZE(stored); i++)
		assert_int_equal(wim_writer_queue_copy(writer, fileno(from), &stored[i], NULL, &at[i], NULL), 0);
	assert_int_equal(n_writes, 1);
	assert_int_equal(wim_writer_flush(writer, NULL), 0);
	assert_int_equal(n_writes, 2);
	wim_write_hook = NULL;
	wim_writer_freep(&writer);
	fclose(from);
	fclose(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(any_number_of_threads_writes_the_same_bytes),
		cmocka_unit_test(a_source_of_another_length_is_an_error),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(a_copy_keeps_its_place_in_the_order),
		cmocka_unit_test(copies_of_neighbours_are_one_write),
		cmocka_unit_test(much_that_is_copied_is_written_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
