/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs larger than a part: read by several threads they give what one thread reads in one go. */
#include <inttypes.h>
#include <unistd.h>

#include "common/base/file.h"
#include "kms/log_files.h"
#include "tests/support/kms_text.h"
#include "tests/support/write_file.h"
#include "tests/unit/kms/kms_case.h"

struct trace {
	struct strbuf text;
	uint64_t n_good;
};

static void trace_event(void *context, const struct log_event *event)
{
	struct trace *trace = context;
	const struct kms_request *r = &event->request;

	strbuf_addf(&trace->text, "%u %" PRIu64 " %" PRIu64 " %" PRIu64 " %u %d %.*s", event->id,
		    event->has_time ? event->time : 0, event->has_record ? event->record : 0, event->offset, event->line,
		    event->problem, (int)event->computer.len, event->computer.len ? event->computer.data : "");
	if (event->problem == REQUEST_GOOD) {
		strbuf_addf(&trace->text, " %.*s %u %" PRIu64, (int)r->name.len, r->name.data, r->minutes, r->client_time);
		trace->n_good++;
	}
	strbuf_addc(&trace->text, '\n');
}

static void trace_damage(void *context, uint64_t offset, const char *text)
{
	struct trace *trace = context;

	strbuf_addf(&trace->text, "damage %" PRIu64 " %s\n", offset, text);
}

static struct log_sink begin(void *context, const char *path UNUSED)
{
	return (struct log_sink){ .context = context, .event = trace_event, .damage = trace_damage };
}

static int end(void *context UNUSED, const char *format UNUSED, struct err *err UNUSED)
{
	return 0;
}

static void drop(void *context UNUSED)
{
}

static struct trace read_with(const char *path, uint64_t jobs)
{
	struct trace trace = { 0 };
	const struct log_consumer consumer = { &trace, begin, end, drop };
	char *args[] = { (char *)(uintptr_t)path };
	struct log_files files = { 0 };
	struct err err = { 0 };

	if (log_files_find(&files, args, 1, &err) < 0 || log_files_read(&files, jobs, &consumer, &err) < 0)
		fail_msg("%s", err.text);
	log_files_release(&files);
	return trace;
}

static struct trace read_in_memory(const char *path)
{
	CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	struct trace trace = { 0 };
	struct log_sink sink = begin(&trace, path);
	struct err err = { 0 };

	assert_int_equal(file_read_all(path, 1 << 30, &bytes, &err), 0);
	if (log_read_bytes(bytes_of(bytes.data, bytes.len), &sink, NULL, &err) < 0)
		fail_msg("%s", err.text);
	return trace;
}

static void compare(const char *path, uint64_t least)
{
	struct trace whole = read_in_memory(path);

	assert_true(whole.n_good >= least);
	for (uint64_t jobs = 1; jobs <= 5; jobs += 2) {
		struct trace parts = read_with(path, jobs);

		if (parts.text.len != whole.text.len || memcmp(parts.text.data, whole.text.data, whole.text.len) != 0)
			fail_msg("%s differs with %" PRIu64 " jobs", path, jobs);
		strbuf_release(&parts.text);
	}
	strbuf_release(&whole.text);
	unlink(path);
}

static const char path[] = "/tmp/goldwim-test-log-parts";

static void every_format_is_read_in_parts(void **state UNUSED)
{
	static const char *const formats[] = { "text", "csv", "xml", "wevtutil", "list", "json" };
	struct kms_log_options options = kms_log_defaults;
	struct err err = { 0 };

	options.events = 12000;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		assert_int_equal(kms_text_write(path, formats[i], &options, &err), 0);
		compare(path, options.events);
	}
}

static void chunks_are_read_in_parts(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT;
	struct kms_log_options options = kms_log_defaults;
	struct err err = { 0 };

	options.events = 6000;
	options.odd = true;
	options.damage = (struct evtx_damage){ .flip = true, .flip_chunk = 3, .wipe = true, .wipe_chunk = 8, .zero_tail = 20 };
	assert_int_equal(kms_log_build(&options, &log, NULL, &err), 0);
	assert_int_equal(write_file(path, log.data, log.len, &err), 0);
	compare(path, options.events / 2);
}

/* An event after the other, each with filler in it that is there to be mistaken for events. */
struct shape {
	const char *head, *before, *after, *filler, *close, *tail;
	size_t n_filler;
};

static void write_shape(const struct shape *shape)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct err err = { 0 };

	strbuf_adds(&text, shape->head);
	for (int i = 0; text.len < 3 << 20; i++) {
		strbuf_addf(&text, "%s%d%s", shape->before, i, shape->after);
		for (size_t k = 0; k < shape->n_filler; k++)
			strbuf_adds(&text, shape->filler);
		strbuf_adds(&text, shape->close);
	}
	strbuf_adds(&text, shape->tail);
	assert_int_equal(write_file(path, text.data, text.len, &err), 0);
}

#define TAIL CMID ",2026/8/4 15:46,1,2,41065," WINDOWS_10
#define FAKE_ROW "Information,8/4/2026 3:46:52 PM,SPP,12290,None,fake 0x0,25,fake.example.com," TAIL "\r\n"

static void what_looks_like_an_event_inside_of_another_is_none(void **state UNUSED)
{
	static const struct shape shapes[] = {
		{ "Level,Date and Time,Source,Event ID,Task Category\r\n",
		  "Information,8/4/2026 3:46:52 PM,SPP,12290,None,\"A request.\r\nInfo:\r\n0x0,25,pc", "," TAIL "\r\n", FAKE_ROW,
		  "\"\r\n", "", 300 },
		{ "<Events>",
		  "<Event><System><EventID>12290</EventID><TimeCreated SystemTime='2026-08-04T15:46:52Z'/></System>"
		  "<EventData><Data>0x0,25,pc",
		  "," TAIL "</Data>", "<Event ><Data>", "</EventData></Event>", "</Events>", 5000 },
		{ "", "{\"EventID\":12290,\"Message\":\"0x0,25,pc", "," TAIL "\",\"Text\":[{\"EventID\":1}",
		  ",\n{\"EventID\":12290}", "]}\n", "", 5000 },
		{ "[\n", "{\"EventID\":12290,\"Message\":\"0x0,25,pc", "," TAIL "\",\"Text\":\"", "\\n{\\\"EventID\\\":12290,",
		  "\"},\n", "]", 30000 },
		{ "", "Event[0]:\r\n  Event ID: 12290\r\n  Description:\r\nInfo:\r\n0x0,25,pc", "," TAIL "\r\n",
		  "  Event[0]: no\r\n Event ID \r\n", "\r\n", "", 5000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		write_shape(&shapes[i]);
		compare(path, 2);
	}
}

/* Larger than what readers take of one event: a part may lie in it altogether. */
static void event_longer_than_any_costs_itself_alone(void **state UNUSED)
{
	static const struct shape shapes[] = {
		{ "<Events>", "<Event><System><EventID>12290</EventID></System><EventData><Data>0x0,25,pc",
		  "," TAIL "</Data></EventData></Event><Event>", "<Data>more</Data>", "</Event>", "</Events>", 80000 },
		{ "", "{\"EventID\":12290,\"Message\":\"0x0,25,pc", "," TAIL "\"}\n{\"EventID\":1,\"Text\":\"",
		  "{\\\"EventID\\\":12290,", "\"}\n", "", 90000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		write_shape(&shapes[i]);
		compare(path, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_is_read_in_parts),
		cmocka_unit_test(chunks_are_read_in_parts),
		cmocka_unit_test(what_looks_like_an_event_inside_of_another_is_none),
		cmocka_unit_test(event_longer_than_any_costs_itself_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
