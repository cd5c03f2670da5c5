/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is read because it is written like the event before is what reading it in the
 * ordinary way tells. The same events are read twice: one behind the other, and each
 * behind one that is written in another way, so that nothing is like what was before.
 */
#include "common/base/strbuf.h"
#include "kms/event_shape.h"
#include "tests/support/rng.h"
#include "tests/unit/kms/kms_case.h"

enum { ROUNDS = 400, EVENTS = 24 };

static struct rng rng;

static uint32_t any(uint32_t n)
{
	return rng_below(&rng, n);
}

static const char *one_of(const char *const *texts, size_t n, const char *usual)
{
	return any(3) ? usual : texts[any((uint32_t)n)];
}

/* The Info line, seldom one that is cut, has spaces, or a name that needs care. */
static void add_info(struct strbuf *out, const char *const *names, size_t n_names)
{
	static const char *const results[] = { "0xC004F042", "0x", "0", "0xc004f06cc", "0X0" };
	static const char *const cmids[] = { "00000000-0000-0000-0000-000000000000", "", "01eb9985", "{" CMID "}" };
	static const char *const times[] = { "2026/8/4 15:46 ", "1601/1/1 0:00", "2026/13/4 15:46", "1970/1/1 0:0" };
	static const char *const products[] = { "73111121", WINDOWS_10 ",0", WINDOWS_10 " ", WINDOWS_10 "x" };

	strbuf_addf(out, "%s,%u,%s", one_of(results, ARRAY_SIZE(results), "0x0"), 5 + any(30),
		    one_of(names, n_names, "pc"));
	if (any(8))
		strbuf_addf(out, "%u.example.com", any(1000));
	strbuf_addf(out, ",%s,%s,%u,%u,%u,%s", one_of(cmids, ARRAY_SIZE(cmids), CMID),
		    one_of(times, ARRAY_SIZE(times), "2026/08/04 15:46"), any(2), any(7), any(300000),
		    one_of(products, ARRAY_SIZE(products), WINDOWS_10));
}

static void add_row(struct strbuf *out, char delimiter, const char *level, unsigned i)
{
	static const char *const names[] = { "a\tb", "a;b", "a,b", "a\\b", " pc", "pc.", "a\"\"b", "\xc3\xa9", "a b", "a\nb" };
	static const char *const clocks[] = { "12:00:01 AM", "9:03:20", "25:00:00 PM", "x", "", "12:00:61 PM" };
	static const char *const befores[] = { "0x1", "0x0,", "10", "x\r\n", "0x0,25,a\n" };
	static const char *const ids[] = { "12288", "12293", "x", "" };
	static const char *const ends[] = { "\"\n", "\" \r\n", "\"\r\n\r\n", "\n\"\r\n", "\",more\r\n" };

	strbuf_addf(out, "%s%c8/%u/2026 %s%cMicrosoft-Windows-Security-SPP%c%s%c%u%c\"Processed.%s\r\nInfo:\r\n", level, delimiter,
		    1 + any(9), one_of(clocks, ARRAY_SIZE(clocks), "3:46:52 PM"), delimiter, delimiter,
		    one_of(ids, ARRAY_SIZE(ids), "12290"), delimiter, any(10) ? i + 1 : 0, delimiter,
		    any(6) ? "" : befores[any(ARRAY_SIZE(befores))]);
	add_info(out, names, ARRAY_SIZE(names));
	strbuf_adds(out, one_of(ends, ARRAY_SIZE(ends), "\"\r\n"));
}

static void add_object(struct strbuf *out, const char *level, unsigned i)
{
	static const char *const names[] = { "a\\u0041", "a\\\\b", "a\\\"b", "a,b", "pc.", "\xc3\xa9", "a\\nb", "a\\qb" };
	static const char *const clocks[] = { "2026-08-05T00:00:01Z", "2026-08-04 15:46:52", "20260804", "1700000000", "x\\u0041" };
	static const char *const befores[] = { "0x0,", "10", "\\u0041", "\\\\", "\\r\\n0x0,5,x" };
	static const char *const ends[] = { "\\r\\n", "\\u0041", ",", "\",\"@timestamp\":\"2026-08-06T00:00:00Z", "\",\"record_id\":\"7" };

	strbuf_addf(out, "{\"@timestamp\":\"%s\",\"level\":\"%s\",\"event_id\":%u,\"record_id\":%u,\"computer_name\":\"%s\",\"message\":\"Processed.%s\\r\\nInfo:\\r\\n",
		    one_of(clocks, ARRAY_SIZE(clocks), "2026-08-04T15:46:52.123Z"), level, any(9) ? 12290U : 12293U,
		    any(10) ? i + 1 : 0, any(9) ? "kms01" : "kms02", any(6) ? "" : befores[any(ARRAY_SIZE(befores))]);
	add_info(out, names, ARRAY_SIZE(names));
	strbuf_addf(out, "%s\"}%s", one_of(ends, ARRAY_SIZE(ends), ""), any(9) ? "\n" : ",\n ");
}

static void assert_same(const struct told_event *a, const struct told_event *b)
{
	assert_int_equal(a->event.problem, b->event.problem);
	assert_int_equal(a->event.id, b->event.id);
	assert_int_equal(a->event.has_time, b->event.has_time);
	if (a->event.has_time)
		assert_true(a->event.time == b->event.time);
	assert_int_equal(a->event.has_record, b->event.has_record);
	if (a->event.has_record)
		assert_true(a->event.record == b->event.record);
	assert_string_equal(a->computer, b->computer);
	assert_string_equal(a->name, b->name);
	if (a->event.problem != REQUEST_GOOD)
		return;
	assert_memory_equal(&a->event.request.cmid, &b->event.request.cmid, sizeof(struct guid));
	assert_memory_equal(&a->event.request.product, &b->event.request.product, sizeof(struct guid));
	assert_int_equal(a->event.request.hresult, b->event.request.hresult);
	assert_int_equal(a->event.request.needed, b->event.request.needed);
	assert_int_equal(a->event.request.has_cmid, b->event.request.has_cmid);
	assert_int_equal(a->event.request.vm, b->event.request.vm);
	assert_int_equal(a->event.request.status, b->event.request.status);
	assert_int_equal(a->event.request.minutes, b->event.request.minutes);
	assert_int_equal(a->event.request.has_client_time, b->event.request.has_client_time);
	if (a->event.request.has_client_time)
		assert_true(a->event.request.client_time == b->event.request.client_time);
}

/* The event that stands at an offset, or NULL. */
static const struct told_event *told_at(const struct told *told, uint64_t offset)
{
	for (size_t i = 0; i < told->events.len; i++)
		if (told->events.items[i].event.offset == offset)
			return &told->events.items[i];
	return NULL;
}

struct pieces {
	struct strbuf text; /* the events alone */
	struct strbuf mixed;
	size_t at[EVENTS], mixed_at[EVENTS];
};

static void assert_all_same(const struct pieces *p)
{
	struct told quick = read_log(p->text.data, p->text.len), slow = read_log(p->mixed.data, p->mixed.len);

	for (size_t i = 0; i < EVENTS; i++) {
		const struct told_event *a = told_at(&quick, p->at[i]), *b = told_at(&slow, p->mixed_at[i]);
		uint32_t line = 1;

		/* What is broken may swallow what follows, in both or in one. */
		if (!a || !b)
			continue;
		for (size_t k = 0; k < p->at[i]; k++)
			line += p->text.data[k] == '\n';
		assert_int_equal(a->event.line, line);
		assert_same(a, b);
	}
	told_release(&quick);
	told_release(&slow);
}

#define SAMPLE "0x0,25,pc1.example.com," CMID ",2026/8/14 15:46,1,2,41065," WINDOWS_10

static void rows_are_read_alike(void **state UNUSED)
{
	static const char header[] = "Level%cDate and Time%cSource%cEvent ID%cRecordId%cTask Category\r\n";
	static const char delimiters[] = { '\t', ',', ';' };

	for (unsigned round = 0; round < ROUNDS; round++) {
		char d = delimiters[round % 3];
		struct pieces p = { 0 };

		strbuf_addf(&p.text, header, d, d, d, d, d);
		/* So many that what a log's beginning tells is the same of both. */
		for (unsigned i = 0; i < COLUMN_TIME_SAMPLES; i++)
			strbuf_addf(&p.text, "Other%c8/14/2026 3:46:52 PM%cMicrosoft-Windows-Security-SPP%c12290%c9%c\"" SAMPLE "\"\r\n",
				    d, d, d, d, d);
		strbuf_add(&p.mixed, p.text.data, p.text.len);
		for (unsigned i = 0; i < EVENTS; i++) {
			size_t before = p.text.len;

			add_row(&p.text, d, "Information", i);
			strbuf_addf(&p.mixed, "Warning%u%c8/4/2026 3:46:52 PM%cMicrosoft-Windows-Security-SPP%c12290%c9%c\"" INFO "\"\r\n",
				    i, d, d, d, d, d);
			p.at[i] = before;
			p.mixed_at[i] = p.mixed.len;
			strbuf_add(&p.mixed, p.text.data + before, p.text.len - before);
		}
		assert_all_same(&p);
		strbuf_release(&p.text);
		strbuf_release(&p.mixed);
	}
}

static void objects_are_read_alike(void **state UNUSED)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct pieces p = { 0 };

		for (unsigned i = 0; i < EVENTS; i++) {
			size_t before = p.text.len;

			add_object(&p.text, "Information", i);
			strbuf_addf(&p.mixed, "{\"@timestamp\":\"2026-08-04T15:46:52Z\",\"other\":%u,\"message\":\"" INFO "\"}\n", i);
			p.at[i] = before;
			p.mixed_at[i] = p.mixed.len;
			strbuf_add(&p.mixed, p.text.data + before, p.text.len - before);
		}
		assert_all_same(&p);
		strbuf_release(&p.text);
		strbuf_release(&p.mixed);
	}
}

#define FRONT "<8/4/2026 3:46:52 PM> #"
#define BETWEEN " says\n"

static void a_shape_matches_what_differs_in_its_places_only(void **state UNUSED)
{
	static const char first[] = FRONT "17" BETWEEN INFO "\"\n";
	static const char second[] = FRONT "18" BETWEEN "0x0,5,srv2," CMID ",2026/8/5 9:00,1,1,249120," WINDOWS_10 "\"\n";
	static const char third[] = FRONT "18" " said\n" INFO "\"\n";
	static const struct column_clock clock = { .known = true };
	struct shape_place places[] = {
		{ SHAPE_INFO, { first + sizeof(FRONT "17" BETWEEN) - 1, sizeof(INFO) - 1 } },
		{ SHAPE_TIME, { first + 1, 19 } },
		{ SHAPE_RECORD, { first + sizeof(FRONT) - 1, 2 } },
	};
	struct column_day day = { 0 };
	struct event_shape shape = { 0 };
	struct log_event event = { .id = 12290, .has_time = true, .has_record = true, .problem = REQUEST_GOOD };

	assert_null(event_shape_match(&shape, first, first + strlen(first), &clock, &day));
	event_shape_learn(&shape, (struct text){ first, strlen(first) }, places, 3, &event);
	assert_int_equal(shape.n_lines, 2);
	assert_ptr_equal(event_shape_match(&shape, first, first + strlen(first), &clock, &day), first + strlen(first));
	assert_int_equal(shape.event.record, 17);
	assert_ptr_equal(event_shape_match(&shape, second, second + strlen(second), &clock, &day), second + strlen(second));
	assert_int_equal(shape.event.record, 18);
	assert_int_equal(shape.event.request.needed, 5);
	assert_int_equal(shape.event.id, 12290);
	assert_true(shape.event.time == at_time("2026-08-04T15:46:52Z"));
	assert_null(event_shape_match(&shape, third, third + strlen(third), &clock, &day));
	/* Cut anywhere it is none, and nothing behind the end is looked at. */
	for (size_t len = 0; len < strlen(second); len++) {
		char *cut = len ? malloc(len) : NULL;

		if (cut)
			memcpy(cut, second, len);
		assert_null(event_shape_match(&shape, cut ? cut : second, (cut ? cut : second) + len, &clock, &day));
		free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shape_matches_what_differs_in_its_places_only),
		cmocka_unit_test(rows_are_read_alike),
		cmocka_unit_test(objects_are_read_alike),
	};

	rng = rng_of(20260804, "events");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
