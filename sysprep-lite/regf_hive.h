/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside a hive: what the regf_*.c files share. Nobody else includes this.
 *
 * A cell is named by its offset from the end of the base block. cell_get is the
 * one way to read a cell, and refuses offsets at which no cell in use starts;
 * regf_check (at opening) has looked at every cell that can be reached from the
 * root, so later code meets a refusal only for a handle that is no longer good.
 */
#pragma once

#include "common/base/vec.h"
#include "sysprep-lite/regf.h"

#define REGF_NIL 0xffffffffu

enum {
	BASE_LEN = 4096,
	BASE_SEQUENCE1 = 4,
	BASE_SEQUENCE2 = 8,
	BASE_TIME = 12,
	BASE_MAJOR = 20,
	BASE_MINOR = 24,
	BASE_TYPE = 28,   /* 0 hive, 1 and 2 old log, 6 new log */
	BASE_FORMAT = 32, /* 1: may be mapped as it is */
	BASE_ROOT = 36,
	BASE_BINS = 40, /* bytes of all bins */
	BASE_CLUSTERING = 44,
	BASE_FLAGS = 144,
	BASE_CHECKSUM = 508,

	BIN_ALIGN = 4096,
	BIN_OFFSET = 4,
	BIN_SIZE = 8,
	BIN_TIME = 20,
	BIN_HEADER_LEN = 32,

	CELL_HEADER_LEN = 4, /* signed size of the whole cell, negative while in use */
	CELL_ALIGN = 8,
};

/* Fields of a key (nk), from the start of the cell's data. */
enum {
	NK_FLAGS = 2,
	NK_TIME = 4,
	NK_PARENT = 16,
	NK_SUBKEYS = 20,
	NK_VOLATILE_SUBKEYS = 24,
	NK_LIST = 28,
	NK_VOLATILE_LIST = 32,
	NK_VALUES = 36,
	NK_VALUE_LIST = 40,
	NK_SECURITY = 44,
	NK_CLASS = 48,
	NK_MAX_SUBKEY_NAME = 52, /* low 16 bits; virtualisation and user flags above since Vista */
	NK_MAX_SUBKEY_CLASS = 56,
	NK_MAX_VALUE_NAME = 60,
	NK_MAX_VALUE_DATA = 64,
	NK_NAME_LEN = 72,
	NK_CLASS_LEN = 74,
	NK_NAME = 76,

	NK_FLAG_NARROW = 0x20, /* the name is stored in one byte a unit (Latin-1) */
	NK_FLAG_HANDLE = 0x40, /* predefined handle: NK_VALUES is no count */

	NK_VIRTUAL_INHERIT = 0x80000, /* in NK_MAX_SUBKEY_NAME: pass the four flags on to new subkeys */
	NK_VIRTUAL_MASK = 0xf0000,
};

enum {
	VK_NAME_LEN = 2,
	VK_DATA_LEN = 4, /* highest bit: the data is in VK_DATA itself */
	VK_DATA = 8,
	VK_TYPE = 12,
	VK_FLAGS = 16,
	VK_NAME = 20,

	VK_FLAG_NARROW = 1,
};

#define VK_RESIDENT 0x80000000u
#define VK_RESIDENT_MAX 4u

enum {
	SK_NEXT = 4,
	SK_PREVIOUS = 8,
	SK_REFERENCES = 12,
	SK_LEN = 16,
	SK_DATA = 20,

	DB_SEGMENTS = 2,
	DB_LIST = 4,
	DB_LEN = 8,
	DB_SEGMENT_LEN = 16344, /* since 1.4, longer data is cut into segments of this length */
	DB_MINOR = 4,

	LIST_COUNT = 2,
	LIST_ENTRIES = 4,
	LIST_CELL_LEN = 4, /* an entry of li and ri; lf and lh add a hint of four bytes */
};

#define REGF_MAX_BINS 0x7fff0000u /* Windows counts bytes of a hive in 31 bits */
#define REGF_MAX_DEPTH 512        /* levels of keys that Windows accepts */
#define REGF_MAX_DATA (64u << 20) /* no value of Windows comes near */
#define REGF_MAX_KEY_NAME 255u    /* UTF-16 units, as RegCreateKeyEx documents */
#define REGF_MAX_VALUE_NAME 16383u

enum { REGF_FREE_CLASSES = 96 };

/* A name as it lies in the hive or as it was asked for. */
struct regf_name {
	const uint8_t *data;
	size_t units;
	bool wide;
};

struct regf_sk {
	uint32_t cell; /* 0: empty slot */
	uint32_t references;
};

struct regf_sk_table {
	struct regf_sk *slots;
	size_t size; /* a power of two */
	size_t used;
};

/* Where regf_child_at was last. */
struct regf_cursor {
	uint32_t key;
	size_t leaf, first;
};

/* A key that had to move when its name grew: the old handle keeps working. */
struct regf_moved {
	uint32_t from, to;
};

struct regf {
	uint8_t *data;
	size_t len, cap; /* bytes of the file, of the allocation */
	uint32_t bins;   /* bytes of all bins */
	uint32_t root;
	uint64_t *starts; /* one bit for eight bytes: a cell starts here */
	struct regf_info info;
	bool changed;
	bool sorted; /* all subkey lists were in order at opening */
	uint64_t clock;
	bool free_indexed;
	VEC(uint32_t) free[REGF_FREE_CLASSES]; /* hints: an entry counts only while a free cell of its class is there */
	struct regf_sk_table security;
	VEC(struct regf_moved) moved;
	struct regf_cursor *cursor;
};

/* ---- regf_base.c: base block and bins ---- */
uint32_t regf_checksum(const uint8_t *base);
bool regf_checksum_is_good(const uint8_t *base);
int regf_check_base(struct bytes hive, struct err *err);  /* all but sequence numbers and checksum */
int regf_index_cells(struct regf *hive, struct err *err); /* checks bins and cells, fills starts */

/* ---- regf_log.c ---- */
int regf_replay(struct regf *hive, const struct regf_logs *logs, struct err *err);

/* ---- regf_check.c: walks all keys; counts; fills the security table ---- */
typedef VEC(uint32_t) regf_cells;
int regf_check(struct regf *hive, struct err *err);

/* The same; ret gets the parent of each key whose cell has its bit, as in starts, set in marked. */
int regf_check_marked(struct regf *hive, const uint64_t *marked, regf_cells *ret, struct err *err);

/* ---- regf_cell.c ---- */
static inline uint8_t *cell_at(const struct regf *hive, uint32_t cell)
{
	return hive->data + BASE_LEN + cell;
}

static inline int32_t cell_size(const struct regf *hive, uint32_t cell)
{
	return (int32_t)load_le32(cell_at(hive, cell));
}

static inline bool cell_starts(const struct regf *hive, uint32_t cell)
{
	return cell % CELL_ALIGN == 0 && cell < hive->bins && (hive->starts[cell / 512] >> (cell / 8 % 64) & 1);
}

/* The data of a cell in use; false when there is none or it is shorter than min_len. */
bool cell_get(const struct regf *hive, uint32_t cell, size_t min_len, struct bytes *ret);

/* The same for a cell with a two letter signature. */
bool cell_get_signed(const struct regf *hive, uint32_t cell, const char *signature, size_t min_len, struct bytes *ret);

/* The cell, free or in use, that holds the byte at, counted as cells are; 0 when it is in a bin header. */
uint32_t cell_holding(const struct regf *hive, uint64_t at);

/* Data of a cell that is known to be good; valid until the next cell_alloc. */
static inline uint8_t *cell_data(const struct regf *hive, uint32_t cell)
{
	return cell_at(hive, cell) + CELL_HEADER_LEN;
}

/* Bytes that bins may have to grow by for a cell with len bytes of data. */
uint64_t cell_need(uint64_t len);

/* Refuses (ERR_LIMIT) when the bins cannot grow by need. After it, cell_alloc of that much succeeds. */
int regf_reserve(const struct regf *hive, uint64_t need, struct err *err);

uint32_t cell_alloc(struct regf *hive, size_t len); /* zeroed */
void cell_free(struct regf *hive, uint32_t cell);   /* joins with free neighbours */

/* Grows a cell, in its place when it can; the old offset is free when it moved. */
uint32_t cell_grow(struct regf *hive, uint32_t cell, size_t len);
bool cell_grow_in_place(struct regf *hive, uint32_t cell, size_t len);

static inline void put_tag(uint8_t *to, const char *tag)
{
	while (*tag)
		*to++ = (uint8_t)*tag++;
}

static inline void cell_put32(struct regf *hive, uint32_t cell, size_t at, uint32_t number)
{
	store_le32(cell_data(hive, cell) + at, number);
}

/* ---- regf_name.c ---- */
static inline uint16_t name_unit(struct regf_name name, size_t i)
{
	return name.wide ? load_le16(name.data + 2 * i) : name.data[i];
}

int name_compare(struct regf_name a, struct regf_name b); /* upper-cased units, as Windows orders subkeys */
uint32_t name_hash(struct regf_name name);                /* of an lh entry */
uint32_t name_hint(struct regf_name name);                /* of an lf entry */
bool name_fits_narrow(struct regf_name name);
size_t name_stored_len(struct regf_name name); /* narrow when it fits */
void name_store(struct regf_name name, uint8_t *to);
void name_to_text(struct regf_name name, struct strbuf *ret);

/* From WTF-8; buf holds the units. False: the text is not UTF-8, so no name. */
bool name_from_text(const char *text, size_t len, struct strbuf *buf, struct regf_name *ret);

bool key_get(const struct regf *hive, uint32_t key, struct bytes *ret); /* follows moved keys */
uint32_t key_resolve(const struct regf *hive, uint32_t key);
struct regf_name key_name(struct bytes nk);
bool value_get(const struct regf *hive, uint32_t value, struct bytes *ret);
struct regf_name value_name(struct bytes vk);

/* ---- regf_list.c: subkey lists ---- */
struct regf_leaf {
	uint32_t cell;
	size_t count;
	size_t stride; /* 4 or 8 */
	char kind;     /* 'i', 'f', 'h' */
	struct bytes data;
};

struct regf_list {
	uint32_t top;  /* the cell that the key points to */
	bool has_root; /* top is ri */
	size_t leaves;
	struct bytes data;
};

bool list_open(const struct regf *hive, struct bytes nk, struct regf_list *ret);
uint32_t list_leaf_cell(const struct regf_list *list, size_t i);
bool leaf_open(const struct regf *hive, uint32_t cell, struct regf_leaf *ret);

static inline uint32_t leaf_child(const struct regf_leaf *leaf, size_t i)
{
	return bytes_le32(leaf->data, LIST_ENTRIES + i * leaf->stride);
}

uint32_t list_find(const struct regf *hive, uint32_t key, struct regf_name name);
uint64_t list_insert_need(const struct regf *hive, uint32_t key);
void list_insert(struct regf *hive, uint32_t key, uint32_t child); /* parent's counts are not touched */
void list_remove(struct regf *hive, uint32_t key, uint32_t child);
void list_replace(struct regf *hive, uint32_t key, uint32_t child, uint32_t by);
void list_free(struct regf *hive, uint32_t key);
int list_sort(struct regf *hive, uint32_t key,
	      struct err *err); /* sizes of leaves stay; two equal names: sorted, but ERR_REFUSED */

/* All children, in list order; appended. */
void list_children(const struct regf *hive, uint32_t key, regf_cells *ret);

/* ---- regf_value.c ---- */
void value_free_data(struct regf *hive, uint32_t value);
uint32_t value_data_len(struct bytes vk);
bool value_is_big(const struct regf *hive, struct bytes vk, struct bytes *ret_db); /* cut into segments */

/* ---- regf_sk.c: how many keys use a descriptor ---- */
struct regf_sk *sk_slot(struct regf_sk_table *table, uint32_t cell); /* made when new */
void sk_table_release(struct regf_sk_table *table);
void sk_take(struct regf *hive, uint32_t cell);
void sk_drop(struct regf *hive, uint32_t cell); /* the last use takes it out of the ring */

/* ---- regf.c ---- */
void regf_touch(struct regf *hive, uint32_t key);
int regf_check_writable(const struct regf *hive, struct err *err);
