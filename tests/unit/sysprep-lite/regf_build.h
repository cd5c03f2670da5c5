/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hives in memory for tests: an empty one from tests/support, bytes to break, and
 * what one expects of a refusal.
 */
#pragma once

#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "sysprep-lite/regf.h"
#include "tests/support/hive_builder.h"
#include "tests/unit/cmocka_all.h"

#define BUILD_CLOCK 0x01d900112233a000ULL

/* The file of an empty hive of version 1.minor. */
static inline void build_empty(uint32_t minor, struct strbuf *ret)
{
	CLEANUP(freep) char *path = xasprintf("/tmp/test-regf-empty-%d", (int)getpid());
	struct hive_options options = { .minor = minor };
	struct err err = { 0 };

	assert_int_equal(hive_build_empty(path, &options, &err), 0);
	assert_int_equal(file_read_all(path, 1 << 20, ret, &err), 0);
	(void)unlink(path);
}

static inline struct bytes build_view(const struct strbuf *buf)
{
	return bytes_of(strbuf_text(buf), buf->len);
}

static inline struct regf *build_open(struct bytes file, const struct regf_logs *logs)
{
	struct err err = { 0 };
	struct regf *hive = regf_open(file, logs, &err);

	if (!hive)
		fail_msg("%s", err.text);
	regf_set_clock(hive, BUILD_CLOCK);
	return hive;
}

static inline struct regf *build_hive(uint32_t minor)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;

	build_empty(minor, &file);
	return build_open(build_view(&file), NULL);
}

static inline void build_checksum(struct strbuf *file)
{
	hive_store_checksum((uint8_t *)file->data);
}

static inline void build_put32(struct strbuf *file, size_t at, uint32_t number)
{
	store_le32((uint8_t *)file->data + at, number);
	if (at < 4096)
		build_checksum(file);
}

static inline void build_finish(struct regf **hive, struct strbuf *ret)
{
	struct bytes out = regf_finish(*hive);

	strbuf_clear(ret);
	strbuf_add(ret, out.data, out.len);
	regf_freep(hive);
}

#define assert_refused(file, logs, wanted_kind)                                                                        \
	do {                                                                                                           \
		struct err refused_err = { 0 };                                                                        \
		struct regf *refused = regf_open(file, logs, &refused_err);                                            \
		assert_null(refused);                                                                                  \
		assert_int_equal(refused_err.kind, wanted_kind);                                                       \
		assert_true(refused_err.text[0]);                                                                      \
	} while (0)

#define assert_refused_at(file, wanted_kind, wanted_offset)                                                            \
	do {                                                                                                           \
		struct err refused_err = { 0 };                                                                        \
		struct regf *refused = regf_open(file, NULL, &refused_err);                                            \
		assert_null(refused);                                                                                  \
		assert_int_equal(refused_err.kind, wanted_kind);                                                       \
		assert_true(refused_err.has_offset);                                                                   \
		assert_int_equal(refused_err.offset, wanted_offset);                                                   \
	} while (0)
