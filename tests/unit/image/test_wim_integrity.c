/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_integrity.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/image/wim_hash.h"
#include "tests/unit/cmocka_all.h"

#define CHUNK 4096u
#define COVERED (CHUNK * 1000u + 5)
#define END (WIM_HEADER_LEN + COVERED)

struct heard {
	unsigned calls;
	uint64_t bytes;
	unsigned stop_at; /* call */
};

static int hear(void *context, uint64_t bytes)
{
	struct heard *heard = context;

	heard->bytes += bytes;
	return ++heard->calls == heard->stop_at;
}

/* A table says how large the chunks are. */
static int build(FILE *file, const struct wim_integrity_steps *steps, struct strbuf *ret, struct err *err)
{
	uint8_t header[INTEGRITY_HEADER_LEN] = { 0 };
	struct strbuf old = STRBUF_INIT;
	int done;

	store_le32(header + INTEGRITY_CHUNK_SIZE, CHUNK);
	strbuf_add(&old, header, sizeof(header));
	done = wim_integrity_build_telling(fileno(file), &old, WIM_HEADER_LEN, END, steps, ret, err);
	strbuf_release(&old);
	return done;
}

static void who_waits_for_the_sums_hears_of_them_on_the_way(void **state UNUSED)
{
	FILE *file = tmpfile();
	struct strbuf table = STRBUF_INIT;
	struct heard heard = { 0 };
	const struct wim_integrity_steps steps = { .fn = hear, .context = &heard };
	uint8_t zeros[CHUNK] = { 0 }, sum[WIM_HASH_LEN];

	assert_int_equal(ftruncate(fileno(file), END), 0);
	assert_int_equal(build(file, &steps, &table, NULL), 0);
	assert_int_equal(heard.calls, 1001);
	assert_int_equal(heard.bytes, 1001 * CHUNK); /* the last one counts as a whole one */
	assert_int_equal(table.len, INTEGRITY_HEADER_LEN + 1001 * WIM_HASH_LEN);
	wim_sha1(zeros, sizeof(zeros), sum);
	for (size_t i = 0; i < 1000; i++)
		assert_memory_equal(table.data + INTEGRITY_HEADER_LEN + i * WIM_HASH_LEN, sum, sizeof(sum));
	wim_sha1(zeros, 5, sum);
	assert_memory_equal(table.data + table.len - sizeof(sum), sum, sizeof(sum));
	strbuf_release(&table);
	fclose(file);
}

static void who_hears_of_the_sums_can_stop_them(void **state UNUSED)
{
	FILE *file = tmpfile();
	struct strbuf table = STRBUF_INIT;
	struct heard heard = { .stop_at = 1 };
	const struct wim_integrity_steps steps = { .fn = hear, .context = &heard };
	struct err err = { 0 };

	assert_int_equal(ftruncate(fileno(file), END), 0);
	assert_int_equal(build(file, &steps, &table, &err), -1);
	assert_int_equal(err.kind, ERR_CANCELLED);
	strbuf_release(&table);
	fclose(file);
}

/* With more, other threads take some between two that the calling one takes. */
static int use_one_processor(void **state UNUSED)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)sched_getcpu(), &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_for_the_sums_hears_of_them_on_the_way),
		cmocka_unit_test(who_hears_of_the_sums_can_stop_them),
	};

	return cmocka_run_group_tests(tests, use_one_processor, NULL);
}
