/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the audit keeps of the requests: one small row for each (CMID, computer,
 * product, host), however many requests there were. All members of a row are
 * sums, firsts and lasts, so the order of requests does not matter: logs may be
 * wrapped, newest first, or given in any order.
 *
 * Inside, a row is one cache line; cmid_index_use gives it unfolded. Times are
 * kept in seconds from 1970 to 2106, what lies outside becomes the nearer end;
 * needed ends at 63, weekly and skewed at 65535.
 */
#pragma once

#include "kms/log_batch.h"
#include "kms/product.h"

#define INDEX_NONE UINT32_MAX

enum machine_kind { MACHINE_PHYSICAL = 1, MACHINE_VIRTUAL = 2 };

struct cmid_use {
	uint32_t client;       /* index of its CMID */
	uint32_t name;         /* of the computer; names are numbered with gaps, in the order in which they were met */
	uint32_t next;         /* use of the same CMID, or INDEX_NONE */
	uint16_t product;
	uint16_t host;         /* below 4096 */
	uint32_t requests;
	uint32_t refused;      /* result other than 0 */
	uint32_t renewals;     /* answered requests of a computer that was licensed */
	uint32_t weekly;       /* of these, seven days after the renewal before, as their minutes left tell */
	uint32_t run_down;     /* minutes since the renewal before, of all of them together */
	uint32_t skewed;       /* client time off by more than the host tolerates */
	int32_t worst_skew;    /* minutes; negative: the client is behind */
	uint16_t needed;       /* the largest count asked for */
	uint16_t kinds;        /* bits of enum machine_kind */
	uint64_t first, last;  /* FILETIME of requests */
	uint64_t last_good;    /* of an answered request; 0 for none */
	uint64_t first_renewal, last_renewal;
};

struct cmid_client {
	struct guid cmid;
	uint32_t uses;         /* first of the list */
	uint32_t log;          /* where it was met first: index of the log, and the line or offset in it */
	uint64_t in_lines : 1;
	uint64_t at : 63;
};

/* Where a request was counted. */
struct cmid_counted {
	uint32_t use;
	uint32_t name;
	uint32_t product;
};

struct cmid_index;

struct cmid_index *cmid_index_new(void);
void cmid_index_freep(struct cmid_index **index);

/* A request, and where it was met. */
struct cmid_request {
	const struct log_entry *entry;
	struct text name;
	uint32_t product; /* of cmid_index_product_of */
	uint16_t host;
	uint64_t time;    /* when the host wrote it */
	uint32_t log, line; /* line 0: at the offset of the entry */
	uint32_t likely;  /* of cmid_index_expect, or INDEX_NONE */
};

struct cmid_counted cmid_index_add(struct cmid_index *index, const struct cmid_request *request);

/* A hash that a thread which reads ahead can make. */
uint64_t cmid_index_key(const struct kms_request *request);

enum { CMID_GROUP = 4 };

/*
 * To be called in front of every CMID_GROUP-th of n requests that are counted one after the other, at being its
 * number: has the memory fetched that the next groups need, so that nothing waits for it. likely has room for n; of
 * the group at hand it tells the use that each seems to have, or INDEX_NONE.
 */
void cmid_index_expect(const struct cmid_index *index, const struct log_entry *entries, size_t n, size_t at,
		       uint32_t *likely);

/* No more will be counted: what finds requests is given back. */
void cmid_index_close(struct cmid_index *index);

/* Memory of everything but the texts of names. */
size_t cmid_index_bytes(const struct cmid_index *index);

size_t cmid_index_clients(const struct cmid_index *index);
size_t cmid_index_uses(const struct cmid_index *index);
size_t cmid_index_names(const struct cmid_index *index);
const struct cmid_client *cmid_index_client(const struct cmid_index *index, size_t i);
struct cmid_use cmid_index_use(const struct cmid_index *index, uint32_t i);
/* The same as its name, and as what is next, and quicker. */
uint32_t cmid_index_use_name(const struct cmid_index *index, uint32_t i);
uint32_t cmid_index_use_next(const struct cmid_index *index, uint32_t i);

/* Names that differ only in case are one, written as the one that sorts first. */
const char *cmid_index_name(const struct cmid_index *index, uint32_t name);
uint32_t cmid_index_name_id(struct cmid_index *index, struct text name);

uint32_t cmid_index_product_of(struct cmid_index *index, const struct guid *id);
const struct guid *cmid_index_product_id(const struct cmid_index *index, uint32_t product);
const struct product *cmid_index_product(const struct cmid_index *index, uint32_t product); /* NULL: in no table */
enum kms_counter cmid_index_counter(const struct cmid_index *index, uint32_t product);
