/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dirty hives and their logs, both formats, written here from the format description. */
#include "tests/unit/sysprep-lite/regf_build.h"

enum { PAGE = 4096, SECTOR = 512 };

/* ---- writing logs ---- */

static uint32_t rotl(uint32_t x, int by)
{
	return x << by | x >> (32 - by);
}

/* Marvin32 of whole words; the seed is 82 EF 4D 88 7A 4E 55 C5. */
static void marvin(const uint8_t *data, size_t len, uint8_t *ret)
{
	uint32_t low = 0x7a4e55c5, high = 0x82ef4d88;

	for (size_t at = 0; at <= len + 4; at += 4) {
		low += at < len ? load_le32(data + at) : at == len ? 0x80 : 0;
		high ^= low;
		low = rotl(low, 20) + high;
		high = rotl(high, 9) ^ low;
		low = rotl(low, 27) + high;
		high = rotl(high, 19);
	}
	store_le32(ret, low);
	store_le32(ret + 4, high);
}

static void log_begin(const struct strbuf *hive, uint32_t type, uint32_t sequence, struct strbuf *ret)
{
	strbuf_clear(ret);
	strbuf_add(ret, hive->data, SECTOR);
	build_put32(ret, 4, sequence);
	build_put32(ret, 8, sequence);
	build_put32(ret, 28, type);
}

/* One entry with every page in which the two hives differ; pages behind the end of before count as zeros. */
static void log_entry(const struct strbuf *before, const struct strbuf *after, uint32_t sequence, struct strbuf *log)
{
	CLEANUP(strbuf_release) struct strbuf refs = STRBUF_INIT, pages = STRBUF_INIT;
	static const uint8_t zeros[PAGE];
	uint8_t *entry, ref[8];
	size_t at = log->len, size;

	for (size_t page = PAGE; page < after->len; page += PAGE) {
		if (memcmp(page < before->len ? before->data + page : (const char *)zeros, after->data + page, PAGE) ==
		    0)
			continue;
		store_le32(ref, (uint32_t)(page - PAGE));
		store_le32(ref + 4, PAGE);
		strbuf_add(&refs, ref, sizeof(ref));
		strbuf_add(&pages, after->data + page, PAGE);
	}
	size = round_up(40 + refs.len + pages.len, SECTOR);
	strbuf_add_fill(log, '\0', size);
	entry = (uint8_t *)log->data + at;
	memcpy(entry, "HvLE", 4);
	store_le32(entry + 4, (uint32_t)size);
	store_le32(entry + 12, sequence);
	store_le32(entry + 16, (uint32_t)after->len - PAGE);
	store_le32(entry + 20, (uint32_t)refs.len / 8);
	memcpy(entry + 40, refs.data, refs.len);
	memcpy(entry + 40 + refs.len, pages.data, pages.len);
	marvin(entry + 40, size - 40, entry + 24);
	marvin(entry, 32, entry + 32);
}

static void old_log(const struct strbuf *before, const struct strbuf *after, uint32_t sequence, struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf pages = STRBUF_INIT;
	size_t n = (after->len - PAGE) / PAGE, bitmap;

	log_begin(after, 1, sequence, ret);
	memcpy(ret->data + 12, before->data + 12, 8); /* the time of the write under way */
	build_checksum(ret);
	strbuf_adds(ret, "DIRT");
	bitmap = ret->len;
	strbuf_add_fill(ret, '\0', round_up(bitmap + n, SECTOR) - bitmap);
	for (size_t i = 0; i < n; i++) {
		size_t page = PAGE + i * PAGE;

		if (page < before->len && memcmp(before->data + page, after->data + page, PAGE) == 0)
			continue;
		ret->data[bitmap + i] = (char)0xff;
		strbuf_add(&pages, after->data + page, PAGE);
	}
	strbuf_add(ret, pages.data, pages.len);
}

/* ---- three states of a hive, one after the other ---- */

struct story {
	struct strbuf before, middle, after;
	struct strbuf dirty; /* before, with a write begun */
	uint32_t sequence;   /* of that write */
};

static void edit(const struct strbuf *from, const char *name, size_t len, struct strbuf *ret)
{
	struct regf *hive = build_open(build_view(from), NULL);
	CLEANUP(freep) uint8_t *data = xmalloc(len);
	struct err err = { 0 };

	memset(data, 'x', len);
	assert_true(regf_add_key(hive, regf_root(hive), name, &err));
	assert_int_equal(regf_set_value(hive, regf_root(hive), name, REGF_BINARY, data, len, &err), 0);
	build_finish(&hive, ret);
}

static void story_init(struct story *story)
{
	*story = (struct story){ 0 };
	build_empty(5, &story->before);
	edit(&story->before, "first", 100, &story->middle);
	edit(&story->middle, "second", 30000, &story->after); /* needs more bins */
	assert_true(story->after.len > story->before.len);
	story->sequence = load_le32((uint8_t *)story->before.data + 8) + 1;
	strbuf_add(&story->dirty, story->before.data, story->before.len);
	build_put32(&story->dirty, 4, story->sequence);
}

static void story_release(struct story *story)
{
	strbuf_release(&story->before);
	strbuf_release(&story->middle);
	strbuf_release(&story->after);
	strbuf_release(&story->dirty);
}

/* Recovered: the bins are those of the state, the base block is clean. */
static void assert_recovered(const struct strbuf *file, const struct regf_logs *logs, const struct strbuf *expect,
			     uint32_t sequence, unsigned entries)
{
	struct regf *hive = build_open(build_view(file), logs);
	struct bytes out = regf_finish(hive);
	struct regf_info info;
	struct regf *again;

	regf_get_info(hive, &info);
	assert_true(info.was_dirty);
	assert_int_equal(info.replayed_entries, entries);
	assert_int_equal(info.sequence1, sequence);
	assert_int_equal(out.len, expect->len);
	assert_memory_equal(out.data + PAGE, expect->data + PAGE, out.len - PAGE);
	assert_int_equal(load_le32(out.data + 4), sequence);
	assert_int_equal(load_le32(out.data + 8), sequence);
	assert_int_equal(load_le32(out.data + 28), 0);
	again = build_open(out, NULL);
	regf_get_info(again, &info);
	assert_false(info.was_dirty);
	regf_freep(&again);
	regf_freep(&hive);
}

static void entries_of_one_log_are_applied_in_order(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT;
	CLEANUP(story_release) struct story s;

	story_init(&s);
	log_begin(&s.before, 6, s.sequence, &log);
	log_entry(&s.before, &s.middle, s.sequence, &log);
	log_entry(&s.middle, &s.after, s.sequence + 1, &log);
	assert_recovered(&s.dirty, &(struct regf_logs){ .log1 = build_view(&log) }, &s.after, s.sequence + 1, 2);
	assert_recovered(&s.dirty, &(struct regf_logs){ .log = build_view(&log) }, &s.after, s.sequence + 1, 2);
}

static void the_second_log_goes_on_where_the_first_ends(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
	CLEANUP(story_release) struct story s;

	story_init(&s);
	log_begin(&s.before, 6, s.sequence, &first);
	log_entry(&s.before, &s.middle, s.sequence, &first);
	log_begin(&s.before, 6, s.sequence + 1, &second);
	log_entry(&s.middle, &s.after, s.sequence + 1, &second);
	assert_recovered(&s.dirty, &(struct regf_logs){ .log1 = build_view(&first), .log2 = build_view(&second) },
			 &s.after, s.sequence + 1, 2);
	assert_recovered(&s.dirty, &(struct regf_logs){ .log1 = build_view(&second), .log2 = build_view(&first) },
			 &s.after, s.sequence + 1, 2);
}

static void a_second_log_with_a_gap_before_it_is_left_out(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
	CLEANUP(story_release) struct story s;

	story_init(&s);
	log_begin(&s.before, 6, s.sequence, &first);
	log_entry(&s.before, &s.middle, s.sequence, &first);
	log_begin(&s.before, 6, s.sequence + 2, &second);
	log_entry(&s.middle, &s.after, s.sequence + 2, &second);
	assert_recovered(&s.dirty, &(struct regf_logs){ .log1 = build_view(&first), .log2 = build_view(&second) },
			 &s.middle, s.sequence, 1);
}

static void replay_ends_before_an_entry_with_a_wrong_hash(void **state UNUSED)
{
	CLEANUP(story_release) struct story s;
	static const size_t broken[] = { 24, 32, 40, 600 }; /* first hash, second hash, reference, page */

	story_init(&s);
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT;
		struct regf_logs logs;
		size_t second;

		log_begin(&s.before, 6, s.sequence, &log);
		log_entry(&s.before, &s.middle, s.sequence, &log);
		second = log.len;
		log_entry(&s.middle, &s.after, s.sequence + 1, &log);
		log.data[second + broken[i]] ^= 1;
		logs = (struct regf_logs){ .log1 = build_view(&log) };
		assert_recovered(&s.dirty, &logs, &s.middle, s.sequence, 1);
		log.data[SECTOR + broken[i]] ^= 1;
		assert_refused(build_view(&s.dirty), &logs, ERR_REFUSED);
	}
}

static void an_old_log_is_applied(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT;
	CLEANUP(story_release) struct story s;

	story_init(&s);
	old_log(&s.before, &s.after, s.sequence, &log);
	assert_recovered(&s.dirty, &(struct regf_logs){ .log = build_view(&log) }, &s.after, s.sequence, 1);
	log.len -= PAGE;
	assert_refused(build_view(&s.dirty), &((struct regf_logs){ .log = build_view(&log) }), ERR_REFUSED);
}

static void an_old_log_of_another_write_is_refused(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT;
	CLEANUP(story_release) struct story s;

	story_init(&s);
	old_log(&s.before, &s.after, s.sequence, &log);
	log.data[12] ^= 1;
	build_checksum(&log);
	assert_refused(build_view(&s.dirty), &((struct regf_logs){ .log1 = build_view(&log) }), ERR_REFUSED);
}

static void a_torn_base_block_comes_back_from_the_log(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT;
	CLEANUP(story_release) struct story s;

	story_init(&s);
	memset(s.dirty.data + 20, 0xee, 100);
	old_log(&s.before, &s.middle, s.sequence, &log);
	assert_recovered(&s.dirty, &(struct regf_logs){ .log1 = build_view(&log) }, &s.middle, s.sequence, 1);
	log_begin(&s.before, 6, s.sequence, &log);
	log_entry(&s.before, &s.after, s.sequence, &log);
	assert_recovered(&s.dirty, &(struct regf_logs){ .log1 = build_view(&log) }, &s.after, s.sequence, 1);
}

static void logs_of_a_clean_hive_are_ignored(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT;
	CLEANUP(story_release) struct story s;
	struct regf *hive;

	story_init(&s);
	log_begin(&s.before, 6, s.sequence, &log);
	log_entry(&s.before, &s.middle, s.sequence, &log);
	hive = build_open(build_view(&s.before), &(struct regf_logs){ .log1 = build_view(&log) });
	assert_memory_equal(regf_finish(hive).data, s.before.data, s.before.len);
	regf_freep(&hive);
}

/* Well hashed entries that lie about sizes; nothing is written outside and nothing huge is asked for. */
static void entries_that_reach_outside_are_refused(void **state UNUSED)
{
	static const struct {
		size_t field;
		uint32_t number;
	} lies[] = { { 16, 0x7fff0000 }, { 16, 0xfffff000 }, { 16, 0 },          { 20, 0xffffffff }, { 20, 4000 },
		     { 40, 0xfffff000 }, { 40, 0x00100000 }, { 44, 0xffffffff }, { 44, 0x00010000 } };
	CLEANUP(story_release) struct story s;

	story_init(&s);
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT;
		uint8_t *entry;

		log_begin(&s.before, 6, s.sequence, &log);
		log_entry(&s.before, &s.middle, s.sequence, &log);
		entry = (uint8_t *)log.data + SECTOR;
		store_le32(entry + lies[i].field, lies[i].number);
		marvin(entry + 40, log.len - SECTOR - 40, entry + 24);
		marvin(entry, 32, entry + 32);
		assert_refused(build_view(&s.dirty), &((struct regf_logs){ .log1 = build_view(&log) }), ERR_REFUSED);
	}
}

static void what_is_no_log_changes_nothing(void **state UNUSED)
{
	static const char junk[2048] = "regf";
	CLEANUP(story_release) struct story s;
	struct regf_logs logs = { .log1 = bytes_of(junk, sizeof(junk)), .log2 = bytes_of(junk, 3) };
	struct err err = { 0 };

	story_init(&s);
	assert_null(regf_open(build_view(&s.dirty), &logs, &err));
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_non_null(strstr(err.text, "none of its transaction logs"));
	assert_true(err.hint[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_of_one_log_are_applied_in_order),
		cmocka_unit_test(the_second_log_goes_on_where_the_first_ends),
		cmocka_unit_test(a_second_log_with_a_gap_before_it_is_left_out),
		cmocka_unit_test(replay_ends_before_an_entry_with_a_wrong_hash),
		cmocka_unit_test(an_old_log_is_applied),
		cmocka_unit_test(an_old_log_of_another_write_is_refused),
		cmocka_unit_test(a_torn_base_block_comes_back_from_the_log),
		cmocka_unit_test(logs_of_a_clean_hive_are_ignored),
		cmocka_unit_test(entries_that_reach_outside_are_refused),
		cmocka_unit_test(what_is_no_log_changes_nothing),
	};

	return cmocka_run_group_tests_name("regf-log", tests, NULL, NULL);
}
