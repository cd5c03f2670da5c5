/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hive, or "LOGS", the length of the hive, the hive and a log. Checksums are put
 * right first, so that the input reaches what lies behind them. Whatever opens is
 * read, edited and written, and what was written must open with the counts kept.
 */
#include <stdlib.h>

#include "sysprep-lite/regf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20, LOGS_HEADER_LEN = 8, CHECKSUM = 508, KEYS_MAX = 2000 };

static void put_checksum(uint8_t *base, size_t len)
{
	uint32_t sum = 0;

	if (len < CHECKSUM + 4)
		return;
	for (size_t at = 0; at < CHECKSUM; at += 4)
		sum ^= load_le32(base + at);
	store_le32(base + CHECKSUM, sum == 0 ? 1 : sum == 0xffffffff ? 0xfffffffe : sum);
}

static void read_values(const struct regf *hive, regf_key key)
{
	for (size_t i = 0; i < regf_value_count(hive, key); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		regf_value value = regf_value_at(hive, key, i);

		regf_value_name(hive, value, &text);
		(void)regf_value_find(hive, key, strbuf_text(&text));
		if (regf_value_data(hive, value, &text, NULL) < 0)
			abort();
	}
}

/* Reads a key with all below; returns one of the last keys seen, so that edits go to different places. */
static regf_key read_keys(const struct regf *hive, regf_key key, size_t *left)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct bytes security;
	regf_key last = key;

	regf_key_path(hive, key, &text);
	(void)regf_key_class(hive, key, &text);
	(void)regf_key_security(hive, key, &security);
	read_values(hive, key);
	for (size_t i = 0; i < regf_child_count(hive, key) && *left > 0; i++, --*left)
		last = read_keys(hive, regf_child_at(hive, key, i), left);
	return last;
}

static void edit(struct regf *hive, regf_key key)
{
	static const uint8_t big[40000] = "big";
	static const struct guid from = { { 'k', 'e', 'y' } }, to = { { 1 } };
	regf_key root = regf_root(hive), added = regf_add_key(hive, root, "fuzz", NULL);

	(void)regf_set_value(hive, key, "v", REGF_BINARY, big, sizeof(big), NULL);
	(void)regf_set_value(hive, key, "", REGF_BINARY, big, 100, NULL);
	(void)regf_set_value(hive, key, "v", REGF_BINARY, big, 100, NULL);
	(void)regf_rename_key(hive, key, "a longer name than most keys have", NULL);
	(void)regf_remap_guids(hive, &from, &to, 1, NULL, NULL, NULL);
	if (added)
		(void)regf_add_key(hive, added, "below", NULL);
	(void)regf_delete_value(hive, key, "v", NULL);
	if (regf_child_count(hive, root) > 0)
		(void)regf_delete_key(hive, regf_child_at(hive, root, 0), NULL);
}

static void check_written(struct regf *hive)
{
	struct regf_info kept, info;
	struct regf *again = regf_open(regf_finish(hive), NULL, NULL);

	if (!again)
		abort();
	regf_get_info(hive, &kept);
	regf_get_info(again, &info);
	if (kept.keys != info.keys || kept.values != info.values)
		abort();
	regf_freep(&again);
}

static void run(struct bytes file, const struct regf_logs *logs)
{
	struct regf *hive = regf_open(file, logs, NULL);
	size_t left = KEYS_MAX;
	regf_key key;

	if (!hive)
		return;
	key = read_keys(hive, regf_root(hive), &left);
	edit(hive, key);
	check_written(hive);
	regf_freep(&hive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct regf_logs logs = { 0 };
	struct bytes all, hive;
	uint8_t *copy;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	copy = xmemdup(data, size);
	all = hive = bytes_of(copy, size);
	if (bytes_equal(all, 0, "LOGS", 4) && bytes_slice(all, 0, LOGS_HEADER_LEN, &hive) &&
	    bytes_slice(all, LOGS_HEADER_LEN, bytes_le32(hive, 4), &hive)) {
		logs.log1 = bytes_from(all, LOGS_HEADER_LEN + hive.len);
		put_checksum(copy + LOGS_HEADER_LEN + hive.len, logs.log1.len);
	}
	put_checksum(copy + (hive.data - copy), hive.len);
	run(hive, &logs);
	free(copy);
	return 0;
}
