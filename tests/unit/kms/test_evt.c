/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs of Windows Server 2003, built here by the layout that Microsoft documents for EVENTLOGRECORD. */
#include "common/base/utf16.h"
#include "tests/unit/kms/kms_case.h"

enum { HEADER_LEN = 48, CURSOR_LEN = 40, RING = 1800 };

struct evt {
	uint8_t bytes[HEADER_LEN + RING];
	size_t at;
	uint32_t next;
};

static void put(struct evt *evt, const void *data, size_t len)
{
	const uint8_t *from = data;

	for (size_t i = 0; i < len; i++) {
		if (evt->at == sizeof(evt->bytes))
			evt->at = HEADER_LEN;
		evt->bytes[evt->at++] = from[i];
	}
}

static void put32(struct strbuf *to, uint32_t value)
{
	uint8_t raw[4];

	store_le32(raw, value);
	strbuf_add(to, raw, sizeof(raw));
}

static void put_text(struct strbuf *to, const char *text)
{
	text_to_utf16le(text, strlen(text), to, NULL);
	strbuf_add(to, "\0\0", 2);
}

static size_t add_record(struct evt *evt, uint32_t id, const char *info)
{
	CLEANUP(strbuf_release) struct strbuf r = STRBUF_INIT;
	size_t at = evt->at;
	uint32_t strings;

	put32(&r, 0);
	strbuf_add(&r, "LfLe", 4);
	put32(&r, evt->next++);
	put32(&r, 1785858412); /* generated: 2026-08-04T15:46:52Z */
	put32(&r, 1785858413); /* written */
	put32(&r, 0x40000000 | id);
	put32(&r, 4 | 1 << 16); /* type, one string */
	for (int i = 0; i < 7; i++)
		put32(&r, 0);
	put_text(&r, "Software Licensing Service");
	put_text(&r, "KMS2003");
	strings = (uint32_t)r.len;
	put_text(&r, info);
	while (r.len % 4)
		strbuf_addc(&r, '\0');
	put32(&r, (uint32_t)r.len + 4);
	store_le32((uint8_t *)r.data, (uint32_t)r.len);
	store_le32((uint8_t *)r.data + 36, strings);
	put(evt, r.data, r.len);
	return at;
}

/* The cursor stands behind the last record; the header is told where unless the log was left open. */
static void finish(struct evt *evt, size_t oldest, bool closed)
{
	static const uint32_t marks[] = { CURSOR_LEN, 0x11111111, 0x22222222, 0x33333333, 0x44444444 };
	CLEANUP(strbuf_release) struct strbuf c = STRBUF_INIT;
	size_t cursor = evt->at;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		put32(&c, marks[i]);
	put32(&c, (uint32_t)oldest);
	put32(&c, (uint32_t)cursor);
	put32(&c, evt->next);
	put32(&c, 1);
	put32(&c, CURSOR_LEN);
	put(evt, c.data, c.len);
	store_le32(evt->bytes, HEADER_LEN);
	memcpy(evt->bytes + 4, "LfLe", 4);
	store_le32(evt->bytes + 8, 1);
	store_le32(evt->bytes + 12, 1);
	store_le32(evt->bytes + 16, (uint32_t)(closed ? oldest : HEADER_LEN));
	store_le32(evt->bytes + 20, (uint32_t)(closed ? cursor : HEADER_LEN));
	store_le32(evt->bytes + 36, closed ? 0 : 1);
	store_le32(evt->bytes + 44, HEADER_LEN);
}

static struct evt new_evt(void)
{
	return (struct evt){ .at = HEADER_LEN, .next = 1 };
}

static void requests_are_read(void **state UNUSED)
{
	struct evt evt = new_evt();
	struct told told;

	add_record(&evt, 12290, INFO);
	add_record(&evt, 12293, "0x8007232D");
	finish(&evt, HEADER_LEN, true);
	told = read_log(evt.bytes, sizeof(evt.bytes));
	assert_int_equal(told.result, 0);
	assert_string_equal(told.format, "evt");
	assert_int_equal(told.events.len, 2);
	assert_int_equal(told.damages.len, 0);
	assert_int_equal(told.events.items[0].event.problem, REQUEST_GOOD);
	assert_string_equal(told.events.items[0].name, "pc1.example.com");
	assert_string_equal(told.events.items[0].computer, "KMS2003");
	assert_true(told.events.items[0].event.time == at_time("2026-08-04T15:46:52Z"));
	assert_int_equal(told.events.items[1].event.id, EVENT_DNS_FAILED);
	assert_int_equal(told.events.items[1].event.record, 2);
	told_release(&told);
}

/* Records are some 400 bytes: the fifth goes on at the start of the ring, over the first. */
static void wrap(bool closed)
{
	struct evt evt = new_evt();
	size_t second = 0;
	struct told told;

	for (int i = 0; i < 5; i++) {
		size_t at = add_record(&evt, 12290, INFO);

		second = i == 1 ? at : second;
	}
	assert_true(evt.at < second);
	finish(&evt, second, closed);
	told = read_log(evt.bytes, sizeof(evt.bytes));
	assert_int_equal(told.result, 0);
	assert_int_equal(told.events.len, 4);
	assert_int_equal(told.damages.len, 0);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(told.events.items[i].event.record, i + 2);
		assert_string_equal(told.events.items[i].name, "pc1.example.com");
	}
	told_release(&told);
}

static void record_may_go_on_at_the_start(void **state UNUSED)
{
	wrap(true);
}

static void cursor_of_a_log_left_open_is_looked_for(void **state UNUSED)
{
	wrap(false);
}

static void damage_is_stepped_over(void **state UNUSED)
{
	struct evt evt = new_evt();
	size_t second;
	struct told told;

	add_record(&evt, 12290, INFO);
	second = add_record(&evt, 12290, INFO);
	add_record(&evt, 12290, INFO);
	finish(&evt, HEADER_LEN, true);
	memset(evt.bytes + second, 0xee, 8);
	told = read_log(evt.bytes, sizeof(evt.bytes));
	assert_int_equal(told.events.len, 2);
	assert_int_equal(told.damages.len, 1);
	assert_int_equal(told.damages.items[0], second);
	told_release(&told);
}

static void file_may_end_anywhere_and_any_byte_be_wrong(void **state UNUSED)
{
	struct evt evt = new_evt(), bad;

	add_record(&evt, 12290, INFO);
	add_record(&evt, 12290, INFO);
	finish(&evt, HEADER_LEN, true);
	for (size_t len = 0; len < sizeof(evt.bytes); len += 3) {
		struct told told = read_log(evt.bytes, len);

		assert_true(told.events.len <= 2);
		told_release(&told);
	}
	for (size_t i = 0; i < evt.at; i++) {
		struct told told;

		bad = evt;
		bad.bytes[i] ^= 0xff;
		told = read_log(bad.bytes, sizeof(bad.bytes));
		assert_true(told.events.len <= 3);
		told_release(&told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_read),
		cmocka_unit_test(record_may_go_on_at_the_start),
		cmocka_unit_test(cursor_of_a_log_left_open_is_looked_for),
		cmocka_unit_test(damage_is_stepped_over),
		cmocka_unit_test(file_may_end_anywhere_and_any_byte_be_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
