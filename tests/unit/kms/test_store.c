/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events as rows and back, and a store in a file as a set: parts in any order, more than once. */
#include <unistd.h>

#include "kms/store.h"
#include "kms/store_row.h"
#include "tests/support/kms_log.h"
#include "tests/support/rng.h"
#include "tests/unit/kms/audit_case.h"

enum { LOGS = 5, ROUNDS = 12 };

static char root[] = "/tmp/store-test.XXXXXX";
static char *log_paths[LOGS];

static void write_log(size_t i, const struct strbuf *bytes)
{
	FILE *out;

	log_paths[i] = xasprintf("%s/log%zu", root, i);
	out = fopen(log_paths[i], "w");
	assert_non_null(out);
	fwrite(bytes->data, 1, bytes->len, out);
	assert_int_equal(fclose(out), 0);
}

static void text_rows(struct strbuf *out, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		strbuf_addf(out, "0x%x,25,pc%u,%08x-230c-49ad-a8c2-c24914da4739,2026/8/%u 15:46,1,%u,1000," WINDOWS_10 "\n",
			    i % 7 ? 0 : 0xc004f042, i / 3, i / 4, i % 28 + 1, i % 3);
}

/* Two hosts, one of them twice; two exports that overlap, one of which says some lines twice. */
static int make_logs(void **state UNUSED)
{
	struct kms_log_options options = kms_log_defaults;
	struct strbuf bytes = STRBUF_INIT;
	struct err err = { 0 };

	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < 3; i++) {
		options.computer = i == 1 ? "KMS2" : i == 2 ? "kms1" : "KMS1";
		options.seed = i == 1 ? 7 : 1;
		options.events = i == 2 ? 300 : 200;
		options.odd = i == 1;
		strbuf_clear(&bytes);
		if (kms_log_build(&options, &bytes, NULL, &err) < 0)
			return -1;
		write_log(i, &bytes);
	}
	strbuf_clear(&bytes);
	text_rows(&bytes, 0, 40);
	text_rows(&bytes, 5, 9);
	write_log(3, &bytes);
	strbuf_clear(&bytes);
	text_rows(&bytes, 20, 60);
	write_log(4, &bytes);
	strbuf_release(&bytes);
	return 0;
}

static int remove_logs(void **state UNUSED)
{
	for (size_t i = 0; i < LOGS; i++) {
		unlink(log_paths[i]);
		free(log_paths[i]);
	}
	return rmdir(root);
}

static void ingest(const char *path, char *const *logs, size_t n)
{
	CLEANUP(log_files_release) struct log_files files = { 0 };
	struct err err = { 0 };
	struct store *store = store_open(path, STORE_WRITE, &err);

	if (!store || log_files_find(&files, logs, n, &err) < 0 || store_logs(store, &files, NULL, 1, &err) < 0)
		fail_msg("%s", err.text);
	store_freep(&store);
}

static void result_of(struct audit *audit, struct strbuf *ret)
{
	CLEANUP(json_freep) struct json *json = json_new(ret, true);
	CLEANUP(report_freep) struct report *report = report_new();

	audit_finish(audit);
	rules_kms(audit, report);
	json_begin_object(json, NULL);
	audit_to_json(audit, json);
	report_to_json(report, json);
	json_end_object(json);
}

static void audit_of_logs(struct strbuf *ret)
{
	const struct audit_options options = { .window = DAYS(30), .several_logs = true };
	CLEANUP(log_files_release) struct log_files files = { 0 };
	CLEANUP(audit_freep) struct audit *audit = audit_new(&options);
	struct err err = { 0 };

	if (log_files_find(&files, log_paths, LOGS, &err) < 0 || audit_logs(audit, &files, 1, &err) < 0)
		fail_msg("%s", err.text);
	result_of(audit, ret);
}

static void audit_of_store(const char *path, struct strbuf *ret)
{
	const struct audit_options options = { .window = DAYS(30) };
	CLEANUP(store_freep) struct store *store = NULL;
	CLEANUP(audit_freep) struct audit *audit = audit_new(&options);
	struct err err = { 0 };

	store = store_open(path, STORE_READ, &err);
	if (!store || audit_store(audit, store, &err) < 0)
		fail_msg("%s", err.text);
	result_of(audit, ret);
	audit_freep(&audit);
}

static void remove_store(const char *path)
{
	static const char *const tails[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		CLEANUP(freep) char *file = xasprintf("%s%s", path, tails[i]);

		unlink(file);
	}
}

static void logs_in_any_order_and_more_than_once_give_the_audit_of_all(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf wanted = STRBUF_INIT;
	CLEANUP(freep) char *path = xasprintf("%s/store", root);
	struct rng rng = rng_of(3, "store orders");

	audit_of_logs(&wanted);
	assert_non_null(strstr(wanted.data, "\"repeated\": 200"));
	for (unsigned round = 0; round < ROUNDS; round++) {
		CLEANUP(strbuf_release) struct strbuf got = STRBUF_INIT;
		bool done[LOGS] = { false };
		size_t left = LOGS;

		while (left) {
			char *some[3];
			size_t n = 1 + rng_below(&rng, 3);

			for (size_t i = 0; i < n; i++) {
				size_t which = rng_below(&rng, LOGS);

				some[i] = log_paths[which];
				left -= !done[which];
				done[which] = true;
			}
			ingest(path, some, n);
		}
		audit_of_store(path, &got);
		assert_string_equal(got.data, wanted.data);
		remove_store(path);
	}
}

static void event_comes_back_from_its_row(void **state UNUSED)
{
	static const char name[] = "a\\b\xff\xed\xa0\x80\0c\td\xc3\xa4";
	struct log_event event = {
		.id = 12290, .has_time = true, .time = at_time("2026-08-04T10:00:05"), .has_record = true,
		.record = UINT64_MAX - 1, .provider = TEXT("p\n"), .channel = TEXT(""), .computer = TEXT("KMS\\1"),
		.binary_len = 260, .offset = 77, .problem = REQUEST_GOOD,
		.request = { .hresult = 0xc004f042, .needed = 25, .name = { name, sizeof(name) - 1 }, .has_cmid = true,
			     .has_client_time = true, .client_time = at_time("1601-01-01"), .vm = 1, .status = 6,
			     .minutes = UINT32_MAX },
	};
	struct store_row row = { 0 };
	struct log_event got;
	struct err err = { 0 };

	guid_parse_all(CMID, &event.request.cmid);
	guid_parse_all(WINDOWS_10, &event.request.product);
	store_row_set(&row, &event, "fallback", 3);
	assert_string_equal(strbuf_text(&row.texts[ROW_KEY_HOST]), "kms\\\\1");
	assert_string_equal(strbuf_text(&row.texts[ROW_DIGEST]), "00000000000000000000000000000000");
	assert_int_equal(store_row_event(&row, &got, &err), 0);
	assert_int_equal(got.record, event.record);
	assert_int_equal(got.time, event.time);
	assert_int_equal(got.offset, 77);
	assert_int_equal(got.request.name.len, sizeof(name) - 1);
	assert_memory_equal(got.request.name.data, name, sizeof(name) - 1);
	assert_true(text_is(got.computer, "KMS\\1"));
	assert_true(text_is(got.provider, "p\n"));
	assert_true(guid_equal(&got.request.cmid, &event.request.cmid));
	assert_int_equal(got.request.client_time, 0);
	assert_true(got.request.has_client_time);
	assert_int_equal(got.request.minutes, UINT32_MAX);
	store_row_release(&row);
}

static void rows_that_make_no_sense_are_refused(void **state UNUSED)
{
	static const struct { enum store_int which; int64_t value; } wrong[] = {
		{ ROW_PROBLEM, 4 }, { ROW_PROBLEM, -1 }, { ROW_ID, -1 }, { ROW_ID, 1LL << 32 }, { ROW_PLACE, -1 },
		{ ROW_BINARY_LEN, -1 }, { ROW_TIME, INT64_MAX }, { ROW_TIME, INT64_MIN + 1 }, { ROW_HRESULT, -1 },
		{ ROW_MINUTES, 1LL << 32 }, { ROW_CLIENT_TIME, INT64_MAX },
	};
	struct log_event event = { .id = 12290, .problem = REQUEST_GOOD, .request = { .name = TEXT("pc") } }, got;
	struct store_row row = { 0 };
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		store_row_set(&row, &event, "h", 0);
		row.ints[wrong[i].which] = wrong[i].value;
		assert_int_equal(store_row_event(&row, &got, &err), -1);
	}
	for (size_t i = 0; i < 4; i++) {
		static const char *const texts[] = { "\\", "a\\x4", "\\y", "\\x4g" };

		store_row_set(&row, &event, "h", 0);
		strbuf_adds(&row.texts[ROW_NAME], texts[i]);
		assert_int_equal(store_row_event(&row, &got, &err), -1);
	}
	store_row_set(&row, &event, "h", 0);
	strbuf_clear(&row.texts[ROW_PRODUCT]);
	assert_int_equal(store_row_event(&row, &got, &err), -1);
	store_row_release(&row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event_comes_back_from_its_row),
		cmocka_unit_test(rows_that_make_no_sense_are_refused),
		cmocka_unit_test(logs_in_any_order_and_more_than_once_give_the_audit_of_all),
	};

	return cmocka_run_group_tests(tests, make_logs, remove_logs);
}
