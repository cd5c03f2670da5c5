/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a model as a hive, from the format and sharing nothing with the editor: with bins of
 * many sizes, free cells between others, lists cut where chance has it, classes and several
 * security descriptors. So the editor gets hives that it did not make itself.
 */
#pragma once

#include "tests/support/hive_builder.h"
#include "tests/unit/sysprep-lite/regf_raw.h"

#define WRITE_NIL 0xffffffffu
#define WRITE_SEGMENT 16344

struct writing {
	struct strbuf file;
	size_t free_at, bin_end; /* in file */
	uint32_t minor;
	struct rng *rng;
	uint32_t sk[16];
	size_t keys[16]; /* that have it */
};

static inline uint8_t *write_at(struct writing *w, uint32_t cell)
{
	return (uint8_t *)w->file.data + 4096 + cell;
}

/* What is left of the bin becomes a free cell. */
static inline void write_end_bin(struct writing *w)
{
	if (w->free_at < w->bin_end)
		store_le32((uint8_t *)w->file.data + w->free_at, (uint32_t)(w->bin_end - w->free_at));
}

static inline void write_new_bin(struct writing *w, size_t need)
{
	size_t at = w->file.len;
	size_t size = (size_t)round_up(need + 32, 4096) + 4096 * rng_below(w->rng, 3);

	write_end_bin(w);
	strbuf_add_fill(&w->file, '\0', size);
	memcpy(w->file.data + at, "hbin", 4);
	store_le32((uint8_t *)w->file.data + at + 4, (uint32_t)(at - 4096));
	store_le32((uint8_t *)w->file.data + at + 8, (uint32_t)size);
	w->free_at = at + 32;
	w->bin_end = at + size;
}

/* A cell in use that holds len bytes; sometimes with a free one in front of it, sometimes larger than it must be. */
static inline uint32_t write_cell(struct writing *w, size_t len, bool exact)
{
	size_t size = (size_t)round_up(len + 4, 8);
	size_t gap = rng_chance(w->rng, 8) ? 8 * (size_t)rng_between(w->rng, 1, 40) : 0;
	uint32_t cell;

	if (!exact && rng_chance(w->rng, 10))
		size += 8;
	if (w->bin_end - w->free_at < size)
		write_new_bin(w, size);
	if (gap && w->bin_end - w->free_at >= size + gap) {
		store_le32((uint8_t *)w->file.data + w->free_at, (uint32_t)gap);
		w->free_at += gap;
	}
	cell = (uint32_t)(w->free_at - 4096);
	store_le32(write_at(w, cell), (uint32_t)-(int32_t)size);
	w->free_at += size;
	return cell;
}

static inline uint32_t write_bytes(struct writing *w, const void *data, size_t len, size_t room)
{
	uint32_t cell = write_cell(w, MAX(len, room), room != 0);

	memcpy(write_at(w, cell) + 4, data, len);
	return cell;
}

/* The name as it is stored: one byte a character where that is enough. */
static inline bool write_name(const char *name, struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	bool narrow = true;

	assert_int_equal(text_to_utf16le(name, strlen(name), &units, NULL), 0);
	for (size_t i = 0; i < units.len; i += 2)
		narrow &= units.data[i + 1] == 0;
	for (size_t i = 0; i < units.len; i += narrow ? 2 : 1)
		strbuf_addc(ret, units.data[i]);
	return narrow;
}

/* ---- values ---- */

static inline uint32_t write_big(struct writing *w, const struct model_value *value)
{
	size_t count = (value->len + WRITE_SEGMENT - 1) / WRITE_SEGMENT;
	uint32_t *segments = xcalloc(count, sizeof(*segments));
	uint32_t list, db;

	for (size_t i = 0; i < count; i++)
		segments[i] = write_bytes(w, value->data + i * WRITE_SEGMENT,
					  MIN(value->len - i * WRITE_SEGMENT, (size_t)WRITE_SEGMENT), WRITE_SEGMENT + 4);
	list = write_cell(w, 4 * count, false);
	for (size_t i = 0; i < count; i++)
		store_le32(write_at(w, list) + 4 + 4 * i, segments[i]);
	free(segments);
	db = write_cell(w, 8, false);
	memcpy(write_at(w, db) + 4, "db", 2);
	store_le16(write_at(w, db) + 6, (uint16_t)count);
	store_le32(write_at(w, db) + 8, list);
	return db;
}

static inline uint32_t write_value(struct writing *w, const struct model_value *value)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	bool narrow = write_name(value->name, &name);
	uint32_t data = 0, vk;
	uint8_t *p;

	if (value->len > 4)
		data = w->minor >= 4 && value->len > WRITE_SEGMENT ? write_big(w, value)
								    : write_bytes(w, value->data, value->len, 0);
	vk = write_cell(w, 20 + name.len, false);
	p = write_at(w, vk) + 4;
	memcpy(p, "vk", 2);
	store_le16(p + 2, (uint16_t)name.len);
	store_le32(p + 4, (uint32_t)value->len | (value->len <= 4 ? 0x80000000u : 0));
	store_le32(p + 8, data);
	if (value->len <= 4)
		memcpy(p + 8, value->data, value->len);
	store_le32(p + 12, value->type);
	store_le16(p + 16, narrow && name.len ? 1 : 0);
	memcpy(p + 20, strbuf_text(&name), name.len);
	return vk;
}

static inline void write_values(struct writing *w, const struct model_key *key, uint32_t nk)
{
	uint32_t *values = xcalloc(key->values.len, sizeof(*values));
	uint32_t max_name = 0, max_data = 0, list;

	for (size_t i = 0; i < key->values.len; i++) {
		CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
		const struct model_value *value = &key->values.items[i];

		values[i] = write_value(w, value);
		(void)text_to_utf16le(value->name, strlen(value->name), &units, NULL);
		max_name = MAX(max_name, (uint32_t)units.len);
		max_data = MAX(max_data, (uint32_t)value->len);
	}
	list = write_cell(w, 4 * key->values.len, false);
	for (size_t i = 0; i < key->values.len; i++)
		store_le32(write_at(w, list) + 4 + 4 * i, values[i]);
	free(values);
	store_le32(write_at(w, nk) + 40, (uint32_t)key->values.len);
	store_le32(write_at(w, nk) + 44, list);
	store_le32(write_at(w, nk) + 64, max_name);
	store_le32(write_at(w, nk) + 68, max_data);
}

/* ---- keys ---- */

static inline uint32_t write_leaf(struct writing *w, const uint32_t *children, size_t n, bool li)
{
	size_t stride = li ? 4 : 8;
	uint32_t leaf = write_cell(w, 4 + n * stride, false);
	uint8_t *p = write_at(w, leaf) + 4;

	memcpy(p, li ? "li" : w->minor >= 5 ? "lh" : "lf", 2);
	store_le16(p + 2, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *nk = write_at(w, children[i]) + 4;
		struct raw_name name = raw_name_of(nk + 76, load_le16(nk + 72), load_le16(nk + 2) & 0x20);

		store_le32(p + 4 + i * stride, children[i]);
		if (!li)
			store_le32(p + 8 + i * stride, w->minor >= 5 ? raw_hash(&name) : raw_hint(&name));
	}
	return leaf;
}

static inline uint32_t write_list(struct writing *w, const uint32_t *children, size_t n)
{
	size_t most = w->minor >= 5 ? 1012 : 511;
	uint32_t leaves[64], root;
	size_t n_leaves = 0;

	for (size_t at = 0; at < n;) {
		bool li = w->minor < 5 && rng_chance(w->rng, 30);
		bool cut = n_leaves < ARRAY_SIZE(leaves) - 20 && rng_chance(w->rng, 30);
		size_t take = cut ? rng_between(w->rng, 1, (uint32_t)most) : most;

		take = MIN(take, n - at);
		assert_true(n_leaves < ARRAY_SIZE(leaves));
		leaves[n_leaves++] = write_leaf(w, children + at, take, li);
		at += take;
	}
	if (n_leaves == 1 && rng_chance(w->rng, 90))
		return leaves[0];
	root = write_cell(w, 4 + 4 * n_leaves, false);
	memcpy(write_at(w, root) + 4, "ri", 2);
	store_le16(write_at(w, root) + 6, (uint16_t)n_leaves);
	for (size_t i = 0; i < n_leaves; i++)
		store_le32(write_at(w, root) + 8 + 4 * i, leaves[i]);
	return root;
}

static inline uint32_t write_key(struct writing *w, const struct model_key *key, uint32_t parent);

static inline void write_children(struct writing *w, const struct model_key *key, uint32_t nk)
{
	uint32_t *children = xcalloc(key->children.len, sizeof(*children));
	size_t max_name = 0, max_class = 0;
	uint32_t list;

	for (size_t i = 0; i < key->children.len; i++) {
		const struct model_key *child = key->children.items[i];
		CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;

		children[i] = write_key(w, child, nk);
		(void)text_to_utf16le(child->name, strlen(child->name), &units, NULL);
		max_name = MAX(max_name, units.len);
		max_class = MAX(max_class, load_le16(write_at(w, children[i]) + 78));
	}
	list = write_list(w, children, key->children.len);
	free(children);
	store_le32(write_at(w, nk) + 24, (uint32_t)key->children.len);
	store_le32(write_at(w, nk) + 32, list);
	store_le32(write_at(w, nk) + 56, (uint32_t)max_name);
	store_le32(write_at(w, nk) + 60, (uint32_t)max_class);
}

static inline void write_class(struct writing *w, const struct model_key *key, uint32_t nk)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	uint32_t cell;

	(void)text_to_utf16le(key->class, strlen(key->class), &units, NULL);
	cell = write_bytes(w, units.data, units.len, 0);
	store_le32(write_at(w, nk) + 52, cell);
	store_le16(write_at(w, nk) + 78, (uint16_t)units.len);
}

static inline uint32_t write_key(struct writing *w, const struct model_key *key, uint32_t parent)
{
	static const uint8_t none[] = { 32, 36, 44, 52 };
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	bool narrow = write_name(key->name, &name);
	uint32_t nk = write_cell(w, 76 + name.len, false);
	uint8_t *p = write_at(w, nk);

	memcpy(p + 4, "nk", 2);
	store_le16(p + 6, (uint16_t)((narrow ? 0x20 : 0) | (key->parent ? 0 : 0x0c)));
	store_le64(p + 8, key->time);
	store_le32(p + 20, parent);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		store_le32(p + none[i], WRITE_NIL);
	store_le32(p + 48, w->sk[key->security]);
	w->keys[key->security]++;
	store_le16(p + 76, (uint16_t)name.len);
	memcpy(p + 80, name.data, name.len);
	if (key->class)
		write_class(w, key, nk);
	if (key->values.len)
		write_values(w, key, nk);
	if (key->children.len)
		write_children(w, key, nk);
	return nk;
}

/* ---- security descriptors ---- */

/* Self-relative, with an owner, a group and some rights for the SID 1-5-32-(544 + which). */
static inline void write_descriptor(unsigned which, struct strbuf *ret)
{
	uint8_t sid[16] = { 1, 2, 0, 0, 0, 0, 0, 5, 32 };
	size_t aces = 1 + which % 4, acl_len = 8 + 24 * aces;
	uint8_t *sd;

	store_le32(sid + 12, 544 + which);
	strbuf_add_fill(ret, '\0', 20 + acl_len + 2 * sizeof(sid));
	sd = (uint8_t *)ret->data;
	sd[0] = 1;
	store_le16(sd + 2, 0x8004);
	store_le32(sd + 4, (uint32_t)(20 + acl_len));
	store_le32(sd + 8, (uint32_t)(20 + acl_len + sizeof(sid)));
	store_le32(sd + 16, 20);
	sd[20] = 2;
	store_le16(sd + 22, (uint16_t)acl_len);
	store_le16(sd + 24, (uint16_t)aces);
	for (size_t i = 0; i < aces; i++) {
		uint8_t *ace = sd + 28 + 24 * i;

		ace[1] = (uint8_t)(i % 2 ? 2 : 0);
		store_le16(ace + 2, 24);
		store_le32(ace + 4, i ? 0x20019 : 0xf003f);
		memcpy(ace + 8, sid, sizeof(sid));
		store_le32(ace + 8 + 12, 544 + which + (uint32_t)i);
	}
	memcpy(sd + 20 + acl_len, sid, sizeof(sid));
	memcpy(sd + 20 + acl_len + sizeof(sid), sid, sizeof(sid));
}

static inline void write_security(struct writing *w, const struct model_key *root, const bool *used)
{
	uint32_t first = 0, last = 0;

	for (size_t i = 0; i < root->descriptors.len; i++) {
		const struct strbuf *sd = &root->descriptors.items[i];

		if (!used[i])
			continue;
		w->sk[i] = write_cell(w, 20 + sd->len, false);
		memcpy(write_at(w, w->sk[i]) + 4, "sk", 2);
		store_le32(write_at(w, w->sk[i]) + 20, (uint32_t)sd->len);
		memcpy(write_at(w, w->sk[i]) + 24, sd->data, sd->len);
		if (!first)
			first = last = w->sk[i];
		store_le32(write_at(w, last) + 8, w->sk[i]);
		store_le32(write_at(w, w->sk[i]) + 12, last);
		last = w->sk[i];
	}
	store_le32(write_at(w, last) + 8, first);
	store_le32(write_at(w, first) + 12, last);
}

static inline void write_mark_used(const struct model_key *key, bool *used)
{
	used[key->security] = true;
	for (size_t i = 0; i < key->children.len; i++)
		write_mark_used(key->children.items[i], used);
}

static inline void write_model(const struct model_key *root, uint32_t minor, struct rng *rng, struct strbuf *ret)
{
	struct writing w = { .minor = minor, .rng = rng };
	bool used[16] = { false };
	uint32_t cell;
	uint8_t *base;

	strbuf_add_fill(&w.file, '\0', 4096);
	write_mark_used(root, used);
	write_security(&w, root, used);
	cell = write_key(&w, root, WRITE_NIL);
	write_end_bin(&w);
	for (size_t i = 0; i < root->descriptors.len; i++)
		if (used[i])
			store_le32(write_at(&w, w.sk[i]) + 16, (uint32_t)w.keys[i]);
	base = (uint8_t *)w.file.data;
	memcpy(base, "regf", 4);
	store_le32(base + 4, 7);
	store_le32(base + 8, 7);
	store_le64(base + 12, root->time);
	store_le32(base + 20, 1);
	store_le32(base + 24, minor);
	store_le32(base + 32, 1);
	store_le32(base + 36, cell);
	store_le32(base + 40, (uint32_t)(w.file.len - 4096));
	store_le32(base + 44, 1);
	hive_store_checksum(base);
	*ret = w.file;
}
