/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/evtx_builder.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/file.h"
#include "common/base/filetime.h"
#include "tests/support/kms_log.h"
#include "tests/support/run_command.h"
#include "tests/support/write_file.h"
#include "tests/unit/cmocka_all.h"

static char *folder, *path;

static int setup(void **state UNUSED)
{
	folder = new_folder();
	path = path_join(folder, "kms.evtx");
	return 0;
}

static int teardown(void **state UNUSED)
{
	free(path);
	remove_folder(folder);
	return 0;
}

static void save(const struct strbuf *log)
{
	struct err err = { 0 };

	if (write_file(path, log->data, log->len, &err) < 0)
		fail_msg("%s", err.text);
}

static void build(const struct kms_log_options *options, struct strbuf *truth)
{
	CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT;
	struct err err = { 0 };

	if (kms_log_build(options, &log, truth, &err) < 0)
		fail_msg("%s", err.text);
	save(&log);
}

static void evtxexport(struct strbuf *ret)
{
	assert_int_equal(run_command(ret, "evtxexport '%s'", path), 0);
}

/* "CHUNKS good GOOD records RECORDS dirty DIRTY", as python-evtx sees the file. */
static void python_evtx(struct strbuf *ret)
{
	assert_int_equal(run_command(ret,
				     "/usr/bin/python3 -c '\n"
				     "import Evtx.Evtx as e\n"
				     "import sys\n"
				     "with e.Evtx(sys.argv[1]) as log:\n"
				     "    chunks = list(log.chunks())\n"
				     "    good = sum(c.verify() for c in chunks)\n"
				     "    n = sum(len(r.xml()) > 0 for c in chunks if c.verify() for r in c.records())\n"
				     "    h = log.get_file_header()\n"
				     "    assert h.verify()\n"
				     "    print(len(chunks), \"good\", good, \"records\", n, \"dirty\", h.is_dirty())\n"
				     "' '%s'", path), 0);
}

static void log_is_read_in_full_by_two_readers(void **state UNUSED)
{
	struct kms_log_options options = kms_log_defaults;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	build(&options, NULL);
	evtxexport(&text);
	assert_int_equal(count_text(&text, "Event identifier\t\t: 0x00003002 (12290)"), 1000);
	assert_int_equal(count_text(&text, "Number of strings\t\t: 10"), 1000);
	strbuf_clear(&text);
	options.events = 200;
	build(&options, NULL);
	python_evtx(&text);
	assert_string_equal(strbuf_text(&text), "3 good 3 records 200 dirty False\n");
}

static void style_decides_the_strings(void **state UNUSED)
{
	static const char *const counts[] = { [KMS_BOTH] = ": 10\n", [KMS_FIELDS] = ": 9\n", [KMS_JOINED] = ": 1\n" };
	struct kms_log_options options = kms_log_defaults;

	options.events = 20;
	for (unsigned style = 0; style < ARRAY_SIZE(counts); style++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		char *line = xasprintf("Number of strings\t\t%s", counts[style]);

		options.style = (enum kms_style)style;
		build(&options, NULL);
		evtxexport(&text);
		assert_int_equal(count_text(&text, line), 20);
		free(line);
	}
}

static void truth_names_the_clones_that_are_in_the_log(void **state UNUSED)
{
	struct kms_log_options options = kms_log_defaults;
	CLEANUP(strbuf_release) struct strbuf truth = STRBUF_INIT, found = STRBUF_INIT;
	const char *cmid;

	options.style = KMS_JOINED;
	build(&options, &truth);
	assert_int_equal(count_text(&truth, "\"cmid\""), 3);
	assert_int_equal(count_text(&truth, "clone"), 12);
	cmid = strstr(truth.data, "\"cmid\":\"") + 8;
	assert_int_equal(run_command(&found, "evtxexport '%s' | grep -o '[^,]*,%.36s' | sort -u | wc -l", path, cmid), 0);
	assert_string_equal(strbuf_text(&found), "4\n");
}

static void lines_become_events_with_their_time_and_strings(void **state UNUSED)
{
	char lines[] = "# comment\n"
		       "2024-02-29T08:15:00Z\t12290\t0x0,25,P\xc3\x84-1,01eb9985-230c-49ad-a8c2-c24914da4739,"
		       "2024/2/29 8:15,0,2,43200,73111121-5638-40f6-bc11-f1d7b0d64300\n"
		       "2024-02-29T08:16:00Z\t12293\t0x8007232D\texample.com\n";
	CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT, text = STRBUF_INIT;
	struct err err = { 0 };

	assert_int_equal(kms_log_from_lines(&kms_log_defaults, lines, &log, &err), 0);
	save(&log);
	evtxexport(&text);
	assert_int_equal(count_text(&text, "Event number"), 2);
	assert_non_null(strstr(text.data, "Feb 29, 2024 08:15:00.000000000 UTC"));
	assert_non_null(strstr(text.data, "String: 4\t\t\t: P\xc3\x84-1\n"));
	assert_non_null(strstr(text.data, "String: 10\t\t\t: 73111121-5638-40f6-bc11-f1d7b0d64300\n"));
	assert_non_null(strstr(text.data, "String: 2\t\t\t: example.com\n"));
}

static void odd_and_binary_records_are_read_too(void **state UNUSED)
{
	struct kms_log_options options = kms_log_defaults;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	options.events = 700; /* each of the 13 kinds once */
	options.odd = options.binary = true;
	build(&options, NULL);
	evtxexport(&text);
	assert_int_equal(count_text(&text, "Event number"), 714);
	assert_int_equal(count_text(&text, "(1337)"), 1);
	assert_int_equal(count_text(&text, "(12291)"), 1);
	assert_int_equal(count_text(&text, "Number of strings\t\t: 0"), 1);
}

static void damage_is_where_it_was_ordered(void **state UNUSED)
{
	struct kms_log_options options = kms_log_defaults;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	options.events = 200;
	options.damage = (struct evtx_damage){ .flip = true, .flip_chunk = 1 };
	build(&options, NULL);
	python_evtx(&text);
	assert_non_null(strstr(text.data, "3 good 2 "));
	strbuf_clear(&text);
	options.damage = (struct evtx_damage){ .dirty = true };
	build(&options, NULL);
	python_evtx(&text);
	assert_string_equal(strbuf_text(&text), "3 good 3 records 200 dirty True\n");
}

static void wrapped_log_says_where_its_oldest_chunk_is(void **state UNUSED)
{
	struct kms_log_options options = kms_log_defaults;
	CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT;
	struct err err = { 0 };
	const uint8_t *file;

	options.events = 200;
	options.damage.rotate = 1;
	assert_int_equal(kms_log_build(&options, &log, NULL, &err), 0);
	file = (const uint8_t *)log.data;
	assert_int_equal(log.len, 4096 + 3 * 65536);
	assert_int_equal(load_le64(file + 8), 2);
	assert_int_equal(load_le64(file + 16), 1);
	assert_int_equal(load_le64(file + 4096 + 2 * 65536 + 8), 1); /* first record number of that chunk */
}

static void event_larger_than_a_chunk_is_refused(void **state UNUSED)
{
	CLEANUP(evtx_freep) struct evtx *log = evtx_new(&evtx_kms_host, "kms");
	static uint8_t noise[64000];
	struct evtx_event event = { .time = FILETIME_UNIX_EPOCH, .id = 1, .binary = noise, .binary_len = sizeof noise };
	struct err err = { 0 };

	assert_int_equal(evtx_add(log, &event, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	event.binary_len = 60000;
	assert_int_equal(evtx_add(log, &event, &err), 0);
	assert_int_equal(evtx_record_count(log), 1);
}

static void checksum_is_the_one_of_zlib(void **state UNUSED)
{
	/* The check value of CRC-32 in catalogues of such codes. */
	assert_int_equal(evtx_crc32(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(evtx_crc32(evtx_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_is_read_in_full_by_two_readers),
		cmocka_unit_test(style_decides_the_strings),
		cmocka_unit_test(truth_names_the_clones_that_are_in_the_log),
		cmocka_unit_test(lines_become_events_with_their_time_and_strings),
		cmocka_unit_test(odd_and_binary_records_are_read_too),
		cmocka_unit_test(damage_is_where_it_was_ordered),
		cmocka_unit_test(wrapped_log_says_where_its_oldest_chunk_is),
		cmocka_unit_test(event_larger_than_a_chunk_is_refused),
		cmocka_unit_test(checksum_is_the_one_of_zlib),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
