/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/log.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/file.h"
#include "kms/evtx.h"
#include "kms/stream.h"
#include "kms/summary.h"

#define WINDOW ((size_t)4 << 20) /* of a stream; READER_EVENT_MAX of it wait for the rest of an event */

/* In the order of asking; the last takes any text. */
static const struct reader *const binary_readers[] = { &reader_evtx, &reader_kmsd, &reader_evt };
static const struct reader *const text_readers[] = {
	&reader_clixml, &reader_xml, &reader_json, &reader_rows, &reader_lines,
};

struct log {
	const struct reader *reader;
	void *learned;
	struct bytes bytes;     /* all of it, or the window of a stream */
	size_t begin;           /* of the first event or header */
	struct file_map map;
	struct stream *stream;  /* NULL: bytes is all */
	bool stream_ended;
	bool stream_broken;     /* told by stream_err */
	struct err *stream_err;
	struct strbuf window;
	int fd;
};

static bool is_text(struct bytes b)
{
	enum { SAMPLE = 4096 };
	size_t len = MIN(b.len, (size_t)SAMPLE);

	for (size_t i = 0; i < len; i++)
		if (b.data[i] < ' ' && b.data[i] != '\t' && b.data[i] != '\r' && b.data[i] != '\n')
			return false;
	return true;
}

/* Formats that are told from others only to say what to do. */
static int refuse_known(struct bytes start, struct err *err)
{
	if (bytes_equal(start, 0, "\xfd" "7zXZ", 5) || bytes_equal(start, 0, "PK\3\4", 4))
		return err_set(err, ERR_UNSUPPORTED, "packed in a way that is not read here: unpack it first");
	return 0;
}

static const struct reader *find_reader(const struct reader *const *readers, size_t n, struct bytes start)
{
	for (size_t i = 0; i < n; i++)
		if (readers[i]->is(start))
			return readers[i];
	return NULL;
}

/* Chooses the reader by the bytes that are there, and has it learn. */
static int recognise(struct log *log, struct err *err)
{
	struct bytes start = log->bytes;

	if (start.len == 0)
		return err_set(err, ERR_FORMAT, "the file is empty");
	start.len = MIN(start.len, (size_t)READER_LEARN_MAX);
	if (bytes_equal(start, 0, "\xef\xbb\xbf", 3))
		log->begin = 3;
	log->reader = find_reader(binary_readers, ARRAY_SIZE(binary_readers), start);
	if (!log->reader && refuse_known(start, err) < 0)
		return -1;
	if (!log->reader && is_text(bytes_from(start, log->begin)))
		log->reader = find_reader(text_readers, ARRAY_SIZE(text_readers), bytes_from(start, log->begin));
	if (!log->reader) {
		err_set(err, ERR_FORMAT, "not a log: neither an .evtx file nor a text export of one");
		return err_hint(err, "save the log \"Key Management Service\" in the Event Viewer, or: wevtutil epl \"Key "
				     "Management Service\" kms.evtx");
	}
	if (log->reader->learn)
		log->learned = log->reader->learn(start, log->begin);
	return 0;
}

/* Fills the window up. A stream that breaks off ends there; the reason waits in stream_err. */
static void fill_window(struct log *log, size_t max)
{
	struct err err = { 0 };

	while (log->window.len < max && !log->stream_ended) {
		ssize_t got;

		strbuf_reserve(&log->window, max - log->window.len);
		got = stream_read(log->stream, log->window.data + log->window.len, max - log->window.len, &err);
		if (got < 0)
			log->stream_err = xmemdup(&err, sizeof(err));
		if (got <= 0)
			log->stream_ended = true;
		else
			log->window.len += (size_t)got;
	}
	log->bytes.data = (const uint8_t *)strbuf_text(&log->window);
	log->bytes.len = log->window.len;
}

static int open_stream(struct log *log, int fd, struct bytes bytes, struct err *err)
{
	log->stream = stream_new(fd, bytes);
	fill_window(log, WINDOW);
	log->bytes.offset = 0;
	if (log->window.len == 0 && log->stream_err) {
		*err = *log->stream_err;
		return -1;
	}
	return 0;
}

static int open_log(struct log *log, struct err *err)
{
	if (!log->stream && stream_is_needed(log->bytes) && open_stream(log, -1, log->bytes, err) < 0)
		return -1;
	return recognise(log, err);
}

static struct log *new_log(void)
{
	struct log *log = xcalloc(1, sizeof(*log));

	log->fd = -1;
	return log;
}

struct log *log_open(const char *path, struct err *err)
{
	struct log *log = new_log();
	int done;

	if (strcmp(path, "-") == 0) {
		done = open_stream(log, STDIN_FILENO, (struct bytes){ 0 }, err);
	} else {
		done = file_map_open(path, &log->map, err);
		log->bytes = log->map.bytes;
	}
	if (done < 0 || open_log(log, err) < 0)
		log_freep(&log);
	return log;
}

struct log *log_open_bytes(struct bytes bytes, struct err *err)
{
	struct log *log = new_log();

	log->bytes = bytes;
	if (open_log(log, err) < 0)
		log_freep(&log);
	return log;
}

void log_freep(struct log **pointer)
{
	struct log *log = *pointer;

	if (!log)
		return;
	free(log->learned);
	stream_freep(&log->stream);
	strbuf_release(&log->window);
	free(log->stream_err);
	file_map_release(&log->map);
	free(log);
	*pointer = NULL;
}

const char *log_format(const struct log *log)
{
	return log->reader->name;
}

size_t log_parts(const struct log *log)
{
	if (log->stream || !log->reader->seek)
		return 1;
	return log->bytes.len <= log->begin ? 1 : (log->bytes.len - log->begin + LOG_PART - 1) / LOG_PART;
}

/* Parts of an .evtx file begin where chunks do, behind the header. */
size_t log_part_begin(const struct log *log, size_t i)
{
	size_t first = log->reader == &reader_evtx ? EVTX_FILE_HEADER_LEN : log->begin;

	return i == 0 ? log->begin : MIN(first + i * LOG_PART, log->bytes.len);
}

bool log_part_guess(const struct log *log, size_t i, size_t *ret)
{
	size_t from = log_part_begin(log, i), to = log_part_begin(log, i + 1);

	*ret = i == 0 ? from : log->reader->seek(log->learned, log->bytes, from, to);
	return *ret < to;
}

void log_read_part(const struct log *log, size_t i, const struct log_sink *sink, struct log_span *span)
{
	span->stop = log_part_begin(log, i + 1);
	span->last = true;
	log->reader->read(log->learned, log->bytes, span, sink);
}

void log_parts_done(const struct log *log, size_t first, size_t end)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from, to;

	if (!log->map.address || first == end)
		return;
	from = ((uintptr_t)log->bytes.data + log_part_begin(log, first) + page - 1) & ~(page - 1);
	to = ((uintptr_t)log->bytes.data + log_part_begin(log, end)) & ~(page - 1);
	if (from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
}

int log_verdict(const struct log *log, const struct log_span *sum, struct err *err)
{
	if (sum->n_known || log->reader->may_be_empty(log->learned, sum->n_items))
		return 0;
	return err_set(err, ERR_FORMAT, "no events in it: not %s", log->reader->what);
}

/* The window moves along; what stands in front of span->at is dropped. */
static void slide(struct log *log, struct log_span *span)
{
	size_t used = MIN(span->at, log->window.len);

	memmove(log->window.data, log->window.data + used, log->window.len - used);
	log->window.len -= used;
	log->bytes.offset += used;
	span->at -= used;
	fill_window(log, WINDOW);
}

static int read_stream(struct log *log, const struct log_sink *sink, struct log_span *span)
{
	for (;;) {
		span->last = log->stream_ended;
		span->stop = span->last ? log->bytes.len : log->bytes.len - READER_EVENT_MAX;
		log->reader->read(log->learned, log->bytes, span, sink);
		if (span->last)
			break;
		slide(log, span);
	}
	if (log->stream_err)
		sink->damage(sink->context, log->bytes.offset + log->bytes.len, log->stream_err->text);
	return 0;
}

static int read_whole(struct log *log, const struct log_sink *sink, struct err *err)
{
	if (log->stream) {
		fill_window(log, READER_WHOLE_MAX);
		if (!log->stream_ended)
			return err_set(err, ERR_LIMIT, "unpacked it is larger than %llu MiB", READER_WHOLE_MAX >> 20);
		if (log->stream_err) {
			*err = *log->stream_err;
			return -1;
		}
	}
	return log->reader->read_all(log->bytes, sink, err);
}

int log_read_all(struct log *log, const struct log_sink *sink, struct err *err)
{
	struct log_span span = { .at = log->begin, .line = 1 };

	if (log->reader->read_all)
		return read_whole(log, sink, err);
	if (log->stream)
		read_stream(log, sink, &span);
	else
		for (size_t i = 0; i == 0 || log_part_begin(log, i) < log->bytes.len; i++) {
			log_read_part(log, i, sink, &span);
			log_parts_done(log, i, i + 1);
		}
	return log_verdict(log, &span, err);
}

static int read_and_close(struct log *log, const struct log_sink *sink, const char **ret_format, struct err *err)
{
	int done;

	if (!log)
		return -1;
	if (ret_format)
		*ret_format = log_format(log);
	done = log_read_all(log, sink, err);
	log_freep(&log);
	return done;
}

int log_read(const char *path, const struct log_sink *sink, const char **ret_format, struct err *err)
{
	return read_and_close(log_open(path, err), sink, ret_format, err);
}

int log_read_bytes(struct bytes bytes, const struct log_sink *sink, const char **ret_format, struct err *err)
{
	return read_and_close(log_open_bytes(bytes, err), sink, ret_format, err);
}
