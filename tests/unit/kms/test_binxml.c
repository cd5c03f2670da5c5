/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/evtx_binxml.h"

#include "kms/evtx_plan.h"
#include "tests/unit/kms/kms_case.h"

enum { CHUNK = 4096, BODY = 512 };

/* A chunk that is written token by token. */
struct made {
	uint8_t bytes[CHUNK];
	size_t at;
};

static struct made new_chunk(void)
{
	return (struct made){ .at = BODY };
}

static void put(struct made *m, const void *data, size_t len)
{
	memcpy(m->bytes + m->at, data, len);
	m->at += len;
}

static void put8(struct made *m, uint8_t value)
{
	put(m, &value, 1);
}

static void put16(struct made *m, uint16_t value)
{
	store_le16(m->bytes + m->at, value);
	m->at += 2;
}

static void put32(struct made *m, uint32_t value)
{
	store_le32(m->bytes + m->at, value);
	m->at += 4;
}

/* A reference to a name that stands right behind it. */
static void put_name(struct made *m, const char *name)
{
	put32(m, (uint32_t)m->at + 4);
	put32(m, 0);
	put16(m, 0);
	put16(m, (uint16_t)strlen(name));
	for (; *name; name++)
		put16(m, (uint8_t)*name);
	put16(m, 0);
}

static void put_open(struct made *m, const char *name, bool attributes)
{
	put8(m, attributes ? 0x41 : 0x01);
	put16(m, 0xffff);
	put32(m, 0);
	put_name(m, name);
	if (attributes)
		put32(m, 0);
}

static void put_text(struct made *m, const char *text)
{
	put8(m, 0x05);
	put8(m, 0x01);
	put16(m, (uint16_t)strlen(text));
	for (; *text; text++)
		put16(m, (uint8_t)*text);
}

static void put_hole(struct made *m, uint16_t index, uint8_t type)
{
	put8(m, 0x0e);
	put16(m, index);
	put8(m, type);
}

static struct bytes chunk_of(const struct made *m)
{
	return bytes_of(m->bytes, sizeof(m->bytes));
}

static int plan_of(const struct made *m, struct evtx_plan *plan, struct err *err)
{
	return evtx_plan_make(chunk_of(m), BODY, m->at, true, plan, err);
}

static void put_event(struct made *m)
{
	put(m, "\x0f\x01\x01", 4);
	put_open(m, "Event", false);
	put8(m, 0x02);
	put_open(m, "System", false);
	put8(m, 0x02);
	put_open(m, "Provider", true);
	put8(m, 0x06);
	put_name(m, "Name");
	put_text(m, "SPP");
	put8(m, 0x03);
	put_open(m, "EventID", true);
	put8(m, 0x06);
	put_name(m, "Qualifiers");
	put_hole(m, 4, BINXML_U16);
	put8(m, 0x02);
	put_hole(m, 3, BINXML_U16);
	put8(m, 0x04);
	put8(m, 0x04);
	put_hole(m, 19, BINXML_FRAGMENT);
	put8(m, 0x04);
	put8(m, 0x00);
}

static void plan_finds_literals_values_and_the_nested_part(void **state UNUSED)
{
	struct made m = new_chunk();
	struct evtx_plan plan;
	struct err err = { 0 };

	put_event(&m);
	assert_int_equal(plan_of(&m, &plan, &err), 0);
	assert_int_equal(plan.fields[PLAN_PROVIDER].source, PLAN_LITERAL);
	assert_int_equal(plan.fields[PLAN_PROVIDER].literal.len, 6);
	assert_memory_equal(plan.fields[PLAN_PROVIDER].literal.data, "S\0P\0P\0", 6);
	/* The qualifiers are an attribute: they are not the id. */
	assert_int_equal(plan.fields[PLAN_EVENT_ID].source, PLAN_HOLE);
	assert_int_equal(plan.fields[PLAN_EVENT_ID].hole.index, 3);
	assert_int_equal(plan.fields[PLAN_NESTED].hole.index, 19);
	assert_int_equal(plan.fields[PLAN_COMPUTER].source, PLAN_NOTHING);
}

static void every_end_inside_an_element_is_refused(void **state UNUSED)
{
	struct made m = new_chunk();
	struct evtx_plan plan;
	size_t end;

	put_event(&m);
	end = m.at - 1;
	for (m.at = BODY + 5; m.at < end; m.at++) {
		struct err err = { 0 };

		if (plan_of(&m, &plan, &err) == 0)
			fail_msg("end at %zu", m.at);
		assert_int_equal(err.kind, ERR_FORMAT);
	}
}

static void elements_nested_too_deep_are_refused(void **state UNUSED)
{
	struct evtx_plan plan;
	struct err err = { 0 };
	struct made m = new_chunk();

	put_open(&m, "a", false);
	for (int i = 0; i < BINXML_DEPTH_MAX; i++) {
		put8(&m, 0x01);
		put16(&m, 0);
		put32(&m, 0);
		put32(&m, BODY + 11);
	}
	assert_int_equal(plan_of(&m, &plan, &err), -1);
	assert_int_equal(err.kind, ERR_FORMAT);
	assert_true(err.has_offset);
}

static void name_outside_of_the_chunk_is_refused(void **state UNUSED)
{
	struct made m = new_chunk();
	struct evtx_plan plan;
	struct err err = { 0 };

	put8(&m, 0x01);
	put16(&m, 0xffff);
	put32(&m, 0);
	put32(&m, CHUNK - 4);
	put32(&m, 0);
	assert_int_equal(plan_of(&m, &plan, &err), -1);
}

static void end_without_a_beginning_and_unknown_token_are_refused(void **state UNUSED)
{
	static const uint8_t bad[] = { 0x03, 0x04, 0x10, 0x3f, 0xff };

	for (size_t i = 0; i < sizeof(bad); i++) {
		struct made m = new_chunk();
		struct evtx_plan plan;
		struct err err = { 0 };

		put8(&m, bad[i]);
		assert_int_equal(plan_of(&m, &plan, &err), -1);
		assert_int_equal(err.offset, BODY);
	}
}

/* An instance whose definition stands behind it, with an empty body. */
static void put_instance(struct made *m, uint32_t body_size, uint32_t count)
{
	put8(m, 0x0c);
	put8(m, 1);
	put32(m, 0x11223344);
	put32(m, (uint32_t)m->at + 4);
	put32(m, 0);
	put(m, "0123456789abcdef", 16);
	put32(m, body_size);
	put32(m, count);
}

static void values_lie_behind_their_descriptors(void **state UNUSED)
{
	struct made m = new_chunk();
	struct binxml_instance instance;
	struct err err = { 0 };

	put_instance(&m, 0, 2);
	put(&m, "\x02\0\x06\0" "\x03\0\x0e\0" "ABabc", 13);
	assert_int_equal(binxml_instance(chunk_of(&m), BODY, m.at, &instance, &err), 0);
	assert_int_equal(instance.definition, BODY + 10);
	assert_int_equal(instance.n_values, 2);
	assert_int_equal(bytes_le16(instance.values[0].data, 0), 'A' | 'B' << 8);
	assert_int_equal(instance.values[1].type, BINXML_BINARY);
	assert_true(bytes_equal(instance.values[1].data, 0, "abc", 3));
	assert_int_equal(instance.end, m.at);
}

static void values_that_do_not_fit_are_refused(void **state UNUSED)
{
	static const struct {
		uint32_t body_size, count;
		const char *rest;
		size_t len;
	} bad[] = {
		{ 0, 0xffffffff, "", 0 },
		{ 0, 3, "\x02\0\x06\0", 4 },
		{ 0, 1, "\x03\0\x06\0" "AB", 6 },
		{ 0xffffff00, 0, "", 0 },
		{ 8, 0, "", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct made m = new_chunk();
		struct binxml_instance instance;
		struct err err = { 0 };

		put_instance(&m, bad[i].body_size, bad[i].count);
		put(&m, bad[i].rest, bad[i].len);
		if (binxml_instance(chunk_of(&m), BODY, m.at, &instance, &err) == 0)
			fail_msg("case %zu", i);
		assert_int_equal(err.kind, ERR_FORMAT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_finds_literals_values_and_the_nested_part),
		cmocka_unit_test(every_end_inside_an_element_is_refused),
		cmocka_unit_test(elements_nested_too_deep_are_refused),
		cmocka_unit_test(name_outside_of_the_chunk_is_refused),
		cmocka_unit_test(end_without_a_beginning_and_unknown_token_are_refused),
		cmocka_unit_test(values_lie_behind_their_descriptors),
		cmocka_unit_test(values_that_do_not_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
