/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A registry hive (regf 1.3-1.6) in memory: reading, log replay and editing
 * on a private copy of its bytes, so that descriptors, classes, flags, times
 * and everything we do not understand stay as they are.
 *
 *	struct regf *hive = regf_open(bytes, &logs, err);   checks header and cells
 *	regf_key key = regf_find(hive, regf_root(hive), "ControlSet001\\Control");
 *	regf_set_value(hive, key, "Name", REGF_SZ, data, len, err);
 *	struct bytes out = regf_finish(hive);     checksum, sequence numbers, scrub
 *
 * A regf_key or regf_value is a cell offset. It stays good until the key (value)
 * is deleted; that of a renamed key only until regf_finish. Names and paths are
 * WTF-8 and compared without regard to case.
 * Every function takes a damaged cell as an error (ERR_FORMAT with the file
 * offset); none follows a loop, none reads outside the copy.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/guid.h"
#include "common/base/strbuf.h"

struct regf;

typedef uint32_t regf_key;   /* 0: none */
typedef uint32_t regf_value; /* 0: none */

enum regf_type {
	REGF_NONE = 0,
	REGF_SZ = 1,
	REGF_EXPAND_SZ = 2,
	REGF_BINARY = 3,
	REGF_DWORD = 4,
	REGF_DWORD_BE = 5,
	REGF_LINK = 6,
	REGF_MULTI_SZ = 7,
	REGF_RESOURCE_LIST = 8,
	REGF_FULL_RESOURCE = 9,
	REGF_REQUIREMENTS = 10,
	REGF_QWORD = 11,
};

/* Transaction logs that lie beside the hive; empty views for those that do not. */
struct regf_logs {
	struct bytes log, log1, log2;
};

struct regf_info {
	uint32_t minor;            /* version 1.minor */
	uint32_t sequence1, sequence2;
	uint64_t last_written;     /* FILETIME */
	bool was_dirty;            /* sequence numbers or checksum say: not written to the end */
	bool read_only;            /* dirty, not recovered: opened by regf_open_to_read only */
	unsigned replayed_entries; /* log entries applied by regf_open */
	uint64_t keys, values;     /* counted by the check at opening, kept up by edits */
};

/* Copies hive. Dirty and not recoverable from logs: ERR_REFUSED. logs may be NULL. */
struct regf *regf_open(struct bytes hive, const struct regf_logs *logs, struct err *err);

/* The same without a copy: takes the memory of file over, also on failure. */
struct regf *regf_open_own(struct strbuf *file, const struct regf_logs *logs, struct err *err);

/* The checks of regf_open on a clean hive, without a copy of it. */
int regf_verify(struct bytes hive, struct regf_info *ret, struct err *err);

/*
 * For looking only: a dirty hive that no log repairs opens as it lies, if its cells
 * are whole (info.read_only); every edit of it is ERR_REFUSED.
 */
struct regf *regf_open_to_read(struct bytes hive, const struct regf_logs *logs, struct err *err);
void regf_freep(struct regf **hive);
void regf_get_info(const struct regf *hive, struct regf_info *ret);

/* Reading. A missing key or value is 0, not an error. */
regf_key regf_root(const struct regf *hive);
regf_key regf_find(const struct regf *hive, regf_key from, const char *path); /* "a\\b\\c"; "" is from */
regf_key regf_child(const struct regf *hive, regf_key parent, const char *name);
regf_key regf_parent(const struct regf *hive, regf_key key);
size_t regf_child_count(const struct regf *hive, regf_key key);
regf_key regf_child_at(const struct regf *hive, regf_key key, size_t i); /* in list order; O(1) amortised in sequence */
void regf_key_name(const struct regf *hive, regf_key key, struct strbuf *ret);
void regf_key_path(const struct regf *hive, regf_key key, struct strbuf *ret); /* below the root, "\\" between */
uint64_t regf_key_time(const struct regf *hive, regf_key key);
bool regf_key_class(const struct regf *hive, regf_key key, struct strbuf *ret);
bool regf_key_security(const struct regf *hive, regf_key key, struct bytes *ret);

size_t regf_value_count(const struct regf *hive, regf_key key);
regf_value regf_value_at(const struct regf *hive, regf_key key, size_t i);
regf_value regf_value_find(const struct regf *hive, regf_key key, const char *name); /* "" is the default value */
void regf_value_name(const struct regf *hive, regf_value value, struct strbuf *ret);
uint32_t regf_value_type(const struct regf *hive, regf_value value);

/* Appends the whole data (big data records joined). */
int regf_value_data(const struct regf *hive, regf_value value, struct strbuf *ret, struct err *err);

/* Text of SZ, EXPAND_SZ (up to the first NUL); false for another type or no such value. */
bool regf_get_text(const struct regf *hive, regf_key key, const char *name, struct strbuf *ret);
bool regf_get_u32(const struct regf *hive, regf_key key, const char *name, uint32_t *ret);

/* Editing. Each call either does all or nothing. A changed key gets the time given by regf_set_clock. */
void regf_set_clock(struct regf *hive, uint64_t filetime);
regf_key regf_add_key(struct regf *hive, regf_key parent, const char *name, struct err *err); /* or found; 0: error */
int regf_set_value(struct regf *hive, regf_key key, const char *name, uint32_t type, const void *data, size_t len,
		   struct err *err);
int regf_set_text(struct regf *hive, regf_key key, const char *name, uint32_t type, const char *text, struct err *err);
int regf_set_u32(struct regf *hive, regf_key key, const char *name, uint32_t number, struct err *err);
int regf_delete_value(struct regf *hive, regf_key key, const char *name, struct err *err); /* missing: done */
int regf_delete_key(struct regf *hive, regf_key key, struct err *err);                    /* with all below */
int regf_rename_key(struct regf *hive, regf_key key, const char *name, struct err *err);

/*
 * Replaces every occurrence of the GUIDs from[i] by to[i] in the whole file, free
 * cells included: as 16 bytes on disk, and as text in ASCII and in UTF-16LE, whose
 * case style (upper, lower, mixed: digit by digit) is kept. Subkey lists whose
 * names changed are sorted and hashed anew. fn, when not NULL, is told each place.
 */
struct regf_guid_hit {
	size_t guid;      /* index into from */
	uint64_t offset;  /* in the file */
	enum { REGF_HIT_BINARY, REGF_HIT_ASCII, REGF_HIT_UTF16 } form;
};
typedef void (*regf_guid_fn)(void *context, const struct regf_guid_hit *hit);
int regf_remap_guids(struct regf *hive, const struct guid *from, const struct guid *to, size_t n, regf_guid_fn fn,
		     void *context, struct err *err);

/* Occurrences only; the hive is not changed. */
void regf_find_guids(const struct regf *hive, const struct guid *guids, size_t n, regf_guid_fn fn, void *context);

/*
 * The bytes to be written: free cells zeroed, checksum and sequence numbers
 * clean. Lent until the next edit. An unchanged hive gives its bytes as they were
 * read (after a replay: the replayed ones).
 */
struct bytes regf_finish(struct regf *hive);
bool regf_is_changed(const struct regf *hive);
