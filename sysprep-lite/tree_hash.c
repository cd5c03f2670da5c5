/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/tree_hash.h"

#include <stdio.h>
#include <string.h>

#include "common/base/utf16.h"
#include "common/image/wim_hash.h"
#include "sysprep-lite/marker.h"

#define DEPTH_MAX 512 /* Windows allows this many levels */

struct hashing {
	struct regf *hive;
	struct wim_hash *hash;
	regf_key skipped;
	struct tree_hash *ret;
	struct err *err;
};

static char *digits(const uint8_t sum[SHA256_LEN], char ret[65])
{
	for (size_t i = 0; i < SHA256_LEN; i++)
		snprintf(ret + i * 2, 3, "%02x", sum[i]);
	return ret;
}

char *sha256_text(const void *data, size_t len, char ret[65])
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha256();
	uint8_t sum[SHA256_LEN];

	wim_hash_begin(hash);
	wim_hash_update(hash, data, len);
	wim_hash_final(hash, sum);
	return digits(sum, ret);
}

/* With its length in front, so that parts cannot run into one another. */
static void add_part(struct hashing *h, const void *data, size_t len)
{
	uint8_t size[8];

	store_le64(size, len);
	wim_hash_update(h->hash, size, sizeof(size));
	if (len)
		wim_hash_update(h->hash, data, len);
}

static int add_values(struct hashing *h, regf_key key)
{
	CLEANUP(strbuf_release) struct strbuf buf = STRBUF_INIT;
	size_t n = regf_value_count(h->hive, key);
	uint8_t type[4];

	for (size_t i = 0; i < n; i++) {
		regf_value value = regf_value_at(h->hive, key, i);

		if (!value)
			return err_set(h->err, ERR_FORMAT, "a value cannot be read");
		strbuf_clear(&buf);
		regf_value_name(h->hive, value, &buf);
		add_part(h, buf.data, buf.len);
		store_le32(type, regf_value_type(h->hive, value));
		add_part(h, type, sizeof(type));
		strbuf_clear(&buf);
		if (regf_value_data(h->hive, value, &buf, h->err) < 0)
			return -1;
		add_part(h, buf.data, buf.len);
		h->ret->values++;
	}
	return 0;
}

static void add_key(struct hashing *h, regf_key key, size_t n_children)
{
	CLEANUP(strbuf_release) struct strbuf buf = STRBUF_INIT;
	struct bytes security = { 0 };
	uint8_t count[8];

	regf_key_name(h->hive, key, &buf);
	add_part(h, buf.data, buf.len);
	strbuf_clear(&buf);
	if (regf_key_class(h->hive, key, &buf))
		add_part(h, buf.data, buf.len);
	if (regf_key_security(h->hive, key, &security))
		add_part(h, security.data, security.len);
	store_le64(count, n_children);
	add_part(h, count, sizeof(count));
	h->ret->keys++;
}

static int add_tree(struct hashing *h, regf_key key, unsigned depth)
{
	size_t n = regf_child_count(h->hive, key), skipped = 0;

	if (depth > DEPTH_MAX)
		return err_set(h->err, ERR_LIMIT, "keys lie deeper than %d levels", DEPTH_MAX);
	if (h->skipped && regf_parent(h->hive, h->skipped) == key)
		skipped = 1;
	add_key(h, key, n - skipped);
	if (add_values(h, key) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		regf_key child = regf_child_at(h->hive, key, i);

		if (!child)
			return err_set(h->err, ERR_FORMAT, "a key cannot be read");
		if (child != h->skipped && add_tree(h, child, depth + 1) < 0)
			return -1;
	}
	return 0;
}

int tree_hash_of(struct regf *hive, bool is_system, struct tree_hash *ret, struct err *err)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha256();
	struct hashing h = { .hive = hive, .hash = hash, .ret = ret, .err = err };
	uint8_t sum[SHA256_LEN];

	memset(ret, 0, sizeof(*ret));
	if (is_system)
		h.skipped = regf_find(hive, regf_root(hive), MARKER_KEY);
	wim_hash_begin(hash);
	if (add_tree(&h, regf_root(hive), 0) < 0)
		return -1;
	wim_hash_final(hash, sum);
	digits(sum, ret->text);
	return 0;
}
