/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows: the Event Viewer's "text (tab delimited)" and CSV, PowerShell's
 * Export-Csv, Get-EventLog, in any language. Headers are translated and rows have
 * more columns than the header names, so columns are told by what they hold: the
 * Info line by its shape, the event id by its number, the time by being one.
 */
#include "common/base/alloc.h"
#include "kms/column_time.h"
#include "kms/event_shape.h"
#include "kms/reader.h"
#include "kms/text_scan.h"

enum {
	CELLS_MAX = 64,
	CELL_MAX = 1 << 16,    /* a quote that has not ended after this is a character, not a quote */
	INFO_MIN = 60,         /* two GUIDs have 72 characters; less is no Info line */
	HEADER_CELLS_MIN = 4,
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
	int message;
};

/* What the beginning of the file tells. */
struct learned {
	char delimiter;
	bool has_header;
	bool has_first;
	uint64_t begin;      /* of the text, behind a byte order mark */
	uint64_t first;      /* of the row that may be a header: the first but for empty ones and a comment */
	struct columns columns;
	struct column_clock clock;
};

struct rows {
	const struct learned *learned;
	struct learned *learning; /* the same while it is being made */
	struct bytes bytes;
	size_t at;
	uint32_t line;
	const struct log_sink *sink;
	struct log_event pending;
	bool has_pending;
	bool is_told;        /* pending has been told; it is there for what may follow it */
	struct column_time pending_column; /* while learning */
	bool has_pending_column;
	struct column_day day;
	struct event_shape shape;
	struct text time;    /* of pending, as it is written */
	uint64_t n_rows;
	uint64_t n_known; /* rows that are events */
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
	return text_find3(at, end, delimiter, '\n', '\r');
}

static const char *take_cell(const char *at, const char *end, char delimiter, struct text *ret, uint32_t *lines)
{
	if (at < end && *at == '"') {
		const char *stop = quote_end(at + 1, end);

		if (stop) {
			*ret = (struct text){ at + 1, (size_t)(stop - at - 1) };
			*lines += (uint32_t)text_count(at, stop, '\n');
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
	const char *base = (const char *)rows->bytes.data, *start = base + rows->at, *at = start;
	const char *end = base + rows->bytes.len;
	char delimiter = rows->learned->delimiter;
	struct text spare;

	if (at == end)
		return false;
	row->n = 0;
	row->line = rows->line;
	for (;;) {
		at = take_cell(at, end, delimiter, row->n < CELLS_MAX ? &row->cells[row->n++] : &spare, &rows->line);
		if (at == end || *at != delimiter)
			break;
		at++;
	}
	row->whole = (struct text){ start, (size_t)(at - start) };
	if (at < end && *at == '\r')
		at++;
	if (at < end && *at == '\n') {
		at++;
		rows->line++;
	}
	rows->at = (size_t)(at - base);
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

	if (cell_number(row, rows->learned->columns.id, &number))
		return (uint32_t)(number & ID_MASK);
	for (size_t i = 0; i < row->n; i++)
		if (number_in(row->cells[i], &number) && is_kms_id(number)) {
			if (rows->learning)
				rows->learning->columns.id = (int)i;
			return (uint32_t)(number & ID_MASK);
		}
	return 0;
}

static void find_time(struct rows *rows, const struct row *row)
{
	const struct learned *learned = rows->learned;
	struct log_event *event = &rows->pending;
	int column = learned->columns.time;

	if (column >= 0 && (size_t)column < row->n &&
	    column_clock_read(&learned->clock, &rows->day, row->cells[column], &event->time)) {
		event->has_time = true;
		rows->time = row->cells[column];
		return;
	}
	for (size_t i = 0; i < row->n && !event->has_time; i++) {
		event->has_time = column_clock_read(&learned->clock, &rows->day, row->cells[i], &event->time);
		rows->time = row->cells[i];
	}
}

static void learn_time(struct rows *rows, const struct row *row)
{
	for (size_t i = 0; i < row->n; i++)
		if (column_time_parse(row->cells[i], &rows->pending_column)) {
			rows->has_pending_column = true;
			rows->learning->columns.time = (int)i;
			return;
		}
}

static bool request_in(const struct row *row, size_t i, struct log_event *event)
{
	enum request_problem problem;

	if (row->cells[i].len < INFO_MIN)
		return false;
	event->message = row->cells[i];
	problem = kms_request_search(row->cells[i], &event->request);
	event->problem = problem == REQUEST_GOOD ? REQUEST_GOOD : MAX(event->problem, problem);
	return problem == REQUEST_GOOD;
}

/* The line is in the last cell of the Event Viewer and in the first of PowerShell. */
static void find_request(struct rows *rows, const struct row *row, struct log_event *event)
{
	int column = rows->learned->columns.message;

	event->problem = REQUEST_NOT_INFO;
	if (column >= 0 && (size_t)column < row->n && request_in(row, (size_t)column, event))
		return;
	for (size_t i = row->n; i-- > 0;)
		if (request_in(row, i, event)) {
			if (rows->learning)
				rows->learning->columns.message = (int)i;
			return;
		}
}

static void flush(struct rows *rows)
{
	const struct log_event *event = &rows->pending;

	if (!rows->has_pending)
		return;
	rows->has_pending = false;
	if (rows->is_told) {
		rows->is_told = false;
	} else if (!rows->learning) {
		rows->n_rows++;
		if (event->id || event->problem != REQUEST_NOT_INFO)
			rows->n_known++;
		rows->sink->event(rows->sink->context, event);
	} else if (rows->has_pending_column && event->problem == REQUEST_GOOD && event->request.has_client_time &&
		   !rows->pending_column.utc) {
		column_clock_add(&rows->learning->clock, &rows->pending_column, event->request.client_time);
	}
}

/* What can only go on a message that is not quoted, and cannot begin an event. */
static bool is_continuation(const struct row *row)
{
	bool begins_info = row->whole.len > 2 && memcmp(row->whole.data, "0x", 2) == 0;

	return row->n < HEADER_CELLS_MIN || begins_info;
}

/* A message that is not quoted goes on in rows of its own. */
static void take_continuation(struct rows *rows, const struct row *row)
{
	struct kms_request request;
	enum request_problem problem;

	if (rows->pending.problem == REQUEST_GOOD)
		return;
	problem = kms_request_search(row->whole, &request);
	if (problem == REQUEST_NOT_INFO)
		return;
	rows->pending.problem = problem;
	rows->pending.message = row->whole;
	if (problem == REQUEST_GOOD)
		rows->pending.request = request;
}

static bool has_time(const struct row *row)
{
	struct column_time time;

	for (size_t i = 0; i < row->n; i++)
		if (column_time_parse(row->cells[i], &time))
			return true;
	return false;
}

/* Names that columns have, where what they hold does not tell; of Windows in five languages and of other programs. */
static const struct {
	const char *name;
	enum { COLUMN_ID, COLUMN_COMPUTER, COLUMN_RECORD } column;
} known_columns[] = {
	{ "Event ID", COLUMN_ID },
	{ "EventID", COLUMN_ID },
	{ "EventId", COLUMN_ID },
	{ "Id", COLUMN_ID },
	{ "InstanceId", COLUMN_ID },
	{ "EventCode", COLUMN_ID },
	{ "Ereignis-ID", COLUMN_ID },
	{ "Код события", COLUMN_ID },
	{ "イベント ID", COLUMN_ID },
	{ "Identificação do Evento", COLUMN_ID },
	{ "MachineName", COLUMN_COMPUTER },
	{ "Computer", COLUMN_COMPUTER },
	{ "ComputerName", COLUMN_COMPUTER },
	{ "Компьютер", COLUMN_COMPUTER },
	{ "コンピューター", COLUMN_COMPUTER },
	{ "Computador", COLUMN_COMPUTER },
	{ "RecordId", COLUMN_RECORD },
	{ "RecordID", COLUMN_RECORD },
	{ "EventRecordID", COLUMN_RECORD },
	{ "EventRecordId", COLUMN_RECORD },
};

static void learn_header(struct rows *rows, const struct row *row)
{
	struct columns *columns = &rows->learning->columns;
	int *const places[] = { &columns->id, &columns->computer, &columns->record };

	rows->learning->has_header = true;
	for (size_t i = 0; i < row->n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(known_columns); k++)
			if (text_is(row->cells[i], known_columns[k].name) && *places[known_columns[k].column] == NO_COLUMN)
				*places[known_columns[k].column] = (int)i;
}

/* The Info line must end a cell in quotes, in which no delimiter counts. */
static void learn_shape(struct rows *rows, const struct row *row)
{
	const struct log_event *event = &rows->pending;
	const char *end = (const char *)rows->bytes.data + rows->at;
	const struct columns *columns = &rows->learned->columns;
	struct shape_place places[SHAPE_FIELDS];
	struct text info;
	uint64_t id;
	size_t n = 0;

	/* What goes on another row when one comes before it must not be taken for an event because of its shape. */
	if (is_continuation(row))
		return;
	if (end[-1] != '\n' || event->message.data == row->whole.data || event->message.data[-1] != '"' ||
	    !event_shape_find_info(event->message, &info) ||
	    info.data + info.len != event->message.data + event->message.len || info.data[info.len] != '"')
		return;
	places[n++] = (struct shape_place){ SHAPE_INFO, info };
	if (event->has_time)
		places[n++] = (struct shape_place){ SHAPE_TIME, rows->time };
	if (event->has_record)
		places[n++] = (struct shape_place){ SHAPE_RECORD, row->cells[columns->record] };
	/* What these say must be in what stays the same. */
	if ((event->has_record && (columns->id == columns->record || !cell_number(row, columns->id, &id))) ||
	    (event->computer.data && (event->computer.data == event->message.data || event->computer.data == rows->time.data)) ||
	    (columns->computer >= 0 && columns->computer == columns->record))
		return;
	event_shape_learn(&rows->shape, (struct text){ row->whole.data, (size_t)(end - row->whole.data) }, places, n,
			  event);
}

static void take_event(struct rows *rows, const struct row *row)
{
	const struct columns *columns = &rows->learned->columns;
	struct log_event *event = &rows->pending;

	flush(rows);
	*event = (struct log_event){
		.line = row->line,
		.offset = rows->bytes.offset + (uint64_t)(row->whole.data - (const char *)rows->bytes.data),
	};
	rows->has_pending = true;
	rows->has_pending_column = false;
	event->id = find_id(rows, row);
	find_request(rows, row, event);
	event->has_record = cell_number(row, columns->record, &event->record);
	if (columns->computer >= 0 && (size_t)columns->computer < row->n)
		event->computer = row->cells[columns->computer];
	if (rows->learning)
		learn_time(rows, row);
	else
		find_time(rows, row);
	if (!rows->learning && event->problem == REQUEST_GOOD)
		learn_shape(rows, row);
}

/* A row that is written like one before it. */
static bool take_known(struct rows *rows)
{
	const char *base = (const char *)rows->bytes.data, *at = base + rows->at;
	const char *stop = event_shape_match(&rows->shape, at, base + rows->bytes.len, &rows->learned->clock, &rows->day);

	if (!stop)
		return false;
	flush(rows);
	rows->shape.event.line = rows->line;
	rows->shape.event.offset = rows->bytes.offset + rows->at;
	rows->n_rows++;
	rows->n_known++;
	rows->sink->event(rows->sink->context, &rows->shape.event);
	/* Nothing that goes on it changes a request that is good. */
	rows->has_pending = rows->is_told = true;
	rows->pending.problem = REQUEST_GOOD;
	rows->line += rows->shape.n_lines;
	rows->at = (size_t)(stop - base);
	return true;
}

static uint64_t place_of(const struct rows *rows, const struct row *row)
{
	return rows->bytes.offset + (size_t)(row->whole.data - (const char *)rows->bytes.data);
}

static bool is_skipped(const struct rows *rows, const struct row *row)
{
	return row->whole.len == 0 || (*row->whole.data == '#' && place_of(rows, row) == rows->learned->begin);
}

static void learn_first(struct learned *learned, uint64_t place)
{
	if (learned->has_first)
		return;
	learned->has_first = true;
	learned->first = place;
}

/* Told by its place, so that it does not depend on where a thread begins. */
static bool may_be_header(const struct rows *rows, const struct row *row)
{
	return rows->learned->has_first && rows->learned->first == place_of(rows, row) && row->n >= HEADER_CELLS_MIN &&
	       !has_time(row);
}

/* Rows that begin in front of stop, and what goes on them. */
static void walk(struct rows *rows, size_t stop)
{
	struct row row;

	for (;;) {
		size_t start = rows->at;
		uint32_t line = rows->line;

		if (start < stop && take_known(rows))
			continue;
		if ((rows->learning && rows->learning->clock.n_samples == COLUMN_TIME_SAMPLES) || !take_row(rows, &row))
			break;
		if (is_skipped(rows, &row))
			continue;
		if (rows->learning)
			learn_first(rows->learning, place_of(rows, &row));
		if (rows->has_pending && is_continuation(&row)) {
			take_continuation(rows, &row);
			continue;
		}
		if (start >= stop) {
			rows->at = start;
			rows->line = line;
			break;
		}
		if (may_be_header(rows, &row)) {
			if (rows->learning)
				learn_header(rows, &row);
		} else {
			take_event(rows, &row);
		}
	}
	flush(rows);
}

static void *learn(struct bytes start, size_t begin)
{
	struct learned *learned = xcalloc(1, sizeof(*learned));
	struct rows rows = { .learned = learned, .learning = learned, .bytes = start, .at = begin, .line = 1 };

	learned->begin = begin;
	learned->delimiter = find_delimiter(bytes_from(start, begin));
	learned->columns = (struct columns){ NO_COLUMN, NO_COLUMN, NO_COLUMN, NO_COLUMN, NO_COLUMN };
	walk(&rows, start.len);
	column_clock_learn(&learned->clock);
	return learned;
}

/* The first line that cannot belong to a row that begins in front of it. */
static size_t seek(const void *learned, struct bytes log, size_t from, size_t to)
{
	struct rows rows = { .learned = learned, .bytes = log, .at = from };
	struct row row;

	while (rows.at < to) {
		const char *at = (const char *)log.data + rows.at, *newline = at - 1;
		size_t start;

		if (*newline != '\n') {
			newline = memchr(at, '\n', to - rows.at);
			if (!newline)
				break;
		}
		start = rows.at = (size_t)(newline + 1 - (const char *)log.data);
		if (start >= to || !take_row(&rows, &row))
			break;
		if (row.whole.len && !is_continuation(&row))
			return start;
		rows.at = start + 1;
	}
	return to;
}

static void read_rows(const void *learned, struct bytes log, struct log_span *span, const struct log_sink *sink)
{
	struct rows rows = { .learned = learned, .bytes = log, .at = span->at, .line = span->line, .sink = sink };

	walk(&rows, span->stop);
	span->at = rows.at;
	span->line = rows.line;
	span->n_items += rows.n_rows;
	span->n_known += rows.n_known;
}

static bool may_be_empty(const void *learned, uint64_t n_items)
{
	return ((const struct learned *)learned)->has_header && n_items == 0;
}

const struct reader reader_rows = {
	.name = "rows", .is = is_rows, .learn = learn, .seek = seek, .read = read_rows, .may_be_empty = may_be_empty,
	.what = "the export of an event log",
};
