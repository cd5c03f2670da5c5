/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/evtx.h"

#include "common/base/utf16.h"
#include "tests/support/kms_log.h"
#include "tests/unit/kms/kms_case.h"

enum { EVENTS = 400, CHUNK_FREE_AT = 48, FIRST_RECORD = EVTX_HEADER_LEN + 512 };

static struct strbuf built(void (*change)(struct kms_log_options *options))
{
	struct kms_log_options options = kms_log_defaults;
	struct strbuf log = STRBUF_INIT;
	struct err err = { 0 };

	options.events = EVENTS;
	options.hosts = 50;
	if (change)
		change(&options);
	if (kms_log_build(&options, &log, NULL, &err) < 0)
		fail_msg("%s", err.text);
	return log;
}

static size_t n_good(const struct told *told)
{
	size_t n = 0;

	for (size_t i = 0; i < told->events.len; i++)
		n += told->events.items[i].event.problem == REQUEST_GOOD;
	return n;
}

static void assert_all_read(const struct told *told)
{
	assert_int_equal(told->result, 0);
	assert_string_equal(told->format, "evtx");
	assert_int_equal(told->events.len, EVENTS);
	assert_int_equal(n_good(told), EVENTS);
	for (size_t i = 0; i < told->events.len; i++) {
		assert_int_equal(told->events.items[i].event.record, i + 1);
		assert_int_equal(told->events.items[i].event.id, EVENT_REQUEST);
		assert_string_equal(told->events.items[i].computer, kms_log_defaults.computer);
	}
}

static void read_and_release(void (*change)(struct kms_log_options *options), void (*check)(const struct told *told))
{
	struct strbuf log = built(change);
	struct told told = read_log(log.data, log.len);

	check(&told);
	told_release(&told);
	strbuf_release(&log);
}

static void check_sound(const struct told *told)
{
	assert_all_read(told);
	assert_int_equal(told->damages.len, 0);
}

static void sound_log_is_read_in_full(void **state UNUSED)
{
	read_and_release(NULL, check_sound);
}

static void fields_only(struct kms_log_options *options)
{
	options->style = KMS_FIELDS;
}

static void joined_only(struct kms_log_options *options)
{
	options->style = KMS_JOINED;
}

static void with_binary(struct kms_log_options *options)
{
	options->binary = true;
}

static void check_binary(const struct told *told)
{
	check_sound(told);
	assert_int_equal(told->events.items[7].event.binary_len, 260);
}

static void every_way_to_store_the_strings_is_read(void **state UNUSED)
{
	read_and_release(fields_only, check_sound);
	read_and_release(joined_only, check_sound);
	read_and_release(with_binary, check_binary);
}

static void dirty(struct kms_log_options *options)
{
	options->damage.dirty = true;
}

static void zero_tail(struct kms_log_options *options)
{
	options->damage.zero_tail = 3;
}

static void header_is_not_believed(void **state UNUSED)
{
	read_and_release(dirty, check_sound);
	read_and_release(zero_tail, check_sound);
}

static void flipped(struct kms_log_options *options)
{
	options->damage.flip = true;
	options->damage.flip_chunk = 1;
}

static void check_flipped(const struct told *told)
{
	assert_int_equal(told->damages.len >= 1, 1);
	assert_int_equal(told->damages.items[0], EVTX_HEADER_LEN + EVTX_CHUNK_LEN + 512);
	assert_true(n_good(told) >= EVENTS - 1);
}

static void wrong_checksum_is_told_and_reading_goes_on(void **state UNUSED)
{
	read_and_release(flipped, check_flipped);
}

static void wiped(struct kms_log_options *options)
{
	options->damage.wipe = true;
	options->damage.wipe_chunk = 1;
}

static void check_wiped(const struct told *told)
{
	assert_int_equal(told->damages.len, 1);
	assert_int_equal(told->damages.items[0], EVTX_HEADER_LEN + EVTX_CHUNK_LEN);
	assert_true(told->events.len < EVENTS);
	assert_int_equal(told->events.items[told->events.len - 1].event.record, EVENTS);
}

static void wiped_chunk_is_damage_but_unused_ones_at_the_end_are_not(void **state UNUSED)
{
	read_and_release(wiped, check_wiped);
}

/* Breaks one u32 of a sound log; the rest of the records must still come. */
static struct told read_broken(size_t at, uint32_t value)
{
	struct strbuf log = built(NULL);
	struct told told;

	store_le32((uint8_t *)log.data + at, value);
	told = read_log(log.data, log.len);
	strbuf_release(&log);
	return told;
}

static bool has_damage(const struct told *told, uint64_t offset)
{
	for (size_t i = 0; i < told->damages.len; i++)
		if (told->damages.items[i] == offset)
			return true;
	return false;
}

static void record_larger_than_its_chunk_costs_one_record(void **state UNUSED)
{
	struct strbuf log = built(NULL);
	size_t second = FIRST_RECORD + load_le32((uint8_t *)log.data + FIRST_RECORD + 4);
	struct told told = read_broken(second + 4, 0xffffffff);

	assert_int_equal(told.events.len, EVENTS - 1);
	assert_true(has_damage(&told, second));
	assert_int_equal(told.events.items[1].event.record, 3);
	assert_true(told.events.items[1].event.recovered);
	told_release(&told);
	strbuf_release(&log);
}

/* The size that stands once more at the end of the second record; its values lie in front of that. */
static void record_whose_end_was_not_written_is_read_as_far_as_it_goes(void **state UNUSED)
{
	struct strbuf log = built(NULL);
	size_t second = FIRST_RECORD + load_le32((uint8_t *)log.data + FIRST_RECORD + 4);
	size_t end = second + load_le32((uint8_t *)log.data + second + 4);
	struct told told = read_broken(end - 4, 0);

	assert_int_equal(told.events.len, EVENTS);
	assert_true(has_damage(&told, second));
	assert_int_equal(told.events.items[1].event.record, 2);
	assert_true(told.events.items[1].event.recovered);
	told_release(&told);
	strbuf_release(&log);
}

/* All records of a chunk use the template in its first record. */
static void template_outside_of_the_chunk_is_damage_of_each_record(void **state UNUSED)
{
	struct strbuf log = built(NULL);
	size_t second = FIRST_RECORD + load_le32((uint8_t *)log.data + FIRST_RECORD + 4);
	struct told told = read_broken(second + 24 + 4 + 6, 0x00ffffff);

	assert_int_equal(told.events.len, EVENTS - 1);
	assert_true(has_damage(&told, second));
	told_release(&told);
	strbuf_release(&log);
}

static void free_offset_outside_of_the_chunk_is_told(void **state UNUSED)
{
	struct told told = read_broken(EVTX_HEADER_LEN + CHUNK_FREE_AT, 0x12345678);

	assert_int_equal(told.events.len, EVENTS);
	assert_true(has_damage(&told, EVTX_HEADER_LEN + CHUNK_FREE_AT));
	told_release(&told);
}

static void file_may_end_anywhere(void **state UNUSED)
{
	struct strbuf log = built(NULL);

	for (size_t len = 8; len < log.len; len = len < 6000 ? len + 97 : len + 7919) {
		char *exact = xmemdup(log.data, len);
		struct told told = read_log(exact, len);

		assert_int_equal(told.result, len < 128 ? -1 : 0);
		assert_true(told.events.len <= EVENTS);
		told_release(&told);
		free(exact);
	}
	strbuf_release(&log);
}

static void any_byte_may_be_wrong(void **state UNUSED)
{
	struct strbuf log = built(NULL);

	for (size_t at = 0; at < EVTX_HEADER_LEN + 6000; at += 3) {
		struct told told;

		log.data[at] ^= (char)0x85;
		told = read_log(log.data, log.len);
		log.data[at] ^= (char)0x85;
		told_release(&told);
	}
	strbuf_release(&log);
}

static void with_odd(struct kms_log_options *options)
{
	options->odd = true;
}

static void check_odd(const struct told *told)
{
	assert_int_equal(told->damages.len, 0);
	assert_true(told->events.len > EVENTS);
	for (size_t i = 0; i < told->events.len; i++)
		assert_int_equal(told->events.items[i].event.record, i + 1);
}

static void odd_records_are_events_too(void **state UNUSED)
{
	read_and_release(with_odd, check_odd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_log_is_read_in_full),
		cmocka_unit_test(every_way_to_store_the_strings_is_read),
		cmocka_unit_test(header_is_not_believed),
		cmocka_unit_test(wrong_checksum_is_told_and_reading_goes_on),
		cmocka_unit_test(wiped_chunk_is_damage_but_unused_ones_at_the_end_are_not),
		cmocka_unit_test(record_larger_than_its_chunk_costs_one_record),
		cmocka_unit_test(record_whose_end_was_not_written_is_read_as_far_as_it_goes),
		cmocka_unit_test(template_outside_of_the_chunk_is_damage_of_each_record),
		cmocka_unit_test(free_offset_outside_of_the_chunk_is_told),
		cmocka_unit_test(file_may_end_anywhere),
		cmocka_unit_test(any_byte_may_be_wrong),
		cmocka_unit_test(odd_records_are_events_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
