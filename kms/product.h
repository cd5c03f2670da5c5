/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of facts: activation ids, result codes, KMS host keys, numbers.
 * Everything here is constant; nothing is allocated.
 */
#pragma once

#include "common/base/guid.h"

/* What a KMS host counts together: Windows clients and servers in one, each Office generation for itself. */
enum kms_counter {
	COUNTER_NONE,
	COUNTER_WINDOWS,
	COUNTER_OFFICE_2010,
	COUNTER_OFFICE_2013,
	COUNTER_OFFICE_2016,
	COUNTER_OFFICE_2019,
	COUNTER_OFFICE_2021,
	COUNTER_OFFICE_2024,
	COUNTER_UNKNOWN, /* an activation id that is in no table */
	COUNTER_COUNT,
};

const char *counter_name(enum kms_counter counter);  /* "Windows" */
const char *counter_key(enum kms_counter counter);   /* "windows": for JSON */

struct product {
	struct guid id;
	const char *product;
	const char *edition;
	enum kms_counter counter;
	const char *host_key;   /* which host key counts it; "" when not known */
	uint32_t min_count;     /* 25 or 5; 0 for a host key */
	bool is_host_key;       /* the key of a host itself, never what a client asks for */
	const char *stage;      /* "release" or "beta" */
	const char *confidence; /* "high" or "medium" */
};

const struct product *product_find(const struct guid *id);
const struct product *product_at(size_t i); /* NULL at the end */

struct hresult {
	uint32_t code;
	const char *symbol;  /* "" when it has none */
	const char *seen_at; /* words of: host client service */
	const char *meaning;
	const char *advice;  /* may be "" */
};

const struct hresult *hresult_find(uint32_t code);
const struct hresult *hresult_at(size_t i);

struct host_key {
	const char *name;
	const char *hosted_on;
	const char *activates;
	const char *update;
	unsigned year;
	unsigned max_count;
};

const struct host_key *host_key_at(size_t i);

/* A number or name that KMS works with: "renewal-interval", 10080 minutes. */
struct kms_number {
	const char *name;
	const char *value;
	const char *unit;       /* may be "" */
	const char *applies_to;
	const char *note;       /* may be "" */
};

const struct kms_number *kms_number_at(size_t i);

/* "Server 2012" is in "Windows Server 2012", but not in "Windows Server 2012 R2". */
bool text_names_system(const char *text, const char *system);

/* One of the keys that count the product, the lowest of their kind. */
bool host_key_is_for(const struct host_key *key, const struct product *product);
