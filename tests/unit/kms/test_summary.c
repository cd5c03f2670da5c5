/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Summaries as sets: parts in any order and grouping give the bytes of the whole, and its audit that of the logs. */
#include <zlib.h>

#include "kms/summary.h"
#include "tests/support/kms_log.h"
#include "tests/support/rng.h"
#include "tests/unit/kms/audit_case.h"

enum { LOGS = 6, PARTITIONS = 40 };

static struct strbuf logs[LOGS];
static const char *const log_names[LOGS] = { "a.evtx", "b.evtx", "c.evtx", "d.txt", "e.txt", "damaged.evtx" };

static void text_log(struct strbuf *out, unsigned from, unsigned to)
{
	if (!out->len)
		strbuf_adds(out, "Level\tDate and Time\tSource\tEvent ID\tTask Category\r\n");
	for (unsigned i = from; i < to; i++)
		strbuf_addf(out,
			    "Information\t8/%u/2026 3:46:52 PM\tSPP\t12290\tNone\t\"A request.\r\nInfo:\r\n"
			    "0x%x,25,%s%u.example.com,%08x-230c-49ad-a8c2-c24914da4739,2026/8/%u 15:46,1,2,1000,"
			    WINDOWS_10 "\"\r\n",
			    i % 28 + 1, i % 7 ? 0 : 0xc004f042, i % 3 ? "pc" : "PC", i / 2, i / 4, i % 28 + 1);
}

static int make_logs(void **state UNUSED)
{
	struct kms_log_options options = kms_log_defaults;
	struct err err = { 0 };

	options.events = 300;
	for (size_t i = 0; i < 3; i++) {
		/* The third is the first host again, with what it wrote later. */
		options.computer = i == 1 ? "KMS2.example.com" : i == 2 ? "kms1.example.com" : "KMS1.example.com";
		options.seed = i == 1 ? 7 : 1;
		options.events = i == 2 ? 420 : 300;
		options.odd = i == 1;
		if (kms_log_build(&options, &logs[i], NULL, &err) < 0)
			fail_msg("%s", err.text);
	}
	text_log(&logs[3], 0, 30);
	text_log(&logs[3], 5, 8); /* rows that stand there twice */
	text_log(&logs[4], 20, 50);
	options.damage.wipe = true;
	options.computer = "kms3";
	options.seed = 9;
	return kms_log_build(&options, &logs[5], NULL, &err);
}

static int free_logs(void **state UNUSED)
{
	for (size_t i = 0; i < LOGS; i++)
		strbuf_release(&logs[i]);
	return 0;
}

static void add_to(struct summary *summary, const char *name, const struct strbuf *bytes)
{
	struct err err = { 0 };

	if (summary_log_bytes(summary, name, bytes_of(bytes->data, bytes->len), &err) < 0)
		fail_msg("%s", err.text);
}

/* Of the logs whose bit is set. */
static struct strbuf summary_of(unsigned which)
{
	CLEANUP(summary_freep) struct summary *summary = summary_new("kms4");
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < LOGS; i++)
		if (which & 1U << i)
			add_to(summary, log_names[i], &logs[i]);
	summary_write(summary, &out);
	return out;
}

static struct strbuf merged(const struct strbuf *a, const struct strbuf *b)
{
	CLEANUP(summary_freep) struct summary *summary = summary_new(NULL);
	struct strbuf out = STRBUF_INIT;

	add_to(summary, "x.kmsd", a);
	add_to(summary, "y.kmsd", b);
	summary_write(summary, &out);
	return out;
}

static void assert_same(const struct strbuf *a, const struct strbuf *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->data, b->data, a->len);
}

static void any_partition_merged_in_any_order_is_the_whole(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf whole = summary_of((1U << LOGS) - 1);
	struct rng rng = rng_of(11, "partitions");

	for (unsigned n = 0; n < PARTITIONS; n++) {
		struct strbuf parts[LOGS + 1] = { 0 };
		unsigned which[LOGS] = { 0 };
		size_t n_parts = 1 + rng_below(&rng, LOGS), n_left;

		for (unsigned i = 0; i < LOGS; i++)
			which[rng_below(&rng, (uint32_t)n_parts)] |= 1U << i;
		for (size_t i = 0; i < n_parts; i++)
			parts[i] = summary_of(which[i]);
		/* One part comes twice. */
		parts[n_parts] = summary_of(which[0]);
		for (n_left = n_parts + 1; n_left > 1; n_left--) {
			size_t a = rng_below(&rng, (uint32_t)n_left), b = rng_below(&rng, (uint32_t)n_left - 1);
			struct strbuf one;

			b += b >= a;
			one = merged(&parts[a], &parts[b]);
			strbuf_release(&parts[a]);
			strbuf_release(&parts[b]);
			parts[MIN(a, b)] = one;
			if (MAX(a, b) != n_left - 1)
				parts[MAX(a, b)] = parts[n_left - 1];
		}
		assert_same(&parts[0], &whole);
		strbuf_release(&parts[0]);
	}
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The result without what names the inputs: the list of logs, and the places of findings. */
static void audit_text(struct audit_case *c, struct strbuf *ret)
{
	struct json *json = json_new(ret, true);
	VEC(char *) findings = { 0 };

	judge_case(c);
	c->audit->logs.len = 0;
	json_begin_object(json, NULL);
	audit_to_json(c->audit, json);
	json_end_object(json);
	json_freep(&json);
	for (size_t i = 0; i < report_len(c->report); i++) {
		const struct finding *f = report_get(c->report, i);

		if (strcmp(f->rule->id, "log-damaged") != 0)
			*vec_add(&findings) = xasprintf("%s %s %s\n%s\n", f->rule->id, severity_name(f->severity),
							f->message, f->note ? f->note : "");
	}
	qsort(findings.items, findings.len, sizeof(*findings.items), compare_texts);
	for (size_t i = 0; i < findings.len; i++) {
		strbuf_adds(ret, findings.items[i]);
		free(findings.items[i]);
	}
	vec_release(&findings);
	case_clear(c);
}

static void audit_of_the_summary_is_that_of_the_logs(void **state)
{
	struct audit_case *c = *state;

	for (unsigned which = 1; which < 1U << LOGS; which++) {
		CLEANUP(strbuf_release) struct strbuf summary = summary_of(which);
		CLEANUP(strbuf_release) struct strbuf of_logs = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf of_summary = STRBUF_INIT;

		c->options.host = "kms4";
		c->options.several_logs = true;
		for (size_t i = 0; i < LOGS; i++)
			if (which & 1U << i)
				add_log(c, log_names[i], logs[i].data, logs[i].len);
		audit_text(c, &of_logs);
		add_log(c, "all.kmsd", summary.data, summary.len);
		audit_text(c, &of_summary);
		assert_string_equal(of_logs.data, of_summary.data);
	}
}

static void damage_is_kept_with_the_name_of_its_log(void **state)
{
	struct audit_case *c = *state;
	CLEANUP(strbuf_release) struct strbuf one = summary_of(1U << 5);
	CLEANUP(strbuf_release) struct strbuf twice = merged(&one, &one);

	add_log(c, "twice.kmsd", twice.data, twice.len);
	judge_case(c);
	assert_true(n_found(c, "log-damaged") > 0);
	assert_memory_equal(found(c, "log-damaged")->message, "damaged.evtx: ", 14);
	assert_null(strstr(found(c, "log-damaged")->message, ".kmsd"));
}

static void row_that_stands_twice_in_one_log_counts_twice(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf one = summary_of(1U << 3);
	CLEANUP(strbuf_release) struct strbuf two = summary_of(1U << 3 | 1U << 4);
	struct told told = read_log(one.data, one.len);

	assert_int_equal(told.events.len, 33);
	assert_string_equal(told.format, "kmsd");
	assert_true(told.events.items[0].event.assumed_host);
	told_release(&told);
	/* Ten of the thirty rows of the other log are in the first. */
	told = read_log(two.data, two.len);
	assert_int_equal(told.events.len, 53);
	told_release(&told);
}

static void every_changed_byte_is_refused(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf good = summary_of(1U << 3);

	for (size_t i = 0; i < good.len; i++) {
		struct told told;

		good.data[i] ^= 0x10;
		told = read_log(good.data, good.len);
		good.data[i] ^= 0x10;
		assert_int_equal(told.result, -1);
		assert_int_equal(told.events.len, 0);
		told_release(&told);
	}
}

static void summary_that_is_cut_or_longer_is_refused(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf good = summary_of(1U << 3);
	struct told told;

	for (size_t len = KMSD_MAGIC_LEN; len < good.len; len += 3) {
		told = read_log(good.data, len);
		assert_int_equal(told.result, -1);
		assert_int_equal(told.err.kind, ERR_TRUNCATED);
		told_release(&told);
	}
	strbuf_addc(&good, 'x');
	told = read_log(good.data, good.len);
	assert_int_equal(told.result, -1);
	told_release(&told);
}

/* A body that lies about its contents, with a right checksum. */
static void assert_body_refused(const struct strbuf *good, size_t at, uint64_t value)
{
	CLEANUP(strbuf_release) struct strbuf bad = STRBUF_INIT;
	struct told told;

	strbuf_add(&bad, good->data, good->len);
	store_le64((uint8_t *)bad.data + at, value);
	store_le32((uint8_t *)bad.data + KMSD_AT_CRC,
		   (uint32_t)crc32_z(0, (const Bytef *)bad.data + KMSD_HEADER_LEN, bad.len - KMSD_HEADER_LEN));
	told = read_log(bad.data, bad.len);
	assert_int_equal(told.result, -1);
	assert_int_equal(told.err.kind, ERR_FORMAT);
	assert_int_equal(told.events.len, 0);
	told_release(&told);
}

static void numbers_that_do_not_fit_the_file_are_refused(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf good = summary_of(1U << 3);
	static const uint64_t values[] = { 0, 1, 1000, UINT64_MAX, 1ULL << 63, 1ULL << 32 };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		assert_body_refused(&good, KMSD_AT_TEXTS, values[i]);
		assert_body_refused(&good, KMSD_AT_EVENTS, values[i]);
		if (values[i])
			assert_body_refused(&good, KMSD_AT_DAMAGES, values[i]);
	}
	assert_body_refused(&good, KMSD_HEADER_LEN, UINT64_MAX);
}

static void newer_version_is_named(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf good = summary_of(1U << 3);
	struct told told;

	store_le32((uint8_t *)good.data + KMSD_AT_VERSION, 2);
	told = read_log(good.data, good.len);
	assert_int_equal(told.err.kind, ERR_UNSUPPORTED);
	told_release(&told);
}

static void summary_of_nothing_is_a_log_without_events(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf none = summary_of(0);
	struct told told = read_log(none.data, none.len);

	assert_int_equal(told.result, 0);
	assert_int_equal(told.events.len, 0);
	told_release(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_partition_merged_in_any_order_is_the_whole),
		cmocka_unit_test_setup_teardown(audit_of_the_summary_is_that_of_the_logs, case_setup, case_teardown),
		cmocka_unit_test_setup_teardown(damage_is_kept_with_the_name_of_its_log, case_setup, case_teardown),
		cmocka_unit_test(row_that_stands_twice_in_one_log_counts_twice),
		cmocka_unit_test(every_changed_byte_is_refused),
		cmocka_unit_test(summary_that_is_cut_or_longer_is_refused),
		cmocka_unit_test(numbers_that_do_not_fit_the_file_are_refused),
		cmocka_unit_test(newer_version_is_named),
		cmocka_unit_test(summary_of_nothing_is_a_log_without_events),
	};

	return cmocka_run_group_tests(tests, make_logs, free_logs);
}
