/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cells: getting them, finding free ones, joining freed ones. Neighbours are
 * found through the bitmap of cell starts: a bin header is no cell start, so two
 * cells that touch are always in one bin. What a freed cell held is zeroed when the
 * cell is taken again, and in all that are left by regf_finish.
 */
#include "sysprep-lite/regf_hive.h"

#include <assert.h>
#include <stdlib.h>

bool cell_get(const struct regf *hive, uint32_t cell, size_t min_len, struct bytes *ret)
{
	int32_t size;
	size_t len;

	if (!cell_starts(hive, cell))
		return false;
	size = cell_size(hive, cell);
	if (size >= 0)
		return false;
	len = 0u - (uint32_t)size - CELL_HEADER_LEN;
	if (len < min_len)
		return false;
	*ret = (struct bytes){ .data = cell_data(hive, cell),
			       .len = len,
			       .offset = (uint64_t)BASE_LEN + cell + CELL_HEADER_LEN };
	return true;
}

bool cell_get_signed(const struct regf *hive, uint32_t cell, const char *signature, size_t min_len, struct bytes *ret)
{
	struct bytes data;

	if (!cell_get(hive, cell, MAX(min_len, 2), &data) || memcmp(data.data, signature, 2) != 0)
		return false;
	*ret = data;
	return true;
}

/* Exact classes below 512 bytes, four classes a power of two above. */
static size_t class_of(uint32_t size)
{
	unsigned log;
	size_t class;

	if (size < 512)
		return size / CELL_ALIGN;
	log = 31u - (unsigned)__builtin_clz(size);
	class = 64 + (log - 9) * 4 + (size >> (log - 2) & 3);
	return MIN(class, REGF_FREE_CLASSES - 1);
}

static void set_start(struct regf *hive, uint32_t cell)
{
	hive->starts[cell / 512] |= 1ULL << (cell / 8 % 64);
}

static void clear_start(struct regf *hive, uint32_t cell)
{
	hive->starts[cell / 512] &= ~(1ULL << (cell / 8 % 64));
}

static void put_size(struct regf *hive, uint32_t cell, int64_t size)
{
	store_le32(cell_at(hive, cell), (uint32_t)size);
}

static void add_free(struct regf *hive, uint32_t cell, uint32_t size)
{
	put_size(hive, cell, size);
	set_start(hive, cell);
	*vec_add(&hive->free[class_of(size)]) = cell;
}

static void index_free(struct regf *hive)
{
	uint32_t words = hive->bins / 512;

	if (hive->free_indexed)
		return;
	hive->free_indexed = true;
	for (uint32_t w = 0; w < words; w++) {
		for (uint64_t bits = hive->starts[w]; bits; bits &= bits - 1) {
			uint32_t cell = (w * 64 + (uint32_t)__builtin_ctzll(bits)) * CELL_ALIGN;

			if (cell_size(hive, cell) > 0)
				*vec_add(&hive->free[class_of((uint32_t)cell_size(hive, cell))]) = cell;
		}
	}
}

static bool is_free_of(const struct regf *hive, uint32_t cell, size_t class)
{
	return cell_starts(hive, cell) && cell_size(hive, cell) > 0 &&
	       class_of((uint32_t)cell_size(hive, cell)) == class;
}

/* A free cell of at least size bytes, taken out of its list; 0 when there is none. */
static uint32_t take_free_in(struct regf *hive, size_t class, uint32_t size)
{
	enum { LOOK = 64 }; /* entries of the own class that may be too small; all of a higher class fit */
	size_t looked = 0;

	for (size_t i = hive->free[class].len; i > 0 && looked < LOOK; i--, looked++) {
		uint32_t cell = hive->free[class].items[i - 1];
		bool stale = !is_free_of(hive, cell, class);

		if (!stale && (uint32_t)cell_size(hive, cell) < size)
			continue;
		hive->free[class].items[i - 1] = hive->free[class].items[--hive->free[class].len];
		if (!stale)
			return cell;
		looked = looked ? looked - 1 : 0;
	}
	return 0;
}

static uint32_t take_free(struct regf *hive, uint32_t size)
{
	for (size_t class = class_of(size); class < REGF_FREE_CLASSES; class ++) {
		uint32_t cell = take_free_in(hive, class, size);

		if (cell)
			return cell;
	}
	return 0;
}

static void make_room(struct regf *hive, size_t len)
{
	if (len <= hive->cap)
		return;
	hive->cap = MAX(len, hive->cap + hive->cap / 8);
	hive->data = xrealloc(hive->data, hive->cap);
}

/* One new bin behind the last, all of it one free cell; it may take the place of padding. */
static uint32_t add_bin(struct regf *hive, uint32_t cell_len)
{
	uint32_t bin = hive->bins;
	uint32_t size = (uint32_t)round_up((uint64_t)cell_len + BIN_HEADER_LEN, BIN_ALIGN);
	size_t end = (size_t)BASE_LEN + bin + size;
	uint8_t *header;

	assert(bin + (uint64_t)size <= REGF_MAX_BINS);
	make_room(hive, end);
	hive->len = MAX(hive->len, end);
	header = hive->data + BASE_LEN + bin;
	memset(header, 0, size);
	put_tag(header, "hbin");
	store_le32(header + BIN_OFFSET, bin);
	store_le32(header + BIN_SIZE, size);
	hive->starts = xrealloc(hive->starts, (bin + size) / 64);
	memset((uint8_t *)hive->starts + bin / 64, 0, size / 64);
	hive->bins = bin + size;
	add_free(hive, bin + BIN_HEADER_LEN, size - BIN_HEADER_LEN);
	return bin + BIN_HEADER_LEN;
}

static uint32_t whole_len(size_t len)
{
	return (uint32_t)round_up(len + CELL_HEADER_LEN, CELL_ALIGN);
}

uint64_t cell_need(uint64_t len)
{
	return round_up(len + CELL_HEADER_LEN + CELL_ALIGN + BIN_HEADER_LEN, BIN_ALIGN);
}

int regf_reserve(const struct regf *hive, uint64_t need, struct err *err)
{
	if (need <= REGF_MAX_BINS - hive->bins)
		return 0;
	return err_set(err, ERR_LIMIT, "the hive would grow beyond %u bytes", REGF_MAX_BINS);
}

/* Takes the first size bytes of a free cell that is on no list. */
static void occupy(struct regf *hive, uint32_t cell, uint32_t size)
{
	uint32_t whole = (uint32_t)cell_size(hive, cell);

	if (whole > size)
		add_free(hive, cell + size, whole - size);
	put_size(hive, cell, -(int64_t)size);
	memset(cell_data(hive, cell), 0, size - CELL_HEADER_LEN);
}

uint32_t cell_alloc(struct regf *hive, size_t len)
{
	uint32_t size = whole_len(len);
	uint32_t cell;

	index_free(hive);
	hive->changed = true;
	cell = take_free(hive, size);
	if (!cell)
		cell = add_bin(hive, size);
	for (size_t i = 0; i < hive->moved.len; i++)
		if (hive->moved.items[i].from == cell)
			hive->moved.items[i].from = REGF_NIL;
	occupy(hive, cell, size);
	return cell;
}

static uint32_t cell_before(const struct regf *hive, uint32_t cell)
{
	uint32_t bit = cell / CELL_ALIGN, word = bit / 64;
	uint64_t bits = hive->starts[word] & ((1ULL << bit % 64) - 1);

	while (!bits && word > 0)
		bits = hive->starts[--word];
	return bits ? (word * 64 + 63 - (uint32_t)__builtin_clzll(bits)) * CELL_ALIGN : 0;
}

uint32_t cell_holding(const struct regf *hive, uint64_t at)
{
	uint32_t cell = at < hive->bins ? (uint32_t)at / CELL_ALIGN * CELL_ALIGN : 0;

	if (cell && !cell_starts(hive, cell))
		cell = cell_before(hive, cell);
	return cell && at - cell < (uint64_t)llabs(cell_size(hive, cell)) ? cell : 0;
}

static uint32_t used_size(const struct regf *hive, uint32_t cell)
{
	int32_t size = cell_size(hive, cell);

	assert(size <= -CELL_ALIGN);
	return 0u - (uint32_t)size;
}

void cell_free(struct regf *hive, uint32_t cell)
{
	uint32_t size = used_size(hive, cell);
	uint32_t next = cell + size, before;

	index_free(hive);
	hive->changed = true;
	if (cell_starts(hive, next) && cell_size(hive, next) > 0) {
		size += (uint32_t)cell_size(hive, next);
		clear_start(hive, next);
	}
	before = cell_before(hive, cell);
	if (before && cell_size(hive, before) > 0 && before + (uint32_t)cell_size(hive, before) == cell) {
		size += (uint32_t)cell_size(hive, before);
		clear_start(hive, cell);
		cell = before;
	}
	add_free(hive, cell, size);
}

bool cell_grow_in_place(struct regf *hive, uint32_t cell, size_t len)
{
	uint32_t have = used_size(hive, cell), want = whole_len(len);
	uint32_t next = cell + have, more;

	if (want <= have)
		return true;
	if (!cell_starts(hive, next) || cell_size(hive, next) < 0)
		return false;
	more = (uint32_t)cell_size(hive, next);
	if (have + more < want)
		return false;
	index_free(hive);
	hive->changed = true;
	occupy(hive, next, want - have);
	memset(cell_at(hive, next), 0, CELL_HEADER_LEN);
	clear_start(hive, next);
	put_size(hive, cell, -(int64_t)want);
	return true;
}

uint32_t cell_grow(struct regf *hive, uint32_t cell, size_t len)
{
	uint32_t old_len = used_size(hive, cell) - CELL_HEADER_LEN;
	uint32_t moved;

	if (cell_grow_in_place(hive, cell, len))
		return cell;
	moved = cell_alloc(hive, len);
	memcpy(cell_data(hive, moved), cell_data(hive, cell), old_len);
	cell_free(hive, cell);
	return moved;
}
