/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/regf_hive.h"

#include "common/base/filetime.h"

static int copy_bytes(struct regf *hive, struct bytes bytes, struct err *err)
{
	hive->data = try_alloc(bytes.len, err);
	if (!hive->data)
		return -1;
	memcpy(hive->data, bytes.data, bytes.len);
	hive->len = hive->cap = bytes.len;
	return 0;
}

static int check_size_and_magic(struct bytes bytes, struct err *err)
{
	if (bytes.len < 4 || memcmp(bytes.data, "regf", 4) != 0)
		return err_at(err, ERR_FORMAT, 0, "not a registry hive: the file does not begin with \"regf\"");
	if (bytes.len < BASE_LEN + BIN_ALIGN)
		return err_set(err, ERR_TRUNCATED, "truncated: %zu bytes, the smallest hive has %d", bytes.len,
			       BASE_LEN + BIN_ALIGN);
	return 0;
}

static bool has_logs(const struct regf_logs *logs)
{
	return logs && (logs->log.len > 0 || logs->log1.len > 0 || logs->log2.len > 0);
}

static int refuse_dirty(const struct regf *hive, bool has_log, uint32_t stored, uint32_t computed, struct err *err)
{
	if (stored != computed)
		(void)err_at(err, ERR_FORMAT, BASE_CHECKSUM, "base block checksum 0x%08x does not match 0x%08x", stored,
			     computed);
	else if (!has_log)
		(void)err_at(err, ERR_REFUSED, BASE_SEQUENCE1,
			     "the hive is dirty (sequence numbers %u and %u) and there is no transaction log",
			     hive->info.sequence1, hive->info.sequence2);
	else if (err)
		err->kind = ERR_REFUSED;
	return err_hint(err, "shut Windows down cleanly (not hibernated) and copy the hive again, "
			     "or give its .LOG1 and .LOG2 files with it");
}

/* A hive that was not written to the end: from its logs, or not at all. */
static int recover(struct regf *hive, const struct regf_logs *logs, struct err *err)
{
	uint32_t stored = load_le32(hive->data + BASE_CHECKSUM), computed = regf_checksum(hive->data);

	hive->info.was_dirty = stored != computed || hive->info.sequence1 != hive->info.sequence2;
	if (!hive->info.was_dirty || (has_logs(logs) && regf_replay(hive, logs, err) == 0))
		return 0;
	return refuse_dirty(hive, has_logs(logs), stored, computed, err);
}

static void read_info(struct regf *hive)
{
	hive->info.minor = load_le32(hive->data + BASE_MINOR);
	hive->info.last_written = load_le64(hive->data + BASE_TIME);
	hive->root = load_le32(hive->data + BASE_ROOT);
	hive->bins = load_le32(hive->data + BASE_BINS);
}

static int load(struct regf *hive, struct bytes bytes, struct err *err)
{
	if (check_size_and_magic(bytes, err) < 0 || (!hive->data && copy_bytes(hive, bytes, err) < 0))
		return -1;
	hive->info.sequence1 = load_le32(hive->data + BASE_SEQUENCE1);
	hive->info.sequence2 = load_le32(hive->data + BASE_SEQUENCE2);
	return 0;
}

static int index_and_check(struct regf *hive, struct err *err)
{
	if (regf_check_base(bytes_of(hive->data, hive->len), err) < 0)
		return -1;
	read_info(hive);
	if (regf_index_cells(hive, err) < 0)
		return -1;
	return regf_check(hive, err);
}

static struct regf *regf_new(void)
{
	struct regf *hive = xcalloc(1, sizeof(*hive));

	hive->clock = filetime_now();
	hive->cursor = xcalloc(1, sizeof(*hive->cursor));
	return hive;
}

static struct regf *open_new(struct regf *hive, struct bytes bytes, const struct regf_logs *logs, struct err *err)
{
	if (load(hive, bytes, err) < 0 || recover(hive, logs, err) < 0) {
		regf_freep(&hive);
		return NULL;
	}
	if (index_and_check(hive, err) < 0) {
		if (hive->info.replayed_entries > 0)
			(void)err_context(err, "after replay of %u log entr%s", hive->info.replayed_entries,
					  hive->info.replayed_entries == 1 ? "y" : "ies");
		regf_freep(&hive);
	}
	return hive;
}

struct regf *regf_open(struct bytes bytes, const struct regf_logs *logs, struct err *err)
{
	return open_new(regf_new(), bytes, logs, err);
}

struct regf *regf_open_own(struct strbuf *file, const struct regf_logs *logs, struct err *err)
{
	struct regf *hive = regf_new();
	struct bytes bytes = bytes_of(strbuf_text(file), file->len);

	hive->data = (uint8_t *)file->data;
	hive->len = file->len;
	hive->cap = file->cap;
	*file = (struct strbuf)STRBUF_INIT;
	return open_new(hive, bytes, logs, err);
}

int regf_verify(struct bytes bytes, struct regf_info *ret, struct err *err)
{
	struct regf *hive = regf_new();
	int status;

	hive->data = (uint8_t *)(uintptr_t)bytes.data; /* a clean hive is only read at opening */
	hive->len = hive->cap = bytes.len;
	status = check_size_and_magic(bytes, err);
	if (status == 0 && (load_le32(hive->data + BASE_SEQUENCE1) != load_le32(hive->data + BASE_SEQUENCE2) ||
			    !regf_checksum_is_good(hive->data)))
		status = err_set(err, ERR_FORMAT, "the hive is not marked as clean");
	if (status == 0)
		status = index_and_check(hive, err);
	*ret = hive->info;
	hive->data = NULL;
	regf_freep(&hive);
	return status;
}

static struct regf *open_as_it_lies(struct bytes bytes, struct err *err)
{
	struct regf *hive = regf_new();

	hive->info.was_dirty = hive->info.read_only = true;
	if (load(hive, bytes, err) < 0 || index_and_check(hive, err) < 0)
		regf_freep(&hive);
	return hive;
}

struct regf *regf_open_to_read(struct bytes bytes, const struct regf_logs *logs, struct err *err)
{
	struct err why = { 0 };
	struct regf *hive = regf_open(bytes, logs, &why);

	if (hive)
		return hive;
	if (why.kind == ERR_REFUSED)
		return open_as_it_lies(bytes, err);
	if (err)
		*err = why;
	return NULL;
}

int regf_check_writable(const struct regf *hive, struct err *err)
{
	if (!hive->info.read_only)
		return 0;
	return err_set(err, ERR_REFUSED, "the hive is dirty (sequence numbers %u and %u): it can be read, not changed",
		       hive->info.sequence1, hive->info.sequence2);
}

void regf_freep(struct regf **hive)
{
	struct regf *gone = *hive;

	if (!gone)
		return;
	for (size_t i = 0; i < REGF_FREE_CLASSES; i++)
		vec_release(&gone->free[i]);
	vec_release(&gone->moved);
	sk_table_release(&gone->security);
	free(gone->cursor);
	free(gone->starts);
	free(gone->data);
	free(gone);
	*hive = NULL;
}

void regf_get_info(const struct regf *hive, struct regf_info *ret)
{
	*ret = hive->info;
}

void regf_set_clock(struct regf *hive, uint64_t filetime)
{
	hive->clock = filetime;
}

bool regf_is_changed(const struct regf *hive)
{
	return hive->changed;
}

void regf_touch(struct regf *hive, uint32_t key)
{
	hive->changed = true;
	store_le64(cell_data(hive, key) + NK_TIME, hive->clock);
}

/* No byte of what was removed stays: free cells, and the padding behind the last bin. */
static void scrub(struct regf *hive)
{
	for (uint32_t w = 0; w < hive->bins / 512; w++) {
		for (uint64_t bits = hive->starts[w]; bits; bits &= bits - 1) {
			uint32_t cell = (w * 64 + (uint32_t)__builtin_ctzll(bits)) * CELL_ALIGN;

			if (cell_size(hive, cell) > 0)
				memset(cell_data(hive, cell), 0, (size_t)cell_size(hive, cell) - CELL_HEADER_LEN);
		}
	}
	memset(hive->data + BASE_LEN + hive->bins, 0, hive->len - BASE_LEN - hive->bins);
}

/* Cells that keys moved out of were kept from use, so that their handles stay unique. */
static void release_moved(struct regf *hive)
{
	for (size_t i = 0; i < hive->moved.len; i++) {
		uint32_t cell = hive->moved.items[i].from;

		if (cell != REGF_NIL && cell_starts(hive, cell) && cell_size(hive, cell) < 0)
			cell_free(hive, cell);
	}
}

static void write_base(struct regf *hive)
{
	uint8_t *base = hive->data;
	uint32_t sequence = MAX(hive->info.sequence1, hive->info.sequence2) + 1;

	store_le32(base + BASE_SEQUENCE1, sequence);
	store_le32(base + BASE_SEQUENCE2, sequence);
	store_le64(base + BASE_TIME, hive->clock);
	store_le64(base + BASE_LEN + BIN_TIME, hive->clock);
	store_le32(base + BASE_BINS, hive->bins);
	store_le32(base + BASE_CHECKSUM, regf_checksum(base));
}

struct bytes regf_finish(struct regf *hive)
{
	if (hive->changed) {
		release_moved(hive);
		scrub(hive);
		write_base(hive);
	}
	return bytes_of(hive->data, hive->len);
}
