/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows: the Event Viewer's "text (tab delimited)" and CSV, PowerShell's
 * Export-Csv, Get-EventLog, in any language. Headers are translated and rows have
 * more columns than the header names, so columns are told by what they hold: the
 * Info line by its shape, the event id by its number, the time by being one.
 */
#include "common/base/filetime.h"
#include "kms/column_time.h"
#include "kms/reader.h"

enum {
	CELLS_MAX = 64,
	CELL_MAX = 1 << 16,    /* a quote that has not ended after this is a character, not a quote */
	INFO_MIN = 60,         /* two GUIDs have 72 characters; less is no Info line */
	HEADER_CELLS_MIN = 4,
	LEARN_ROWS_MAX = 4096, /* rows looked at for the clock of the column */
	NO_COLUMN = -1,
};

/* EventLog classes of .NET give the id with its severity in the upper half: 0x40003002. */
#define ID_MASK 0xffffU

struct row {
	struct text cells[CELLS_MAX];
	size_t n;
	struct text whole;
	uint32_t line;
};

struct columns {
	int id;
	int time;
	int computer;
	int record;
};

struct rows {
	struct bytes bytes;
	size_t at;
	uint32_t line;
	char delimiter;
	struct columns columns;
	bool learning;
	struct column_clock clock;
	const struct log_sink *sink;
	struct log_event pending;
	bool has_pending;
	struct column_time pending_time;
	bool has_pending_time;
	bool has_header;
	size_t n_rows;
	size_t n_known; /* rows that are events */
};

static size_t count_char(const char *at, const char *end, char c)
{
	size_t n = 0;

	while (at < end && (at = memchr(at, c, (size_t)(end - at)))) {
		n++;
		at++;
	}
	return n;
}

static struct text first_line(struct bytes b)
{
	const char *start = (const char *)b.data, *end = start + b.len, *stop;

	for (;;) {
		stop = memchr(start, '\n', (size_t)(end - start));
		if (!stop)
			stop = end;
		/* "#TYPE System.Diagnostics..." of Windows PowerShell */
		if (stop == end || (*start != '#' && stop - start > 1))
			return (struct text){ start, (size_t)(stop - start) };
		start = stop + 1;
	}
}

static char find_delimiter(struct bytes b)
{
	static const char delimiters[] = { '\t', ',', ';' };
	struct text line = first_line(b);
	struct kms_request request;

	if (kms_request_parse(line, &request) != REQUEST_NOT_INFO)
		return '\0';
	for (size_t i = 0; i < sizeof(delimiters); i++)
		if (count_char(line.data, line.data + line.len, delimiters[i]) + 1 >= HEADER_CELLS_MIN)
			return delimiters[i];
	return '\0';
}

static bool is_rows(struct bytes file)
{
	return file.len && find_delimiter(file) != '\0';
}

/* The end of a quoted cell that begins at start (behind its quote); NULL when it has none. */
static const char *quote_end(const char *start, const char *end)
{
	const char *limit = end - start > CELL_MAX ? start + CELL_MAX : end;

	while (start < limit) {
		const char *quote = memchr(start, '"', (size_t)(limit - start));

		if (!quote)
			return NULL;
		if (quote + 1 == end || quote[1] != '"')
			return quote;
		start = quote + 2;
	}
	return NULL;
}

static const char *plain_end(const char *at, const char *end, char delimiter)
{
	while (at < end && *at != delimiter && *at != '\n' && *at != '\r')
		at++;
	return at;
}

static const char *take_cell(const char *at, const char *end, char delimiter, struct text *ret)
{
	if (at < end && *at == '"') {
		const char *stop = quote_end(at + 1, end);

		if (stop) {
			*ret = (struct text){ at + 1, (size_t)(stop - at - 1) };
			return plain_end(stop + 1, end, delimiter);
		}
	}
	*ret = (struct text){ at, 0 };
	at = plain_end(at, end, delimiter);
	ret->len = (size_t)(at - ret->data);
	return at;
}

static bool take_row(struct rows *rows, struct row *row)
{
	const char *start = (const char *)rows->bytes.data + rows->at, *at = start;
	const char *end = (const char *)rows->bytes.data + rows->bytes.len;
	struct text spare;

	if (at == end)
		return false;
	row->n = 0;
	row->line = rows->line;
	for (;;) {
		at = take_cell(at, end, rows->delimiter, row->n < CELLS_MAX ? &row->cells[row->n++] : &spare);
		if (at == end || *at != rows->delimiter)
			break;
		at++;
	}
	row->whole = (struct text){ start, (size_t)(at - start) };
	if (at < end && *at == '\r')
		at++;
	if (at < end && *at == '\n')
		at++;
	rows->line += (uint32_t)count_char(start, at, '\n');
	rows->at = (size_t)(at - (const char *)rows->bytes.data);
	return true;
}

static bool number_in(struct text cell, uint64_t *ret)
{
	uint64_t value = 0;

	if (cell.len == 0 || cell.len > 18)
		return false;
	for (size_t i = 0; i < cell.len; i++) {
		if (cell.data[i] < '0' || cell.data[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(cell.data[i] - '0');
	}
	*ret = value;
	return true;
}

static bool is_kms_id(uint64_t number)
{
	return (number & ID_MASK) >= EVENT_CLIENT_REQUEST && (number & ID_MASK) <= 12322;
}

static bool cell_number(const struct row *row, int column, uint64_t *ret)
{
	return column >= 0 && (size_t)column < row->n && number_in(row->cells[column], ret);
}

static uint32_t find_id(struct rows *rows, const struct row *row)
{
	uint64_t number;

	if (cell_number(row, rows->columns.id, &number))
		return (uint32_t)(number & ID_MASK);
	for (size_t i = 0; i < row->n; i++)
		if (number_in(row->cells[i], &number) && is_kms_id(number)) {
			rows->columns.id = (int)i;
			return (uint32_t)(number & ID_MASK);
		}
	return 0;
}

static bool find_time(struct rows *rows, const struct row *row, struct column_time *ret)
{
	int column = rows->columns.time;

	if (column >= 0 && (size_t)column < row->n && column_time_parse(row->cells[column], ret))
		return true;
	for (size_t i = 0; i < row->n; i++)
		if (column_time_parse(row->cells[i], ret)) {
			rows->columns.time = (int)i;
			return true;
		}
	return false;
}

/* The line is in the last cell of the Event Viewer and in the first of PowerShell. */
static void find_request(const struct row *row, struct log_event *event)
{
	event->problem = REQUEST_NOT_INFO;
	for (size_t i = row->n; i-- > 0;) {
		enum request_problem problem;

		if (row->cells[i].len < INFO_MIN)
			continue;
		event->message = row->cells[i];
		problem = kms_request_search(row->cells[i], &event->request);
		if (problem == REQUEST_GOOD) {
			event->problem = REQUEST_GOOD;
			return;
		}
		event->problem = MAX(event->problem, problem);
	}
}

static void finish_time(struct rows *rows)
{
	struct log_event *event = &rows->pending;

	if (!rows->has_pending_time)
		return;
	if (!rows->learning)
		event->has_time = column_clock_time(&rows->clock, &rows->pending_time, &event->time);
	else if (event->problem == REQUEST_GOOD && event->request.has_client_time && !rows->pending_time.utc)
		column_clock_add(&rows->clock, &rows->pending_time, event->request.client_time);
}

static void flush(struct rows *rows)
{
	const struct log_event *event = &rows->pending;

	if (rows->has_pending)
		finish_time(rows);
	if (rows->has_pending && !rows->learning) {
		rows->n_rows++;
		if (event->id || event->problem != REQUEST_NOT_INFO)
			rows->n_known++;
		rows->sink->event(rows->sink->context, event);
	}
	rows->has_pending = false;
}

/* A message that is not quoted goes on in rows of its own. */
static bool take_continuation(struct rows *rows, const struct row *row)
{
	bool begins_info = row->whole.len > 2 && memcmp(row->whole.data, "0x", 2) == 0;
	struct kms_request request;
	enum request_problem problem;

	if (!rows->has_pending || (row->n >= HEADER_CELLS_MIN && !begins_info))
		return false;
	if (rows->pending.problem == REQUEST_GOOD)
		return true;
	problem = kms_request_search(row->whole, &request);
	if (problem == REQUEST_NOT_INFO)
		return true;
	rows->pending.problem = problem;
	rows->pending.message = row->whole;
	if (problem == REQUEST_GOOD)
		rows->pending.request = request;
	return true;
}

static bool is_header(const struct rows *rows, const struct row *row)
{
	struct column_time time;

	if (rows->has_header || row->n < HEADER_CELLS_MIN)
		return false;
	for (size_t i = 0; i < row->n; i++)
		if (column_time_parse(row->cells[i], &time))
			return false;
	return true;
}

static void read_header(struct rows *rows, const struct row *row)
{
	rows->has_header = true;
	for (size_t i = 0; i < row->n; i++) {
		if (text_is(row->cells[i], "MachineName") || text_is(row->cells[i], "Computer"))
			rows->columns.computer = (int)i;
		else if (text_is(row->cells[i], "RecordId") || text_is(row->cells[i], "EventRecordID"))
			rows->columns.record = (int)i;
	}
}

static void take_event(struct rows *rows, const struct row *row)
{
	struct log_event event = { .line = row->line };

	if (is_header(rows, row) && !rows->has_pending) {
		read_header(rows, row);
		return;
	}
	event.id = find_id(rows, row);
	find_request(row, &event);
	flush(rows);
	rows->has_pending_time = find_time(rows, row, &rows->pending_time);
	event.has_record = cell_number(row, rows->columns.record, &event.record);
	if (rows->columns.computer >= 0 && (size_t)rows->columns.computer < row->n)
		event.computer = row->cells[rows->columns.computer];
	rows->pending = event;
	rows->has_pending = true;
}

static void walk(struct rows *rows)
{
	struct row row;
	size_t n = 0;

	rows->at = 0;
	rows->line = 1;
	rows->has_pending = false;
	rows->has_header = false;
	while (take_row(rows, &row)) {
		if (row.whole.len == 0 || (row.line == 1 && *row.whole.data == '#'))
			continue;
		if (!take_continuation(rows, &row))
			take_event(rows, &row);
		if (rows->learning && (rows->clock.n_samples == COLUMN_TIME_SAMPLES || ++n == LEARN_ROWS_MAX))
			break;
	}
	flush(rows);
}

static int read_rows(struct bytes file, const struct log_sink *sink, struct err *err)
{
	struct rows rows = {
		.bytes = file, .delimiter = find_delimiter(file), .sink = sink, .learning = true,
		.columns = { NO_COLUMN, NO_COLUMN, NO_COLUMN, NO_COLUMN },
	};

	walk(&rows);
	column_clock_learn(&rows.clock);
	rows.learning = false;
	walk(&rows);
	if (rows.n_known == 0 && (rows.n_rows || !rows.has_header))
		return err_set(err, ERR_FORMAT, "no events in it: not the export of an event log");
	return 0;
}

const struct reader reader_rows = { .name = "rows", .is = is_rows, .read = read_rows };
