/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same request in every shape that Windows and its collectors give it. */
#include <zlib.h>
#include <zstd.h>

#include "common/base/utf16.h"
#include "tests/unit/kms/kms_case.h"

#define INFO_2 "0x0,5,srv2.example.com,eb3a4b41-a8e2-4d47-b1b1-7d21fdf15fab,2026/8/5 9:00,1,1,249120," WINDOWS_10
#define MESSAGE(info) "An activation request has been processed.\r\nInfo:\r\n" info
#define TAB_HEADER "Level\tDate and Time\tSource\tEvent ID\tTask Category\r\n"
#define TAB_ROW(time, info) \
	"Information\t" time "\tMicrosoft-Windows-Security-SPP\t12290\tNone\t\"" MESSAGE(info) "\"\r\n"

static void assert_two(struct told *told, const char *format)
{
	if (told->result < 0)
		fail_msg("%s", told->err.text);
	assert_string_equal(told->format, format);
	assert_int_equal(told->events.len, 2);
	assert_int_equal(told->damages.len, 0);
	assert_int_equal(told->events.items[0].event.problem, REQUEST_GOOD);
	assert_string_equal(told->events.items[0].name, "pc1.example.com");
	assert_int_equal(told->events.items[1].event.problem, REQUEST_GOOD);
	assert_string_equal(told->events.items[1].name, "srv2.example.com");
	assert_int_equal(told->events.items[1].event.request.minutes, 249120);
}

static void assert_times(const struct told *told, const char *first, const char *second)
{
	assert_true(told->events.items[0].event.has_time);
	assert_true(told->events.items[0].event.time == at_time(first));
	assert_true(told->events.items[1].event.time == at_time(second));
}

static void check_timed(const char *text, const char *format)
{
	struct told told = read_text(text);

	assert_two(&told, format);
	assert_times(&told, "2026-08-04T15:46:52Z", "2026-08-05T09:00:15Z");
	assert_int_equal(told.events.items[0].event.id, EVENT_REQUEST);
	told_release(&told);
}

static void tab_delimited_rows_of_the_event_viewer(void **state UNUSED)
{
	check_timed(TAB_HEADER TAB_ROW("8/4/2026 3:46:52 PM", INFO) TAB_ROW("8/5/2026 9:00:15 AM", INFO_2), "rows");
}

static void rows_know_their_line(void **state UNUSED)
{
	struct told told = read_text(TAB_HEADER TAB_ROW("8/4/2026 3:46:52 PM", INFO)
					     TAB_ROW("8/5/2026 9:00:15 AM", INFO_2));

	assert_int_equal(told.events.items[0].event.line, 2);
	assert_int_equal(told.events.items[1].event.line, 5);
	told_release(&told);
}

static void german_rows_with_the_day_first(void **state UNUSED)
{
	check_timed("Ebene\tDatum und Uhrzeit\tQuelle\tEreignis-ID\tAufgabenkategorie\r\n"
		    "Informationen\t04.08.2026 17:46:52\tMicrosoft-Windows-Security-SPP\t12290\tKeine\t\"Meldung\r\n"
		    "Info:\r\n" INFO "\"\r\n"
		    "Informationen\t05.08.2026 11:00:15\tMicrosoft-Windows-Security-SPP\t12290\tKeine\t\"Meldung\r\n"
		    "Info:\r\n" INFO_2 "\"\r\n",
		    "rows");
}

static void british_rows_whose_order_only_the_clients_tell(void **state UNUSED)
{
	check_timed(TAB_HEADER TAB_ROW("04/08/2026 15:46:52", INFO) TAB_ROW("05/08/2026 09:00:15", INFO_2), "rows");
}

static void comma_separated_rows_with_a_mark(void **state UNUSED)
{
	check_timed("\xef\xbb\xbf"
		    "Level,Date and Time,Source,Event ID,Task Category\r\n"
		    "Information,8/4/2026 3:46:52 PM,SPP,12290,None,\"A \"\"request\"\" came.\r\nInfo:\r\n" INFO "\"\r"
														 "\n"
		    "Information,8/5/2026 9:00:15 AM,SPP,12290,None,\"" MESSAGE(INFO_2) "\"\r\n",
		    "rows");
}

static void export_csv_of_powershell_with_semicolons(void **state UNUSED)
{
	struct told told = read_text(
		"#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\r\n"
		"\"Message\";\"Id\";\"Version\";\"MachineName\";\"RecordId\";\"TimeCreated\"\r\n"
		"\"" MESSAGE(INFO) "\";\"12290\";\"0\";\"kms01\";\"77\";\"8/4/2026 3:46:52 PM\"\r\n"
		"\"" MESSAGE(INFO_2) "\";\"12290\";\"0\";\"kms01\";\"78\";\"8/5/2026 9:00:15 AM\"\r\n");

	assert_two(&told, "rows");
	assert_times(&told, "2026-08-04T15:46:52Z", "2026-08-05T09:00:15Z");
	assert_string_equal(told.events.items[0].computer, "kms01");
	assert_int_equal(told.events.items[1].event.record, 78);
	told_release(&told);
}

static void instance_id_of_get_eventlog_is_the_event_id(void **state UNUSED)
{
	check_timed("\"Index\",\"EntryType\",\"InstanceId\",\"Message\",\"Source\",\"TimeGenerated\"\r\n"
		    "\"1\",\"Information\",\"1073754114\",\"" MESSAGE(INFO) "\",\"SPP\",\"8/4/2026 3:46:52 PM\"\r\n"
		    "\"2\",\"Information\",\"1073754114\",\"" MESSAGE(INFO_2) "\",\"SPP\",\"8/5/2026 9:00:15 AM\"\r\n",
		    "rows");
}

static void message_without_quotes_goes_on_in_the_next_lines(void **state UNUSED)
{
	check_timed(TAB_HEADER "Information\t8/4/2026 3:46:52 PM\tSPP\t12290\tNone\tA request.\r\nInfo:\r\n" INFO "\r\n"
		    "Information\t8/5/2026 9:00:15 AM\tSPP\t12290\tNone\tA request.\r\nInfo:\r\n" INFO_2 "\r\n",
		    "rows");
}

static void quote_that_does_not_end_costs_one_row(void **state UNUSED)
{
	struct told told = read_text(TAB_HEADER TAB_ROW("8/4/2026 3:46:52 PM", INFO)
				     "Information\t8/4/2026 3:46:53 PM\tSPP\t12290\tNone\t\"broken\r\n");

	assert_int_equal(told.result, 0);
	assert_int_equal(told.events.len, 2);
	assert_int_equal(told.events.items[0].event.problem, REQUEST_GOOD);
	assert_int_equal(told.events.items[1].event.id, EVENT_REQUEST);
	assert_int_equal(told.events.items[1].event.problem, REQUEST_NOT_INFO);
	told_release(&told);
}

static void other_events_keep_their_number(void **state UNUSED)
{
	struct told told = read_text(TAB_HEADER "Error\t8/4/2026 3:46:52 PM\tSPP\t12293\tNone\t\"Publishing failed.\r\n"
				     "Info:\r\n0x8007232D\"\r\n" TAB_ROW("8/4/2026 3:46:52 PM", INFO));

	assert_int_equal(told.events.len, 2);
	assert_int_equal(told.events.items[0].event.id, EVENT_DNS_FAILED);
	told_release(&told);
}

static void log_that_was_empty_has_only_a_header(void **state UNUSED)
{
	struct told told = read_text(TAB_HEADER);

	assert_int_equal(told.result, 0);
	assert_int_equal(told.events.len, 0);
	told_release(&told);
}

static void text_of_wevtutil(void **state UNUSED)
{
	struct told told = read_text("Event[0]:\r\n  Log Name: Key Management Service\r\n  Source: "
				     "Microsoft-Windows-Security-SPP\r\n"
				     "  Date: 2026-08-04T15:46:52.123\r\n  Event ID: 12290\r\n  Task: N/A\r\n  "
				     "Computer: kms01.example.com\r\n"
				     "  Description: \r\n" MESSAGE(INFO) "\r\n\r\n"
									 "Event[1]:\r\n  Log Name: Key Management "
									 "Service\r\n  Date: "
									 "2026-08-05T09:00:15.000\r\n  Event ID: "
									 "12290\r\n"
									 "  Computer: kms01.example.com\r\n  "
									 "Description: \r\n" MESSAGE(INFO_2) "\r\n\r"
													     "\n");

	assert_two(&told, "lines");
	assert_times(&told, "2026-08-04T15:46:52Z", "2026-08-05T09:00:15Z");
	assert_string_equal(told.events.items[1].computer, "kms01.example.com");
	told_release(&told);
}

static void format_list_of_powershell_with_lines_broken_by_the_console(void **state UNUSED)
{
	struct told told = read_text("\r\nTimeCreated  : 8/4/2026 3:46:52 PM\r\nProviderName : "
				     "Microsoft-Windows-Security-SPP\r\nId           : 12290\r\n"
				     "Message      : An activation request has been processed.\r\n               "
				     "Info:\r\n"
				     "               0x0,25,pc1.example.com," CMID ",2026/8/4 15:46,1,2,\r\n           "
										   "    41065," WINDOWS_10 "\r\n\r\n"
				     "TimeCreated  : 8/5/2026 9:00:15 AM\r\nProviderName : "
				     "Microsoft-Windows-Security-SPP\r\nId           : 12290\r\n"
				     "Message      : An activation request has been processed.\r\n               "
				     "Info:\r\n"
				     "               "
				     "0x0,5,srv2.example.com,eb3a4b41-a8e2-4d47-b1b1-7d21fdf15fab,2026/8/5\r\n"
				     "               9:00,1,1,249120," WINDOWS_10 "\r\n\r\n");

	assert_two(&told, "lines");
	assert_times(&told, "2026-08-04T15:46:52Z", "2026-08-05T09:00:15Z");
	told_release(&told);
}

static void bare_lines_have_the_time_of_the_client(void **state UNUSED)
{
	struct told told = read_text(INFO "\n" INFO_2 "\n");

	assert_two(&told, "lines");
	assert_false(told.events.items[0].event.has_time);
	told_release(&told);
}

#define XML_EVENT(record, time, data)                                                                              \
	"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider "                  \
	"Name='Microsoft-Windows-Security-SPP' Guid='{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}' "                     \
	"EventSourceName='KmsRequests'/><EventID Qualifiers='16384'>12290</EventID><TimeCreated SystemTime='" time \
	"'/><EventRecordID>" record "</EventRecordID><Channel>Key Management Service</Channel>"                    \
	"<Computer>kms01.example.com</Computer></System><EventData>" data "</EventData></Event>"

static void xml_with_and_without_a_root(void **state UNUSED)
{
	static const char *const files[] = {
		"<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n<Events>" XML_EVENT(
			"7", "2026-08-04T15:46:52.123456700Z", "<Data>" INFO "</Data>")
			XML_EVENT("8", "2026-08-05T09:00:15.000000000Z",
				  "<Data>" INFO_2 "</Data><Binary>00ff</Binary>") "</Events>",
		XML_EVENT("7", "2026-08-04T15:46:52.123Z", "<Data>" INFO "</Data>") "\r\n" XML_EVENT(
			"8", "2026-08-05T09:00:15.000Z", "<Data>" INFO_2 "</Data><Binary>00ff</Binary>"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct told told = read_text(files[i]);

		assert_two(&told, "xml");
		assert_times(&told, "2026-08-04T15:46:52Z", "2026-08-05T09:00:15Z");
		assert_string_equal(told.events.items[0].computer, "kms01.example.com");
		assert_int_equal(told.events.items[0].event.record, 7);
		assert_int_equal(told.events.items[1].event.binary_len, 2);
		told_release(&told);
	}
}

static void xml_entities_are_resolved(void **state UNUSED)
{
	struct told told = read_text(XML_EVENT("1", "2026-08-04T15:46:52Z",
					       "<Data>0x0,25,a&amp;b&#x41;&#66;&lt;," CMID
					       ",2026/8/4 15:46,1,2,1," WINDOWS_10 "</Data>"));

	assert_int_equal(told.events.len, 1);
	assert_string_equal(told.events.items[0].name, "a&bAB<");
	told_release(&told);
}

static void xml_event_that_does_not_end_is_damage(void **state UNUSED)
{
	struct told told = read_text("<Events>" XML_EVENT("1", "2026-08-04T15:46:52Z", "<Data>" INFO "</Data>") "<Event"
														"><"
														"System"
														">");

	assert_int_equal(told.result, 0);
	assert_int_equal(told.events.len, 1);
	assert_int_equal(told.damages.len, 1);
	told_release(&told);
}

static void json_of_powershell(void **state UNUSED)
{
	/* 1785858412 is 2026-08-04T15:46:52Z. */
	check_timed("[\r\n{\"Id\":12290,\"Message\":\"An activation request.\\r\\nInfo:\\r\\n" INFO
		    "\",\"TimeCreated\":\"\\/Date(1785858412000)\\/\"},\r\n"
		    "{\"Id\":12290,\"Message\":\"\\u0041 request.\\r\\nInfo:\\r\\n" INFO_2
		    "\",\"TimeCreated\":\"2026-08-05T09:00:15Z\"}\r\n]\r\n",
		    "json");
}

static void json_lines_of_winlogbeat(void **state UNUSED)
{
	check_timed("{\"@timestamp\":\"2026-08-04T15:46:52.123Z\",\"agent\":{\"id\":\"5\"},\"winlog\":{\"event_id\":"
		    "\"12290\","
		    "\"computer_name\":\"kms01\",\"record_id\":7,\"event_data\":{\"param1\":\"0x0\",\"param2\":\"25\","
		    "\"param3\":\"pc1.example.com\",\"param4\":\"" CMID "\",\"param5\":\"2026/8/4 "
									"15:46\",\"param6\":\"1\","
		    "\"param7\":\"2\",\"param8\":\"41065\",\"param9\":\"" WINDOWS_10 "\"}}}\n"
		    "{\"@timestamp\":\"2026-08-05T09:00:15.000Z\",\"winlog\":{\"event_id\":\"12290\","
		    "\"event_data\":{\"param1\":\"" INFO_2 "\"}}}\n",
		    "json");
}

static void json_of_evtx_dump(void **state UNUSED)
{
	struct told told = read_text(
		"{\"Event\":{\"System\":{\"EventID\":{\"#attributes\":{\"Qualifiers\":16384},\"#text\":12290},"
		"\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"2026-08-04T15:46:52.000000Z\"}},\"EventRecordID\":"
		"9,"
		"\"Computer\":\"kms01\"},\"EventData\":{\"Data\":{\"#text\":[\"" INFO "\",\"0x0\",\"25\"]}}}}\n");

	assert_int_equal(told.result, 0);
	assert_int_equal(told.events.len, 1);
	assert_int_equal(told.events.items[0].event.id, EVENT_REQUEST);
	assert_int_equal(told.events.items[0].event.record, 9);
	assert_string_equal(told.events.items[0].name, "pc1.example.com");
	assert_true(told.events.items[0].event.time == at_time("2026-08-04T15:46:52Z"));
	told_release(&told);
}

static void json_that_ends_too_early_is_damage(void **state UNUSED)
{
	struct told told = read_text("[{\"Id\":12290,\"Message\":\"" INFO "\"},{\"Id\":12290,\"Mess");

	assert_int_equal(told.result, 0);
	assert_int_equal(told.events.len, 1);
	assert_int_equal(told.damages.len, 1);
	told_release(&told);
}

static void json_nested_without_end_is_refused(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf deep = STRBUF_INIT;
	struct told told;

	strbuf_add_fill(&deep, '[', 100000);
	told = read_log(deep.data, deep.len);
	assert_int_equal(told.result, -1);
	told_release(&told);
}

static void utf16_is_read_with_and_without_a_mark(void **state UNUSED)
{
	static const char text[] = TAB_HEADER TAB_ROW("8/4/2026 3:46:52 PM", INFO)
		TAB_ROW("8/5/2026 9:00:15 AM", INFO_2);

	for (int mark = 0; mark < 2; mark++) {
		CLEANUP(strbuf_release) struct strbuf wide = STRBUF_INIT;
		struct told told;

		if (mark)
			strbuf_add(&wide, "\xff\xfe", 2);
		assert_int_equal(text_to_utf16le(text, strlen(text), &wide, NULL), 0);
		told = read_log(wide.data, wide.len);
		assert_two(&told, "rows");
		told_release(&told);
	}
}

static struct strbuf gzip(const char *text, size_t len)
{
	struct strbuf packed = STRBUF_INIT;
	z_stream stream = { 0 };

	strbuf_reserve(&packed, len + 1024);
	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = (Bytef *)(uintptr_t)text;
	stream.avail_in = (uInt)len;
	stream.next_out = (Bytef *)packed.data;
	stream.avail_out = (uInt)len + 1024;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	packed.len = stream.total_out;
	deflateEnd(&stream);
	return packed;
}

static void gzip_is_unpacked_and_a_cut_one_read_as_far_as_it_goes(void **state UNUSED)
{
	static const char text[] = TAB_HEADER TAB_ROW("8/4/2026 3:46:52 PM", INFO)
		TAB_ROW("8/5/2026 9:00:15 AM", INFO_2);
	CLEANUP(strbuf_release) struct strbuf packed = gzip(text, strlen(text));
	struct told told = read_log(packed.data, packed.len);

	assert_two(&told, "rows");
	told_release(&told);
	told = read_log(packed.data, packed.len - 12);
	assert_int_equal(told.result, 0);
	assert_true(told.events.len >= 1);
	assert_int_equal(told.damages.len, 1);
	told_release(&told);
	told = read_log(packed.data, 8);
	assert_int_equal(told.result, -1);
	assert_int_equal(told.err.kind, ERR_TRUNCATED);
	told_release(&told);
}

static void zstd_of_several_frames_is_unpacked_and_a_cut_one_read_as_far_as_it_goes(void **state UNUSED)
{
	static const char first[] = TAB_HEADER TAB_ROW("8/4/2026 3:46:52 PM", INFO);
	static const char second[] = TAB_ROW("8/5/2026 9:00:15 AM", INFO_2);
	char packed[4096];
	size_t len = ZSTD_compress(packed, sizeof(packed), first, strlen(first), 3);
	size_t more = ZSTD_compress(packed + len, sizeof(packed) - len, second, strlen(second), 3);
	struct told told = read_log(packed, len + more);

	assert_two(&told, "rows");
	told_release(&told);
	told = read_log(packed, len + more - 5);
	assert_int_equal(told.result, 0);
	assert_int_equal(told.events.len, 1);
	assert_int_equal(told.damages.len, 1);
	told_release(&told);
}

/* A log of many megabytes in a few kilobytes: it is read through a window. */
static void packed_log_may_be_larger_than_the_window(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf packed = STRBUF_INIT;
	struct told told;

	strbuf_adds(&text, TAB_HEADER);
	for (int i = 0; i < 40000; i++)
		strbuf_adds(&text, TAB_ROW("8/4/2026 3:46:52 PM", INFO));
	strbuf_reserve(&packed, ZSTD_compressBound(text.len));
	packed.len = ZSTD_compress(packed.data, packed.cap, text.data, text.len, 3);
	told = read_log(packed.data, packed.len);
	assert_int_equal(told.result, 0);
	assert_int_equal(told.events.len, 40000);
	assert_int_equal(told.events.items[39999].event.line, 2 + 3 * 39999);
	assert_int_equal(told.damages.len, 0);
	told_release(&told);
	packed.len = 0;
	text_to_utf16le(text.data, text.len, &packed, NULL);
	told = read_log(packed.data, packed.len);
	assert_int_equal(told.events.len, 40000);
	assert_string_equal(told.events.items[39999].name, "pc1.example.com");
	told_release(&told);
}

/* 64 MiB of nothing in a few kilobytes: no log, and told in the memory of a window. */
static void packed_nothing_is_no_log(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf zeros = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf packed = STRBUF_INIT;
	struct told told;

	strbuf_add_fill(&zeros, ' ', 64 << 20);
	strbuf_reserve(&packed, ZSTD_compressBound(zeros.len));
	packed.len = ZSTD_compress(packed.data, packed.cap, zeros.data, zeros.len, 3);
	told = read_log(packed.data, packed.len);
	assert_int_equal(told.result, -1);
	assert_int_equal(told.err.kind, ERR_FORMAT);
	told_release(&told);
}

static void what_is_no_log_is_refused(void **state UNUSED)
{
	static const struct {
		const char *data;
		size_t len;
	} bad[] = {
		{ "", 0 },
		{ "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1", 14 },
		{ "Dear all,\nthis is a letter.\n", 28 },
		{ "a,b,c,d,e\n1,2,3,4,5\n", 20 },
		{ "<html><body>no</body></html>", 28 },
		{ "{\"name\":\"value\"}", 16 },
		{ "{{{{", 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct told told = read_log(bad[i].data, bad[i].len);

		if (told.result == 0)
			fail_msg("%s", bad[i].data);
		assert_int_equal(told.err.kind, ERR_FORMAT);
		told_release(&told);
	}
}

static void formats_we_know_but_do_not_read_are_named(void **state UNUSED)
{
	static const struct {
		const char *data;
		size_t len;
	} known[] = {
		{ "PK\3\4\0\0\0\0", 8 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct told told = read_log(known[i].data, known[i].len);

		assert_int_equal(told.result, -1);
		assert_int_equal(told.err.kind, ERR_UNSUPPORTED);
		told_release(&told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tab_delimited_rows_of_the_event_viewer),
		cmocka_unit_test(rows_know_their_line),
		cmocka_unit_test(german_rows_with_the_day_first),
		cmocka_unit_test(british_rows_whose_order_only_the_clients_tell),
		cmocka_unit_test(comma_separated_rows_with_a_mark),
		cmocka_unit_test(export_csv_of_powershell_with_semicolons),
		cmocka_unit_test(instance_id_of_get_eventlog_is_the_event_id),
		cmocka_unit_test(message_without_quotes_goes_on_in_the_next_lines),
		cmocka_unit_test(quote_that_does_not_end_costs_one_row),
		cmocka_unit_test(other_events_keep_their_number),
		cmocka_unit_test(log_that_was_empty_has_only_a_header),
		cmocka_unit_test(text_of_wevtutil),
		cmocka_unit_test(format_list_of_powershell_with_lines_broken_by_the_console),
		cmocka_unit_test(bare_lines_have_the_time_of_the_client),
		cmocka_unit_test(xml_with_and_without_a_root),
		cmocka_unit_test(xml_entities_are_resolved),
		cmocka_unit_test(xml_event_that_does_not_end_is_damage),
		cmocka_unit_test(json_of_powershell),
		cmocka_unit_test(json_lines_of_winlogbeat),
		cmocka_unit_test(json_of_evtx_dump),
		cmocka_unit_test(json_that_ends_too_early_is_damage),
		cmocka_unit_test(json_nested_without_end_is_refused),
		cmocka_unit_test(utf16_is_read_with_and_without_a_mark),
		cmocka_unit_test(gzip_is_unpacked_and_a_cut_one_read_as_far_as_it_goes),
		cmocka_unit_test(zstd_of_several_frames_is_unpacked_and_a_cut_one_read_as_far_as_it_goes),
		cmocka_unit_test(packed_log_may_be_larger_than_the_window),
		cmocka_unit_test(packed_nothing_is_no_log),
		cmocka_unit_test(what_is_no_log_is_refused),
		cmocka_unit_test(formats_we_know_but_do_not_read_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
