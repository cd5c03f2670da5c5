/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replay of transaction logs on the copy in memory. A log begins with a copy of
 * the base block's first sector. Old logs (up to Windows 8) follow with a bitmap
 * of 512 byte pages and those pages; new ones (since 8.1) with entries that carry
 * a sequence number, two hashes and any number of pages. Nothing is applied that
 * does not lie wholly in the log; whether the outcome is a hive is checked later
 * as for any other.
 */
#include "sysprep-lite/regf_hive.h"

enum {
	SECTOR = 512,
	LOG_MAX = 3,

	TYPE_OLD = 1,
	TYPE_OLDER = 2,
	TYPE_NEW = 6,

	DIRT_BITMAP = 4,

	ENTRY_SIZE = 4,
	ENTRY_FLAGS = 8,
	ENTRY_SEQUENCE = 12,
	ENTRY_BINS = 16,
	ENTRY_PAGES = 20,
	ENTRY_HASH1 = 24, /* of all behind the header */
	ENTRY_HASH2 = 32, /* of the 32 bytes before it */
	ENTRY_HEADER_LEN = 40,
	PAGE_REF_LEN = 8, /* offset in the bins, length */
};

struct log {
	struct bytes bytes;
	uint32_t type, sequence;
	uint64_t time;
};

struct replay {
	struct regf *hive;
	struct log logs[LOG_MAX]; /* lowest sequence number first */
	size_t n;
	uint64_t max_len; /* a hive can grow only by what the logs hold */
	bool base_is_good;
	struct err *err;
};

/* ---- Marvin32, with the seed of log entries ---- */

static uint32_t rotate(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

static void marvin_mix(uint32_t state[2], uint32_t word)
{
	state[0] += word;
	state[1] ^= state[0];
	state[0] = rotate(state[0], 20) + state[1];
	state[1] = rotate(state[1], 9) ^ state[0];
	state[0] = rotate(state[0], 27) + state[1];
	state[1] = rotate(state[1], 19);
}

/* len is a multiple of four here: entries and what is hashed of them always are. */
static uint64_t marvin32(struct bytes data)
{
	uint32_t state[2] = { 0x7a4e55c5, 0x82ef4d88 };

	for (size_t at = 0; at + 4 <= data.len; at += 4)
		marvin_mix(state, bytes_le32(data, at));
	marvin_mix(state, 0x80);
	marvin_mix(state, 0);
	return (uint64_t)state[1] << 32 | state[0];
}

/* ---- the logs ---- */

static bool log_read(struct bytes bytes, struct log *ret)
{
	if (bytes.len < SECTOR || memcmp(bytes.data, "regf", 4) != 0 || !regf_checksum_is_good(bytes.data) ||
	    bytes_le32(bytes, BASE_SEQUENCE1) != bytes_le32(bytes, BASE_SEQUENCE2) ||
	    bytes_le32(bytes, BASE_MAJOR) != 1)
		return false;
	*ret = (struct log){ .bytes = bytes,
			     .type = bytes_le32(bytes, BASE_TYPE),
			     .sequence = bytes_le32(bytes, BASE_SEQUENCE1),
			     .time = bytes_le64(bytes, BASE_TIME) };
	return ret->type == TYPE_OLD || ret->type == TYPE_OLDER || ret->type == TYPE_NEW;
}

/* Sequence numbers may run over. */
static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static void add_log(struct replay *replay, struct bytes bytes)
{
	struct log log;
	size_t i = replay->n;

	replay->max_len += bytes.len;
	if (!log_read(bytes, &log))
		return;
	for (; i > 0 && is_before(log.sequence, replay->logs[i - 1].sequence); i--)
		replay->logs[i] = replay->logs[i - 1];
	replay->logs[i] = log;
	replay->n++;
}

static bool is_new(const struct log *log)
{
	return log->type == TYPE_NEW;
}

/* The copy in a log repairs a base block that was half written. */
static void take_base(struct replay *replay, const struct log *log)
{
	if (replay->base_is_good)
		return;
	memcpy(replay->hive->data, log->bytes.data, SECTOR);
	memset(replay->hive->data + SECTOR, 0, BASE_LEN - SECTOR);
	replay->base_is_good = true;
}

static int grow(struct replay *replay, uint64_t bins, uint64_t at)
{
	struct regf *hive = replay->hive;
	uint64_t len = BASE_LEN + bins;

	if (bins == 0 || bins % BIN_ALIGN != 0 || bins > REGF_MAX_BINS || len > replay->max_len)
		return err_at(replay->err, ERR_FORMAT, at, "log: impossible size of the bins (%llu)",
			      (unsigned long long)bins);
	if (len <= hive->len)
		return 0;
	hive->data = xrealloc(hive->data, len);
	memset(hive->data + hive->len, 0, len - hive->len);
	hive->len = hive->cap = len;
	return 0;
}

static void seal(struct replay *replay, uint32_t sequence, uint32_t bins)
{
	uint8_t *base = replay->hive->data;

	store_le32(base + BASE_SEQUENCE1, sequence);
	store_le32(base + BASE_SEQUENCE2, sequence);
	store_le32(base + BASE_TYPE, 0);
	store_le32(base + BASE_BINS, bins);
	store_le32(base + BASE_CHECKSUM, regf_checksum(base));
	replay->hive->info.sequence1 = replay->hive->info.sequence2 = sequence;
}

/* ---- new format ---- */

static bool entry_read(struct bytes log, uint64_t at, uint32_t sequence, struct bytes *ret)
{
	struct bytes entry;
	uint32_t size;

	if (!bytes_holds(log, at, ENTRY_HEADER_LEN) || !bytes_equal(log, at, "HvLE", 4))
		return false;
	size = load_le32(log.data + at + ENTRY_SIZE);
	if (size < SECTOR || size % SECTOR != 0 || !bytes_slice(log, at, size, &entry))
		return false;
	if (bytes_le32(entry, ENTRY_SEQUENCE) != sequence || bytes_le32(entry, ENTRY_BINS) % BIN_ALIGN != 0 ||
	    marvin32(bytes_of(entry.data, ENTRY_HASH2)) != bytes_le64(entry, ENTRY_HASH2) ||
	    marvin32(bytes_from(entry, ENTRY_HEADER_LEN)) != bytes_le64(entry, ENTRY_HASH1))
		return false;
	*ret = entry;
	return true;
}

static int apply_pages(struct replay *replay, struct bytes entry)
{
	uint64_t count = bytes_le32(entry, ENTRY_PAGES), bins = bytes_le32(entry, ENTRY_BINS);
	uint64_t from = ENTRY_HEADER_LEN + count * PAGE_REF_LEN;

	for (uint64_t i = 0; i < count; i++) {
		size_t ref = (size_t)(ENTRY_HEADER_LEN + i * PAGE_REF_LEN);
		uint32_t to, len;

		if (!bytes_holds(entry, ref, PAGE_REF_LEN))
			return err_at(replay->err, ERR_FORMAT, entry.offset + ENTRY_PAGES,
				      "log: too many pages in an entry");
		to = bytes_le32(entry, ref);
		len = bytes_le32(entry, ref + 4);
		if (!bytes_holds(entry, from, len) || (uint64_t)to + len > bins)
			return err_at(replay->err, ERR_FORMAT, entry.offset + ref, "log: a page lies outside");
		memcpy(replay->hive->data + BASE_LEN + to, entry.data + from, len);
		from += len;
	}
	return 0;
}

static int apply_entry(struct replay *replay, struct bytes entry)
{
	uint8_t *flags;

	if (grow(replay, bytes_le32(entry, ENTRY_BINS), entry.offset + ENTRY_BINS) < 0 ||
	    apply_pages(replay, entry) < 0)
		return -1;
	flags = replay->hive->data + BASE_FLAGS;
	store_le32(flags, (load_le32(flags) & ~1u) | (bytes_le32(entry, ENTRY_FLAGS) & 1u));
	seal(replay, bytes_le32(entry, ENTRY_SEQUENCE), bytes_le32(entry, ENTRY_BINS));
	replay->hive->info.replayed_entries++;
	return 0;
}

/* Entries follow each other without a gap in their numbers; behind the last one stands what an older use left. */
static int apply_new(struct replay *replay, const struct log *log, uint32_t *ret_next)
{
	uint32_t sequence = log->sequence;
	uint64_t at = SECTOR;
	struct bytes entry;

	for (; entry_read(log->bytes, at, sequence, &entry); sequence++) {
		take_base(replay, log);
		if (apply_entry(replay, entry) < 0)
			return -1;
		at += entry.len;
	}
	*ret_next = sequence;
	return 0;
}

static int replay_new(struct replay *replay)
{
	bool base_was_good = replay->base_is_good;
	uint32_t next = replay->hive->info.sequence2;
	bool started = false;

	for (size_t i = 0; i < replay->n; i++) {
		const struct log *log = &replay->logs[i];

		if (!is_new(log) || (!base_was_good && i + 1 < replay->n)) /* then Windows takes the newest only */
			continue;
		if (base_was_good && (started ? log->sequence != next : is_before(log->sequence, next)))
			continue;
		if (apply_new(replay, log, &next) < 0)
			return -1;
		started = true;
	}
	return 0;
}

/* ---- old format ---- */

static bool next_dirty(const uint8_t *bitmap, size_t bits, size_t *bit)
{
	while (*bit < bits && !(bitmap[*bit / 8] >> (*bit % 8) & 1))
		++*bit;
	return *bit < bits;
}

static int apply_old(struct replay *replay, const struct log *log)
{
	uint32_t bins = bytes_le32(log->bytes, BASE_BINS);
	size_t bitmap_len = bins / 4096;
	uint64_t from = round_up(SECTOR + DIRT_BITMAP + bitmap_len, SECTOR);
	struct bytes vector;

	if (!bytes_slice(log->bytes, SECTOR, DIRT_BITMAP + bitmap_len, &vector) || memcmp(vector.data, "DIRT", 4) != 0)
		return err_at(replay->err, ERR_FORMAT, SECTOR, "log: no whole bitmap of dirty pages");
	if (grow(replay, bins, BASE_BINS) < 0)
		return -1;
	for (size_t bit = 0; next_dirty(vector.data + DIRT_BITMAP, bitmap_len * 8, &bit); bit++, from += SECTOR) {
		if (!bytes_holds(log->bytes, from, SECTOR))
			return err_at(replay->err, ERR_TRUNCATED, from, "log: a dirty page is missing");
		memcpy(replay->hive->data + BASE_LEN + bit * SECTOR, log->bytes.data + from, SECTOR);
	}
	take_base(replay, log);
	seal(replay, log->sequence, bins);
	replay->hive->info.replayed_entries++;
	return 0;
}

/* The time in the log is that of the write which the hive did not survive. */
static bool old_fits(const struct replay *replay, const struct log *log)
{
	const uint8_t *data = replay->hive->data;

	if (is_new(log))
		return false;
	if (replay->base_is_good)
		return log->time == load_le64(data + BASE_TIME);
	return log->time >= load_le64(data + BASE_LEN + BIN_TIME);
}

static int replay_old(struct replay *replay)
{
	for (size_t i = replay->n; i > 0; i--)
		if (old_fits(replay, &replay->logs[i - 1]))
			return apply_old(replay, &replay->logs[i - 1]);
	return 0;
}

int regf_replay(struct regf *hive, const struct regf_logs *logs, struct err *err)
{
	struct replay replay = { .hive = hive, .max_len = hive->len, .err = err };

	replay.base_is_good = regf_checksum_is_good(hive->data);
	add_log(&replay, logs->log);
	add_log(&replay, logs->log1);
	add_log(&replay, logs->log2);
	if (replay_new(&replay) < 0)
		return -1;
	if (hive->info.replayed_entries == 0 && replay_old(&replay) < 0)
		return -1;
	if (hive->info.replayed_entries == 0)
		return err_set(err, ERR_REFUSED,
			       "the hive is dirty (sequence numbers %u and %u) and none of its "
			       "transaction logs can be applied",
			       hive->info.sequence1, hive->info.sequence2);
	return 0;
}
