/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/strbuf.h"
#include "common/image/wim_hash.h"
#include "common/image/wim_writer.h"

#define SUFFIX ".goldwim-undo"
#define MAGIC_LEN 8
#define FLAGS 16 /* in the header of a WIM */
#define VERSION 1
#define JOURNAL_MAX (TAIL_MAX + 4096u)
#define TAIL_MAX (1u << 28) /* a longer one is left out: an append does not overwrite it */

enum journal_field {
	JOURNAL_MAGIC = 0,
	JOURNAL_VERSION = 8,
	JOURNAL_HEADER_LEN = 12,
	JOURNAL_WIM_BYTES = 16,
	JOURNAL_TAIL_AT = 24,
	JOURNAL_TAIL_LEN = 32,
	JOURNAL_HEADER = 40,
	JOURNAL_TAIL = JOURNAL_HEADER + WIM_HEADER_LEN,
};

#define NEXT_LEN (MAGIC_LEN + WIM_HEADER_LEN + SHA256_LEN)

static const uint8_t magic[MAGIC_LEN] = { 'G', 'W', 'I', 'M', 'U', 'N', 'D', 'O' };
static const uint8_t magic_next[MAGIC_LEN] = { 'G', 'W', 'I', 'M', 'N', 'E', 'X', 'T' };

char *wim_journal_path(const char *wim_path)
{
	return xasprintf("%s%s", wim_path, SUFFIX);
}

static void add_sum(struct strbuf *record, size_t from)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha256();
	uint8_t sum[SHA256_LEN];

	wim_hash_update(hash, record->data + from, record->len - from);
	wim_hash_final(hash, sum);
	strbuf_add(record, sum, sizeof(sum));
}

/* True when the SHA-256 of [from, from + len) follows it. */
static bool sum_is_right(struct bytes data, size_t from, size_t len)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha256();
	uint8_t sum[SHA256_LEN];

	wim_hash_update(hash, data.data + from, len);
	wim_hash_final(hash, sum);
	return bytes_equal(data, from + len, sum, sizeof(sum));
}

static int write_through(const char *path, int flags, const struct strbuf *record, struct err *err)
{
	CLEANUP(close_fdp) int fd = -1;

	wim_write_step("open journal");
	fd = open(path, flags | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, errno, "undo journal %s", path_name(path));
	/* in two halves, so that the tests can end the program between them */
	wim_write_step("write journal");
	if (file_write(fd, record->data, record->len / 2, err) < 0)
		return err_context(err, "undo journal");
	wim_write_step("write journal");
	if (file_write(fd, record->data + record->len / 2, record->len - record->len / 2, err) < 0 ||
	    file_fsync(fd, err) < 0)
		return err_context(err, "undo journal");
	return 0;
}

static void add_fixed(struct strbuf *record, const struct wim_header *header, uint64_t wim_bytes, uint64_t tail_len)
{
	uint8_t fixed[JOURNAL_TAIL];

	memcpy(fixed + JOURNAL_MAGIC, magic, MAGIC_LEN);
	store_le32(fixed + JOURNAL_VERSION, VERSION);
	store_le32(fixed + JOURNAL_HEADER_LEN, WIM_HEADER_LEN);
	store_le64(fixed + JOURNAL_WIM_BYTES, wim_bytes);
	store_le64(fixed + JOURNAL_TAIL_AT, wim_bytes - tail_len);
	store_le64(fixed + JOURNAL_TAIL_LEN, tail_len);
	memcpy(fixed + JOURNAL_HEADER, header->raw, WIM_HEADER_LEN);
	strbuf_add(record, fixed, sizeof(fixed));
}

int wim_journal_begin(const char *wim_path, int wim_fd, const struct wim_header *header, uint64_t wim_bytes,
		      struct err *err)
{
	CLEANUP(freep) char *path = wim_journal_path(wim_path);
	CLEANUP(strbuf_release) struct strbuf record = STRBUF_INIT;
	uint64_t tail_len = wim_bytes - header->blob_table.offset;

	if (path_exists(path))
		return err_set(err, ERR_BUSY, "%s: an undo journal is there already", path_name(path));
	if (tail_len > TAIL_MAX)
		tail_len = 0;
	add_fixed(&record, header, wim_bytes, tail_len);
	strbuf_add_fill(&record, '\0', (size_t)tail_len);
	if (file_pread(wim_fd, record.data + JOURNAL_TAIL, (size_t)tail_len, wim_bytes - tail_len, err) < 0)
		return -1;
	add_sum(&record, 0);
	if (write_through(path, O_CREAT | O_EXCL, &record, err) < 0 || file_fsync_folder_of(path, err) < 0) {
		unlink(path);
		return -1;
	}
	return 0;
}

int wim_journal_next(const char *wim_path, const struct wim_header *header, struct err *err)
{
	CLEANUP(freep) char *path = wim_journal_path(wim_path);
	CLEANUP(strbuf_release) struct strbuf record = STRBUF_INIT;

	strbuf_add(&record, magic_next, MAGIC_LEN);
	strbuf_add(&record, header->raw, WIM_HEADER_LEN);
	add_sum(&record, 0);
	return write_through(path, O_APPEND, &record, err);
}

int wim_journal_guard(const char *wim_path, int wim_fd, const struct wim_header *header, uint64_t wim_bytes,
		      struct err *err)
{
	struct wim_header writing = *header;

	writing.flags |= WIM_FLAG_WRITE_IN_PROGRESS;
	wim_header_store(&writing);
	if (wim_journal_begin(wim_path, wim_fd, header, wim_bytes, err) < 0)
		return -1;
	if (wim_journal_next(wim_path, &writing, err) == 0)
		return 0;
	(void)wim_journal_end(wim_path, NULL);
	return -1;
}

int wim_journal_end(const char *wim_path, struct err *err)
{
	CLEANUP(freep) char *path = wim_journal_path(wim_path);

	wim_write_step("remove journal");
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(err, errno, "undo journal %s", path_name(path));
	return file_fsync_folder_of(path, err);
}

int wim_journal_keep(const char *wim_path, const char *kept, struct err *err)
{
	CLEANUP(freep) char *path = wim_journal_path(wim_path);
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;

	if (path_exists(kept))
		return err_set(err, ERR_REFUSED, "%s: there is a file already", kept);
	wim_write_step("keep journal");
	if (file_read_all(path, JOURNAL_MAX, &data, err) < 0 || atomic_file_replace(kept, data.data, data.len, err) < 0)
		return err_context(err, "%s", kept);
	return wim_journal_end(wim_path, err);
}

bool wim_journal_is(const char *path)
{
	uint8_t head[MAGIC_LEN];
	CLEANUP(close_fdp) int fd = file_open_read(path, NULL);

	return fd >= 0 && file_pread(fd, head, sizeof(head), 0, NULL) == 0 && memcmp(head, magic, MAGIC_LEN) == 0;
}

struct journal {
	uint64_t wim_bytes;
	struct bytes header;
	struct bytes tail;
	uint64_t tail_at;
	struct bytes next; /* empty when the header was not going to be written yet */
};

/* 1: whole; 0: it was not written to its end, so the WIM was not touched; -1: not for us. */
static int parse(struct bytes data, struct journal *ret, struct err *err)
{
	size_t known = MIN(data.len, (size_t)MAGIC_LEN);

	if (memcmp(data.data, magic, known) != 0)
		return err_set(err, ERR_REFUSED, "is no undo journal");
	if (data.len < JOURNAL_TAIL + SHA256_LEN)
		return 0;
	if (bytes_le32(data, JOURNAL_VERSION) != VERSION)
		return err_set(err, ERR_UNSUPPORTED, "is of version %u, made by a newer program",
			       bytes_le32(data, JOURNAL_VERSION));
	ret->wim_bytes = bytes_le64(data, JOURNAL_WIM_BYTES);
	ret->tail_at = bytes_le64(data, JOURNAL_TAIL_AT);

	uint64_t tail_len = bytes_le64(data, JOURNAL_TAIL_LEN);

	if (!bytes_slice(data, JOURNAL_TAIL, tail_len, &ret->tail) ||
	    !sum_is_right(data, 0, JOURNAL_TAIL + (size_t)tail_len))
		return 0;
	(void)bytes_slice(data, JOURNAL_HEADER, WIM_HEADER_LEN, &ret->header);

	size_t next_at = JOURNAL_TAIL + (size_t)tail_len + SHA256_LEN;

	ret->next = (struct bytes){ .data = data.data };
	if (bytes_holds(data, next_at, NEXT_LEN) && bytes_equal(data, next_at, magic_next, MAGIC_LEN) &&
	    sum_is_right(data, next_at, MAGIC_LEN + WIM_HEADER_LEN))
		(void)bytes_slice(data, next_at + MAGIC_LEN, WIM_HEADER_LEN, &ret->next);
	return 1;
}

/* A header that is partly the old and partly the new one is what a power loss may leave. */
static bool header_is_ours(const uint8_t *now, const struct journal *journal)
{
	for (size_t i = 0; i < WIM_HEADER_LEN; i++)
		if (now[i] != journal->header.data[i] && !(journal->next.len && now[i] == journal->next.data[i]))
			return false;
	return true;
}

/* Only libwim writes the mark; a header without it that is not the old one is what it writes last. */
static bool guarded_write_has_ended(int wim_fd, const struct journal *journal)
{
	uint8_t now[WIM_HEADER_LEN];
	struct wim_header header;
	uint64_t bytes = 0;

	return journal->next.len && (bytes_le32(journal->next, FLAGS) & WIM_FLAG_WRITE_IN_PROGRESS) &&
	       file_size(wim_fd, &bytes, NULL) == 0 && file_pread(wim_fd, now, sizeof(now), 0, NULL) == 0 &&
	       !header_is_ours(now, journal) &&
	       wim_header_parse(bytes_of(now, sizeof(now)), bytes, &header, NULL) == 0 &&
	       !(header.flags & WIM_FLAG_WRITE_IN_PROGRESS);
}

static int check_state(int wim_fd, const struct journal *journal, struct err *err)
{
	uint8_t now[WIM_HEADER_LEN];
	uint64_t bytes = 0;

	if (file_size(wim_fd, &bytes, err) < 0)
		return -1;
	if (bytes < journal->wim_bytes || journal->wim_bytes < WIM_HEADER_LEN ||
	    journal->tail_at > journal->wim_bytes || journal->tail.len > journal->wim_bytes - journal->tail_at ||
	    file_pread(wim_fd, now, sizeof(now), 0, err) < 0 || !header_is_ours(now, journal)) {
		err_set(err, ERR_REFUSED, "the WIM was changed by another program since it was written");
		return err_hint(err, "if the WIM is good (verify it), remove the journal");
	}
	return 0;
}

static int put_back(int wim_fd, const struct journal *journal, struct err *err)
{
	if (wim_write_at(wim_fd, journal->tail.data, journal->tail.len, journal->tail_at, err) < 0 ||
	    wim_write_at(wim_fd, journal->header.data, WIM_HEADER_LEN, 0, err) < 0 || file_fsync(wim_fd, err) < 0)
		return -1;
	wim_write_step("truncate");
	if (ftruncate(wim_fd, (off_t)journal->wim_bytes) < 0)
		return err_errno(err, errno, "cutting the WIM back to its length");
	return file_fsync(wim_fd, err);
}

int wim_journal_replay(const char *wim_path, int wim_fd, bool *did, struct err *err)
{
	CLEANUP(freep) char *path = wim_journal_path(wim_path);
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	struct journal journal = { 0 };

	*did = false;
	if (access(path, F_OK) < 0)
		return 0;
	if (file_read_all(path, JOURNAL_MAX, &data, err) < 0)
		return err_context(err, "undo journal %s", path_name(path));

	int whole = data.len ? parse(bytes_of(data.data, data.len), &journal, err) : 0;

	if (whole > 0 && guarded_write_has_ended(wim_fd, &journal))
		return wim_journal_end(wim_path, err);
	if (whole < 0 ||
	    (whole && (check_state(wim_fd, &journal, err) < 0 || put_back(wim_fd, &journal, err) < 0)))
		return err_context(err, "undo journal %s", path_name(path));
	if (wim_journal_end(wim_path, err) < 0)
		return -1;
	*did = true;
	return 0;
}

int wim_journal_take_back(const char *kept, int wim_fd, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	struct journal journal = { 0 };
	int whole;

	if (file_read_all(kept, JOURNAL_MAX, &data, err) < 0)
		return -1;
	whole = parse(bytes_of(data.data, data.len), &journal, err);
	if (whole == 0)
		return err_set(err, ERR_TRUNCATED, "is an undo journal without its end");
	if (whole < 0 || check_state(wim_fd, &journal, err) < 0)
		return -1;
	return put_back(wim_fd, &journal, err);
}
