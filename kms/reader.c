/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/reader.h"

#include "common/base/file.h"
#include "kms/summary.h"
#include "kms/unpack.h"

/* In the order of asking; the last takes any text. */
static const struct reader *const readers[] = {
	&reader_evtx, &reader_xml, &reader_json, &reader_rows, &reader_lines,
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

static int read_with(const struct reader *reader, struct bytes file, const struct log_sink *sink,
		     const char **ret_name, struct err *err)
{
	if (ret_name)
		*ret_name = reader->name;
	return reader->read(file, sink, err);
}

/* Formats that are told from others only to say what to do. */
static int refuse_known(struct bytes file, struct err *err)
{
	if (bytes_equal(file, 4, "LfLe", 4)) {
		err_set(err, ERR_UNSUPPORTED, "a log of Windows Server 2003 or XP (.evt), another format");
		return err_hint(err, "open it on a newer Windows and save it as .evtx");
	}
	if (bytes_equal(file, 0, "\xfd" "7zXZ", 5) || bytes_equal(file, 0, "PK\3\4", 4))
		return err_set(err, ERR_UNSUPPORTED, "packed in a way that is not read here: unpack it first");
	return 0;
}

static int read_plain(struct bytes file, const struct log_sink *sink, const char **ret_name, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct bytes view;

	if (reader_evtx.is(file))
		return read_with(&reader_evtx, file, sink, ret_name, err);
	if (reader_kmsd.is(file))
		return read_with(&reader_kmsd, file, sink, ret_name, err);
	if (refuse_known(file, err) < 0 || text_unpack(file, READER_UNPACKED_MAX, &text, &view, err) < 0)
		return -1;
	if (is_text(view))
		for (size_t i = 1; i < ARRAY_SIZE(readers); i++)
			if (readers[i]->is(view))
				return read_with(readers[i], view, sink, ret_name, err);
	err_set(err, ERR_FORMAT, "not a log: neither an .evtx file nor a text export of one");
	return err_hint(err, "save the log \"Key Management Service\" in the Event Viewer, or: wevtutil epl \"Key "
			     "Management Service\" kms.evtx");
}

int log_read_bytes(struct bytes file, const struct log_sink *sink, const char **ret_name, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT;

	if (file.len == 0)
		return err_set(err, ERR_FORMAT, "the file is empty");
	if (!bytes_are_gzip(file) && !bytes_are_zstd(file))
		return read_plain(file, sink, ret_name, err);
	if ((bytes_are_gzip(file) ? gzip_unpack : zstd_unpack)(file, READER_UNPACKED_MAX, &plain, err) < 0)
		return -1;
	return read_plain(bytes_of(strbuf_text(&plain), plain.len), sink, ret_name, err);
}

int log_read(const char *path, const struct log_sink *sink, const char **ret_name, struct err *err)
{
	CLEANUP(file_map_release) struct file_map map = { 0 };
	CLEANUP(strbuf_release) struct strbuf input = STRBUF_INIT;

	if (strcmp(path, "-") == 0) {
		if (file_read_all(path, READER_UNPACKED_MAX, &input, err) < 0)
			return -1;
		return log_read_bytes(bytes_of(strbuf_text(&input), input.len), sink, ret_name, err);
	}
	if (file_map_open(path, &map, err) < 0)
		return -1;
	return log_read_bytes(map.bytes, sink, ret_name, err);
}
