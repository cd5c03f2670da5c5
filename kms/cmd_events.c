/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/filetime.h"
#include "common/report/csv.h"
#include "kms/commands.h"
#include "kms/product.h"
#include "kms/log_files.h"

enum events_format { EVENTS_NDJSON, EVENTS_CSV };

struct events_args {
	int format;
	bool all;
	uint64_t jobs;
};

static const char *const format_names[] = { "ndjson", "csv", NULL };

static const struct cli_option events_options[] = {
	OPT_CHOICE(struct events_args, format, 'f', "format", "FORMAT", format_names, "ndjson (default) or csv"),
	OPT_FLAG(struct events_args, all, 'a', "all", "every event of the log, not only requests"),
	OPT_NUMBER(struct events_args, jobs, 'j', "jobs", "N", "read with N threads (default: one a processor)"),
};

struct stream {
	struct cli *cli;
	const struct events_args *args;
	const char *path;
	uint64_t damages;
	struct strbuf line;
	const struct product *product; /* of the event before: fleets ask for few products */
	struct guid product_id;
};

static const struct product *product_of(struct stream *s, const struct guid *id)
{
	if (!guid_equal(&s->product_id, id)) {
		s->product_id = *id;
		s->product = product_find(id);
	}
	return s->product;
}

static void text_member(struct json *json, const char *key, struct text text)
{
	if (text.len)
		json_text_len(json, key, text.data, text.len);
}

static void request_members(struct stream *s, struct json *json, const struct kms_request *r)
{
	const struct product *product = product_of(s, &r->product);
	const char *status = licence_status_name(r->status);

	json_textf(json, "result", "0x%08X", r->hresult);
	json_uint(json, "needed", r->needed);
	json_text_len(json, "computer", r->name.data, r->name.len);
	json_guid(json, "cmid", &r->cmid);
	if (r->has_client_time)
		json_filetime(json, "client_time", r->client_time);
	json_bool(json, "virtual", r->vm != 0);
	json_uint(json, "status", r->status);
	if (status)
		json_text(json, "status_name", status);
	json_uint(json, "minutes", r->minutes);
	json_guid(json, "product_id", &r->product);
	if (product)
		json_text(json, "product", product->product);
}

static void write_json(struct stream *s, const struct log_event *event)
{
	struct json *json = json_new(&s->line, false);

	json_begin_object(json, NULL);
	json_text(json, "log", s->path);
	if (event->line)
		json_uint(json, "line", event->line);
	json_uint(json, "event", event->id);
	if (event->has_record)
		json_uint(json, "record", event->record);
	if (event->has_time)
		json_filetime(json, "time", event->time);
	text_member(json, "host", event->computer);
	text_member(json, "provider", event->provider);
	text_member(json, "channel", event->channel);
	if (event->recovered)
		json_bool(json, "recovered", true);
	if (event->problem == REQUEST_GOOD)
		request_members(s, json, &event->request);
	json_end_object(json);
	json_freep(&json);
}

static void write_csv(struct stream *s, const struct log_event *event)
{
	const struct kms_request *r = &event->request;
	char time[FILETIME_TEXT_LEN + 8], id[GUID_BRACED_LEN + 1];
	struct strbuf *line = &s->line;

	csv_add(line, s->path);
	csv_add(line, event->has_time ? filetime_format(event->time, time) : "");
	csv_addf(line, "%u", event->id);
	if (event->has_record)
		csv_addf(line, "%llu", (unsigned long long)event->record);
	else
		csv_add(line, "");
	csv_add_len(line, event->computer.data, event->computer.len);
	if (event->problem != REQUEST_GOOD) {
		strbuf_adds(line, ",,,,,,,,,\n");
		return;
	}
	csv_addf(line, "0x%08X,%u", r->hresult, r->needed);
	csv_add_len(line, r->name.data, r->name.len);
	csv_add(line, guid_format(&r->cmid, GUID_PLAIN, id));
	csv_add(line, r->has_client_time ? filetime_format(r->client_time, time) : "");
	csv_addf(line, "%u,%u,%u", r->vm, r->status, r->minutes);
	csv_add(line, guid_format(&r->product, GUID_PLAIN, id));
	csv_end_row(line);
}

static void on_event(void *context, const struct log_event *event)
{
	struct stream *s = context;

	if ((event->problem != REQUEST_GOOD && !s->args->all) || ferror(s->cli->out))
		return;
	strbuf_clear(&s->line);
	if (s->args->format == EVENTS_CSV)
		write_csv(s, event);
	else
		write_json(s, event);
	fwrite(s->line.data, 1, s->line.len, s->cli->out);
}

static void on_damage(void *context, uint64_t offset, const char *text)
{
	struct stream *s = context;

	s->damages++;
	cli_warn(s->cli, "%s: offset 0x%llx: %s", s->path, (unsigned long long)offset, text);
}

static struct log_sink begin_log(void *context, const char *path)
{
	struct stream *s = context;

	s->path = path;
	return (struct log_sink){ .context = s, .event = on_event, .damage = on_damage };
}

static int end_log(void *context UNUSED, const char *format UNUSED, struct err *err UNUSED)
{
	return 0;
}

static void drop_log(void *context UNUSED)
{
}

static int read_logs(struct stream *s, struct err *err)
{
	const struct log_consumer consumer = { s, begin_log, end_log, drop_log };
	CLEANUP(log_files_release) struct log_files files = { 0 };

	if (log_files_find(&files, s->cli->args, s->cli->n_args, err) < 0 ||
	    log_files_read(&files, s->args->jobs, &consumer, err) < 0)
		return -1;
	log_files_tell(&files, s->cli);
	return 0;
}

static int events_run(struct cli *cli, const void *args, struct err *err)
{
	struct stream s = { .cli = cli, .args = args };
	int done;

	if (s.args->format == EVENTS_CSV)
		fputs("log,time,event,record,host,result,needed,computer,cmid,client_time,virtual,status,minutes,"
		      "product_id\n",
		      cli->out);
	done = read_logs(&s, err);
	strbuf_release(&s.line);
	if (done < 0)
		return -1;
	return s.damages ? CLI_FINDINGS : CLI_DONE;
}

static const struct cli_example events_examples[] = {
	{ "kms events kms.evtx", "one JSON object a request" },
	{ "kms events --format csv *.evtx > requests.csv", "a table of the requests of several hosts" },
};

const struct cli_command cmd_events = {
	.name = "events",
	.summary = "the requests of logs, one a line, as JSON or CSV",
	.usage = "LOG...",
	.description = "Writes each request as it is read; nothing is kept. Damaged parts are told on stderr and "
		       "give exit code 1.",
	.examples = events_examples,
	.n_examples = ARRAY_SIZE(events_examples),
	CLI_OPTIONS(struct events_args, events_options),
	.min_args = 1,
	.max_args = SIZE_MAX,
	.run = events_run,
};
