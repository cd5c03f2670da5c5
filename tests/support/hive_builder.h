/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registry hives for tests, from a readable text (see README.md: "Hive text").
 *
 * The empty hive is written by our own code, keys and values by libhivex, so
 * that nothing of the hive code under test takes part. The same text gives the
 * same bytes.
 */
#pragma once

#include "common/base/err.h"

enum {
	HIVE_DIRTY = 1,        /* second sequence number one behind, as after a crash; checksum good */
	HIVE_BAD_CHECKSUM = 2, /* one bit of the header checksum wrong */
};

struct hive_options {
	const char *root_name; /* ASCII; NULL: "ROOT" */
	uint32_t minor;        /* version 1.minor, 3 to 6; 0 means 5 */
	unsigned flags;
};

/* Writes the hive; an existing file is replaced. */
int hive_build(const char *out_path, const char *spec_text, struct err *err);
int hive_build_as(const char *out_path, const char *spec_text, const struct hive_options *options, struct err *err);

/* Only the empty hive: base block and one bin with root key and descriptor. */
int hive_build_empty(const char *out_path, const struct hive_options *options, struct err *err);

/* Adds about bytes of keys and values below key, as registered classes have them (libhivex writes). */
int hive_grow(const char *path, const char *key, uint64_t bytes, uint64_t seed, struct err *err);

/* Sets the checksum of a base block (its first 512 bytes) to what belongs there. */
void hive_store_checksum(uint8_t *base);
