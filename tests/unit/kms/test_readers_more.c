/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exports of collectors and of Windows in other languages; the same two requests in each. */
#include "common/base/utf16.h"
#include "tests/unit/kms/kms_case.h"

#define INFO_2 "0x0,5,srv2.example.com,eb3a4b41-a8e2-4d47-b1b1-7d21fdf15fab,2026/8/5 9:00,1,1,249120," WINDOWS_10
#define MESSAGE(info) "An activation request has been processed.\r\nInfo:\r\n" info

static void assert_both(struct told *told, const char *format)
{
	static const char *const times[] = { "2026-08-04T15:46:52Z", "2026-08-05T09:00:15Z" };
	static const char *const names[] = { "pc1.example.com", "srv2.example.com" };

	if (told->result < 0)
		fail_msg("%s", told->err.text);
	assert_string_equal(told->format, format);
	assert_int_equal(told->events.len, 2);
	assert_int_equal(told->damages.len, 0);
	for (size_t i = 0; i < 2; i++) {
		const struct log_event *event = &told->events.items[i].event;

		assert_int_equal(event->problem, REQUEST_GOOD);
		assert_string_equal(told->events.items[i].name, names[i]);
		assert_int_equal(event->id, EVENT_REQUEST);
		assert_true(event->has_time);
		assert_true(event->time == at_time(times[i]));
	}
}

static void check(const char *text, const char *format)
{
	struct told told = read_text(text);

	assert_both(&told, format);
	told_release(&told);
}

static void check_hosted(const char *text, const char *format)
{
	struct told told = read_text(text);

	assert_both(&told, format);
	assert_string_equal(told.events.items[1].computer, "kms01");
	assert_int_equal(told.events.items[1].event.record, 78);
	told_release(&told);
}

#define ROW(level, time, rest, info) level "\t" time "\tMicrosoft-Windows-Security-SPP\t12290\t" rest "\"" MESSAGE(info) "\"\r\n"

static void headers_in_other_languages(void **state UNUSED)
{
	/* Russian: the viewer is three hours ahead. */
	check("Уровень\tДата и время\tИсточник\tКод события\tКатегория задачи\r\n"
	      ROW("Сведения", "04.08.2026 18:46:52", "Отсутствует\t", INFO) ROW("Сведения", "05.08.2026 12:00:15", "Отсутствует\t", INFO_2),
	      "rows");
	check("レベル\t日付と時刻\tソース\tイベント ID\tタスクのカテゴリ\r\n"
	      ROW("情報", "2026/08/05 0:46:52", "なし\t", INFO) ROW("情報", "2026/08/05 18:00:15", "なし\t", INFO_2),
	      "rows");
	check("Nível\tData e Hora\tFonte\tIdentificação do Evento\tCategoria da Tarefa\r\n"
	      ROW("Informações", "04/08/2026 12:46:52", "Nenhum\t", INFO) ROW("Informações", "05/08/2026 06:00:15", "Nenhum\t", INFO_2),
	      "rows");
	/* French in ANSI, of which the names of columns are no UTF-8. */
	check("Niveau\tDate et heure\tSource\tID de l\x92\xe9v\xe9nement\tCat\xe9gorie de la t\xe2" "che\r\n"
	      ROW("Information", "04/08/2026 17:46:52", "Aucun\t", INFO) ROW("Information", "05/08/2026 11:00:15", "Aucun\t", INFO_2),
	      "rows");
}

static void columns_that_the_user_added(void **state UNUSED)
{
	struct told told = read_text("Level\tDate and Time\tSource\tEvent ID\tTask Category\tComputer\tLog\r\n"
				     ROW("Information", "8/4/2026 3:46:52 PM", "None\tkms01\tKey Management Service\t", INFO)
				     ROW("Information", "8/5/2026 9:00:15 AM", "None\tkms01\tKey Management Service\t", INFO_2));

	assert_both(&told, "rows");
	assert_string_equal(told.events.items[0].computer, "kms01");
	told_release(&told);
}

static void big_endian_text(void **state UNUSED)
{
	static const char text[] = "Level\tDate and Time\tSource\tEvent ID\tTask Category\r\n"
		ROW("Information", "8/4/2026 3:46:52 PM", "None\t", INFO) ROW("Information", "8/5/2026 9:00:15 AM", "None\t", INFO_2);
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	struct told told;

	strbuf_add(&units, "\xff\xfe", 2);
	text_to_utf16le(text, strlen(text), &units, NULL);
	for (size_t i = 0; i < units.len; i += 2) {
		char low = units.data[i];

		units.data[i] = units.data[i + 1];
		units.data[i + 1] = low;
	}
	told = read_log(units.data, units.len);
	assert_both(&told, "rows");
	told_release(&told);
}

#define CLIXML_EVENT(type, record, info, time)                                                                                   \
	"<Obj RefId=\"" record "\">" type "<ToString>EventLogRecord</ToString><Props><I32 N=\"Id\">12290</I32><By N=\"Version\">0</By>" \
	"<I64 N=\"RecordId\">" record "</I64><S N=\"ProviderName\">Microsoft-Windows-Security-SPP</S><S N=\"LogName\">Key "           \
	"Management Service</S><S N=\"MachineName\">kms01</S><Nil N=\"UserId\" /><DT N=\"TimeCreated\">" time "</DT>"                 \
	"<Obj N=\"Properties\" RefId=\"9" record "\"><LST><Obj RefId=\"8" record "\"><Props><S N=\"Id\">x</S></Props></Obj></LST></Obj>" \
	"</Props><MS><S N=\"Message\">An activation request.&#xD;_x000A_Info:_x000D__x000A_" info "</S></MS></Obj>"

static void clixml_of_powershell(void **state UNUSED)
{
	check_hosted("<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\r\n  "
		     CLIXML_EVENT("<TN RefId=\"0\"><T>EventLogRecord</T></TN>", "77", INFO, "2026-08-04T17:46:52.5+02:00")
		     CLIXML_EVENT("<TNRef RefId=\"0\" />", "78", INFO_2, "2026-08-05T11:00:15.1234567+02:00") "</Objs>",
		     "clixml");
}

static void clixml_that_breaks_off_is_damage(void **state UNUSED)
{
	struct told told = read_text("<Objs Version=\"1.1.0.1\">"
				     CLIXML_EVENT("", "77", INFO, "2026-08-04T15:46:52Z") "<Obj RefId=\"5\"><Props>");

	assert_int_equal(told.result, 0);
	assert_int_equal(told.events.len, 1);
	assert_int_equal(told.damages.len, 1);
	told_release(&told);
}

static void properties_of_powershell_json(void **state UNUSED)
{
	check("[{\"Id\":12290,\"Message\":null,\"TimeCreated\":{\"value\":\"\\/Date(1785858412000)\\/\",\"DateTime\":\"x\"},"
	      "\"Properties\":[{\"Value\":\"0x0\"},{\"Value\":\"25\"},{\"Value\":\"pc1.example.com\"},{\"Value\":\"" CMID "\"},"
	      "{\"Value\":\"2026/8/4 15:46\"},{\"Value\":\"1\"},{\"Value\":\"2\"},{\"Value\":\"41065\"},{\"Value\":\"" WINDOWS_10 "\"}]},\n"
	      "{\"Id\":12290,\"Message\":\"\",\"TimeCreated\":\"2026-08-05T11:00:15+02:00\",\"Properties\":[{\"Value\":\"" INFO_2 "\"}]}]",
	      "json");
}

static void nxlog(void **state UNUSED)
{
	check_hosted("{\"EventTime\":\"2026-08-04 15:46:52\",\"Hostname\":\"kms01\",\"EventID\":12290,\"SourceName\":\"Microsoft-"
		     "Windows-Security-SPP\",\"RecordNumber\":77,\"Channel\":\"Key Management Service\",\"Message\":\"An activation "
		     "request has been processed.\\r\\nInfo:\\r\\n" INFO "\",\"EventReceivedTime\":\"2026-08-04 15:47:00\"}\r\n"
		     "{\"EventTime\":\"2026-08-05 09:00:15\",\"Hostname\":\"kms01\",\"EventID\":12290,\"RecordNumber\":78,"
		     "\"Message\":\"An activation request has been processed. Info: " INFO_2 "\"}\r\n",
		     "json");
}

static void velocidex(void **state UNUSED)
{
	check_hosted("{\"System\":{\"Provider\":{\"Name\":\"Microsoft-Windows-Security-SPP\"},\"EventID\":{\"Value\":12290},"
		     "\"TimeCreated\":{\"SystemTime\":1785858412.25},\"EventRecordID\":77,\"Computer\":\"kms01\"},"
		     "\"EventData\":{\"Data\":[\"" INFO "\"]}}\n"
		     "{\"System\":{\"EventID\":{\"Value\":12290},\"TimeCreated\":{\"SystemTime\":1785920415},\"EventRecordID\":78,"
		     "\"Computer\":\"kms01\"},\"EventData\":{\"Data\":[\"" INFO_2 "\"]}}\n",
		     "json");
}

static void evtxecmd(void **state UNUSED)
{
	check_hosted("\xef\xbb\xbf{\"PayloadData1\":\"x\",\"EventRecordId\":\"77\",\"EventId\":12290,\"Provider\":\"Microsoft-Windows-"
		     "Security-SPP\",\"Channel\":\"Key Management Service\",\"Computer\":\"kms01\",\"TimeCreated\":"
		     "\"2026-08-04T15:46:52.1234567+00:00\",\"Payload\":\"{\\\"EventData\\\":{\\\"Data\\\":\\\"" INFO "\\\"}}\"}\n"
		     "{\"EventRecordId\":\"78\",\"EventId\":12290,\"Computer\":\"kms01\",\"TimeCreated\":\"2026-08-05T09:00:15Z\","
		     "\"Payload\":\"{\\\"EventData\\\":{\\\"Data\\\":\\\"" INFO_2 ", 0x0, 5\\\"}}\"}\n",
		     "json");
	check_hosted("RecordNumber,EventRecordId,TimeCreated,EventId,Level,Provider,Channel,Computer,Payload\r\n"
		     "12290,77,2026-08-04 15:46:52.1234567,12290,Info,SPP,Key Management Service,kms01,\"{\"\"EventData\"\":"
		     "{\"\"Data\"\":\"\"" INFO "\"\"}}\"\r\n"
		     "12291,78,2026-08-05 09:00:15.0000000,12290,Info,SPP,Key Management Service,kms01,\"{\"\"EventData\"\":"
		     "{\"\"Data\"\":\"\"" INFO_2 ", 0x0, 5\"\"}}\"\r\n",
		     "rows");
}

static void hayabusa(void **state UNUSED)
{
	check_hosted("{\"Timestamp\":\"2026-08-05 00:46:52.123 +09:00\",\"RuleTitle\":\"KMS\",\"Computer\":\"kms01\",\"Channel\":\"KMS\","
		     "\"EventID\":12290,\"RecordID\":77,\"Details\":{\"Data\":\"" INFO "\"}}\n"
		     "{\"Timestamp\":\"2026-08-05 18:00:15.000 +09:00\",\"Computer\":\"kms01\",\"EventID\":12290,\"RecordID\":78,"
		     "\"Details\":{\"Data\":\"" INFO_2 "\"}}\n",
		     "json");
}

static void splunk(void **state UNUSED)
{
	check("\"_time\",\"_raw\",host,source,EventCode\n"
	      "\"2026-08-04T15:46:52.000+0000\",\"08/04/2026 05:46:52 PM\nLogName=Key Management Service\nEventCode=12290\n"
	      "ComputerName=kms01\nMessage=" MESSAGE(INFO) "\",kms01,x,12290\n"
	      "\"2026-08-05T11:00:15.000+0200\",\"08/05/2026 11:00:15 AM\nLogName=Key Management Service\nEventCode=12290\n"
	      "Message=" MESSAGE(INFO_2) "\",kms01,x,12290\n",
	      "rows");
	check_hosted("{\"preview\":false,\"result\":{\"_time\":\"2026-08-04T15:46:52.000+0000\",\"EventCode\":\"12290\","
		     "\"ComputerName\":\"kms01\",\"RecordNumber\":\"77\",\"_raw\":\"x\\nMessage=Info:\\r\\n" INFO "\"}}\n"
		     "{\"preview\":false,\"result\":{\"_time\":\"1785920415.250\",\"EventCode\":\"12290\",\"ComputerName\":\"kms01\","
		     "\"RecordNumber\":\"78\",\"_raw\":\"<Event><EventData><Data>" INFO_2 "</Data></EventData></Event>\"}}\n",
		     "json");
}

/* What a host says when it cannot publish itself: the code and the domain. */
static void assert_dns_failure(struct told *told, const char *want)
{
	assert_int_equal(told->result, 0);
	assert_int_equal(told->events.len, 1);
	assert_int_equal(told->events.items[0].event.id, EVENT_DNS_FAILED);
	if (!strstr(told->events.items[0].message, want))
		fail_msg("\"%s\" lacks %s", told->events.items[0].message, want);
	told_release(told);
}

static void other_events_keep_what_they_say(void **state UNUSED)
{
	struct told told = read_text("<Event><System><EventID>12293</EventID></System><EventData><Data>0x8007232D</Data>"
				     "<Data>corp.example.com</Data></EventData></Event>");

	assert_dns_failure(&told, "0x8007232D, corp.example.com");
	told = read_text("{\"EventID\":12293,\"EventData\":{\"Data\":[\"0x8007232D\",\"corp.example.com\"]}}");
	assert_dns_failure(&told, "0x8007232D, corp.example.com");
	told = read_text("{\"Id\":12293,\"Message\":\"Publishing in 'corp.example.com' failed.\\r\\nInfo:\\r\\n0x8007232D\"}");
	assert_dns_failure(&told, "0x8007232D");
	told = read_text("Event[0]:\r\n  Event ID: 12293\r\n  Description:\r\nPublishing failed.\r\nInfo:\r\n0x8007232D\r\n");
	assert_dns_failure(&told, "0x8007232D");
}

static void events_of_the_client_side_keep_their_number(void **state UNUSED)
{
	struct told told = read_text("<Event><System><EventID Qualifiers='16384'>12288</EventID></System><EventData><Data>0x0, 0x8, "
				     "kms01:1688, " CMID ", 2026/08/04 15:46, 1, 2, 40123, " WINDOWS_10 ", 25</Data></EventData></Event>"
				     "<Event><System><EventID>12289</EventID></System><EventData><Data>0x0, 0x4000008, 0, 0, 4, 120, "
				     "10080, 1/14/2006 2:30</Data></EventData></Event>");

	assert_int_equal(told.events.len, 2);
	assert_int_equal(told.events.items[0].event.id, EVENT_CLIENT_REQUEST);
	assert_int_equal(told.events.items[1].event.id, EVENT_CLIENT_ANSWER);
	assert_int_not_equal(told.events.items[0].event.problem, REQUEST_GOOD);
	told_release(&told);
}

static void line_of_json_that_is_cut_costs_itself_alone(void **state UNUSED)
{
	struct told told = read_text("{\"EventID\":12290,\"Message\":\"" INFO "\"}\n{\"EventID\":12290,\"Mess\n"
				     "{\"EventID\":12290,\n{\"EventID\":12290,\"Message\":\"" INFO_2 "\"}\n");

	assert_int_equal(told.result, 0);
	assert_int_equal(told.events.len, 2);
	assert_int_equal(told.damages.len, 2);
	assert_string_equal(told.events.items[1].name, "srv2.example.com");
	assert_int_equal(told.events.items[1].event.line, 4);
	told_release(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_in_other_languages),
		cmocka_unit_test(columns_that_the_user_added),
		cmocka_unit_test(big_endian_text),
		cmocka_unit_test(clixml_of_powershell),
		cmocka_unit_test(clixml_that_breaks_off_is_damage),
		cmocka_unit_test(properties_of_powershell_json),
		cmocka_unit_test(nxlog),
		cmocka_unit_test(velocidex),
		cmocka_unit_test(evtxecmd),
		cmocka_unit_test(hayabusa),
		cmocka_unit_test(splunk),
		cmocka_unit_test(other_events_keep_what_they_say),
		cmocka_unit_test(events_of_the_client_side_keep_their_number),
		cmocka_unit_test(line_of_json_that_is_cut_costs_itself_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
