/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/kms_text.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/filetime.h"

#define FLUSH_AT (1u << 20)
#define PROVIDER "Microsoft-Windows-Security-SPP"
#define CHANNEL "Key Management Service"
#define MESSAGE "An activation request has been processed."

struct text_log {
	int fd;
	const char *computer;
	uint64_t record;
	struct strbuf out;
	const struct format *format;
	uint64_t day;     /* of the event before */
	char us_date[16]; /* 11/14/2023 */
	char iso_date[16];
};

struct format {
	const char *name;
	const char *head, *tail;
	void (*add)(struct text_log *log, const struct evtx_event *event, uint64_t seconds);
};

static void adds(struct text_log *log, const char *text)
{
	strbuf_add(&log->out, text, strlen(text));
}

static void add_number(struct text_log *log, uint64_t number)
{
	char digits[24], *at = digits + sizeof digits;

	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	strbuf_add(&log->out, at, (size_t)(digits + sizeof digits - at));
}

static void add_two(struct text_log *log, uint64_t number)
{
	char digits[2] = { (char)('0' + number / 10), (char)('0' + number % 10) };

	strbuf_add(&log->out, digits, 2);
}

static void add_iso(struct text_log *log, uint64_t seconds)
{
	adds(log, log->iso_date);
	add_two(log, seconds / 3600 % 24);
	strbuf_addc(&log->out, ':');
	add_two(log, seconds / 60 % 60);
	strbuf_addc(&log->out, ':');
	add_two(log, seconds % 60);
}

/* 11/14/2023 10:13:20 PM */
static void add_us(struct text_log *log, uint64_t seconds)
{
	uint64_t hour = seconds / 3600 % 24;

	adds(log, log->us_date);
	add_number(log, hour % 12 ? hour % 12 : 12);
	strbuf_addc(&log->out, ':');
	add_two(log, seconds / 60 % 60);
	strbuf_addc(&log->out, ':');
	add_two(log, seconds % 60);
	adds(log, hour < 12 ? " AM" : " PM");
}

static void add_row(struct text_log *log, const struct evtx_event *event, uint64_t seconds, char delimiter)
{
	const char with[2] = { delimiter, '\0' };

	adds(log, "Information");
	adds(log, with);
	add_us(log, seconds);
	adds(log, with);
	adds(log, PROVIDER);
	adds(log, with);
	add_number(log, event->id);
	adds(log, with);
	adds(log, "None");
	adds(log, with);
	adds(log, "\"" MESSAGE "\r\nInfo:\r\n");
	adds(log, event->strings[0]);
	adds(log, "\"\r\n");
}

static void add_text(struct text_log *log, const struct evtx_event *event, uint64_t seconds)
{
	add_row(log, event, seconds, '\t');
}

static void add_csv(struct text_log *log, const struct evtx_event *event, uint64_t seconds)
{
	add_row(log, event, seconds, ',');
}

static void add_xml(struct text_log *log, const struct evtx_event *event, uint64_t seconds)
{
	adds(log, "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='" PROVIDER
		  "' Guid='{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}' EventSourceName='KmsRequests'/><EventID "
		  "Qualifiers='16384'>");
	add_number(log, event->id);
	adds(log, "</EventID><Version>0</Version><Level>4</Level><Task>0</Task><Opcode>0</Opcode>"
		  "<Keywords>0x80000000000000</Keywords><TimeCreated SystemTime='");
	add_iso(log, seconds);
	adds(log, ".000000000Z'/><EventRecordID>");
	add_number(log, log->record);
	adds(log, "</EventRecordID><Correlation/><Execution ProcessID='0' ThreadID='0'/><Channel>" CHANNEL
		  "</Channel><Computer>");
	adds(log, log->computer);
	adds(log, "</Computer><Security/></System><EventData>");
	for (size_t i = 0; i < event->n_strings; i++) {
		adds(log, "<Data>");
		adds(log, event->strings[i]);
		adds(log, "</Data>");
	}
	adds(log, "</EventData></Event>");
}

static void add_wevtutil(struct text_log *log, const struct evtx_event *event, uint64_t seconds)
{
	adds(log, "Event[");
	add_number(log, log->record - 1);
	adds(log, "]:\r\n  Log Name: " CHANNEL "\r\n  Source: " PROVIDER "\r\n  Date: ");
	add_iso(log, seconds);
	adds(log, ".0000000Z\r\n  Event ID: ");
	add_number(log, event->id);
	adds(log, "\r\n  Task: N/A\r\n  Level: Information\r\n  Opcode: Info\r\n  Keyword: Classic\r\n  User: N/A\r\n"
		  "  User Name: N/A\r\n  Computer: ");
	adds(log, log->computer);
	adds(log, "\r\n  Description: \r\n" MESSAGE "\r\nInfo:\r\n");
	adds(log, event->strings[0]);
	adds(log, "\r\n\r\n");
}

static void add_list(struct text_log *log, const struct evtx_event *event, uint64_t seconds)
{
	adds(log, "Message     : " MESSAGE "\r\n              Info:\r\n              ");
	adds(log, event->strings[0]);
	adds(log, "\r\nId          : ");
	add_number(log, event->id);
	adds(log, "\r\nProviderName: " PROVIDER "\r\nLogName     : " CHANNEL "\r\nMachineName : ");
	adds(log, log->computer);
	adds(log, "\r\nRecordId    : ");
	add_number(log, log->record);
	adds(log, "\r\nTimeCreated : ");
	add_us(log, seconds);
	adds(log, "\r\n\r\n");
}

static void add_json(struct text_log *log, const struct evtx_event *event, uint64_t seconds)
{
	adds(log, "{\"@timestamp\":\"");
	add_iso(log, seconds);
	adds(log, ".000Z\",\"winlog\":{\"event_id\":\"");
	add_number(log, event->id);
	adds(log, "\",\"record_id\":");
	add_number(log, log->record);
	adds(log, ",\"computer_name\":\"");
	adds(log, log->computer);
	adds(log, "\",\"channel\":\"" CHANNEL "\",\"provider_name\":\"" PROVIDER "\"},\"message\":\"" MESSAGE
		  "\\r\\nInfo:\\r\\n");
	adds(log, event->strings[0]);
	adds(log, "\"}\n");
}

static const struct format formats[] = {
	{ "text", "Level\tDate and Time\tSource\tEvent ID\tTask Category\r\n", "", add_text },
	{ "csv", "Level,Date and Time,Source,Event ID,Task Category\r\n", "", add_csv },
	{ "xml", "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n<Events>", "</Events>\r\n", add_xml },
	{ "wevtutil", "", "", add_wevtutil },
	{ "list", "\r\n\r\n", "\r\n", add_list },
	{ "json", "", "", add_json },
};

static int flush(struct text_log *log, size_t at, struct err *err)
{
	if (log->out.len < at)
		return 0;
	if (file_write(log->fd, strbuf_text(&log->out), log->out.len, err) < 0)
		return -1;
	strbuf_clear(&log->out);
	return 0;
}

static void set_day(struct text_log *log, uint64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (log->day == seconds / 86400)
		return;
	log->day = seconds / 86400;
	gmtime_r(&t, &tm);
	strftime(log->us_date, sizeof log->us_date, "%m/%d/%Y ", &tm);
	strftime(log->iso_date, sizeof log->iso_date, "%Y-%m-%dT", &tm);
}

static int add_event(void *context, const struct evtx_event *event, struct err *err)
{
	struct text_log *log = context;
	uint64_t seconds = (event->time - FILETIME_UNIX_EPOCH) / FILETIME_PER_SECOND;

	log->record++;
	set_day(log, seconds);
	if (event->n_strings)
		log->format->add(log, event, seconds);
	return flush(log, FLUSH_AT, err);
}

static int write_log(struct text_log *log, const struct kms_log_options *options, struct err *err)
{
	const struct kms_writer to = { log, add_event };

	adds(log, log->format->head);
	if (kms_log_write(options, &to, err) < 0)
		return -1;
	adds(log, log->format->tail);
	return flush(log, 1, err);
}

int kms_text_write(const char *path, const char *format, const struct kms_log_options *options, struct err *err)
{
	struct text_log log = { .computer = options->computer };
	int result;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(format, formats[i].name) == 0)
			log.format = &formats[i];
	if (!log.format)
		return err_set(err, ERR_USAGE, "--format: evtx, text, csv, xml, wevtutil, list or json");
	log.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (log.fd < 0)
		return err_set(err, ERR_IO, "cannot write %s", path);
	result = write_log(&log, options, err);
	strbuf_release(&log.out);
	close(log.fd);
	return result;
}
