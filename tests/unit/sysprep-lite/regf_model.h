/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a hive should hold, as plain trees: the model that edits are compared with.
 * Children are kept in the order of Windows (upper-cased units), values in the
 * order in which they were made.
 */
#pragma once

#include "common/base/utf16.h"
#include "common/base/vec.h"
#include "sysprep-lite/regf.h"
#include "tests/support/rng.h"

struct model_value {
	char *name;
	uint32_t type;
	uint8_t *data;
	size_t len;
};

struct model_key {
	char *name;
	struct model_key *parent;
	regf_key handle;
	uint64_t time;
	char *class;       /* NULL: none */
	unsigned security; /* index into the descriptors of the root */
	VEC(struct model_key *) children;
	VEC(struct model_value) values;
	VEC(struct strbuf) descriptors; /* of the root alone */
};

static inline struct model_key *model_new(const char *name, struct model_key *parent)
{
	struct model_key *key = xcalloc(1, sizeof(*key));

	key->name = xstrdup(name);
	key->parent = parent;
	if (parent)
		key->security = parent->security; /* as the editor gives it */
	return key;
}

static inline void model_free(struct model_key *key)
{
	for (size_t i = 0; i < key->children.len; i++)
		model_free(key->children.items[i]);
	for (size_t i = 0; i < key->values.len; i++) {
		free(key->values.items[i].name);
		free(key->values.items[i].data);
	}
	for (size_t i = 0; i < key->descriptors.len; i++)
		strbuf_release(&key->descriptors.items[i]);
	vec_release(&key->descriptors);
	free(key->class);
	vec_release(&key->children);
	vec_release(&key->values);
	free(key->name);
	free(key);
}

static inline int model_order(const char *a, const char *b)
{
	return text_compare_nocase(a, strlen(a), b, strlen(b));
}

/* The place of a child, or the one at which it would stand. */
static inline size_t model_place(const struct model_key *parent, const char *name, bool *ret_found)
{
	size_t low = 0, high = parent->children.len;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = model_order(parent->children.items[middle]->name, name);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = false;
	return low;
}

static inline void model_insert(struct model_key *parent, struct model_key *child)
{
	bool found;
	size_t at = model_place(parent, child->name, &found);

	*vec_add(&parent->children) = child;
	memmove(&parent->children.items[at + 1], &parent->children.items[at],
		(parent->children.len - 1 - at) * sizeof(struct model_key *));
	parent->children.items[at] = child;
}

static inline void model_remove(struct model_key *child)
{
	struct model_key *parent = child->parent;
	bool found;
	size_t at = model_place(parent, child->name, &found);

	memmove(&parent->children.items[at], &parent->children.items[at + 1],
		(parent->children.len - at - 1) * sizeof(struct model_key *));
	parent->children.len--;
}

static inline struct model_value *model_value_find(struct model_key *key, const char *name)
{
	for (size_t i = 0; i < key->values.len; i++)
		if (model_order(key->values.items[i].name, name) == 0)
			return &key->values.items[i];
	return NULL;
}

static inline void model_set(struct model_key *key, const char *name, uint32_t type, const void *data, size_t len)
{
	struct model_value *value = model_value_find(key, name);

	if (!value) {
		value = vec_add(&key->values);
		value->name = xstrdup(name);
	}
	free(value->data);
	value->data = xmemdup(data, MAX(len, 1));
	value->len = len;
	value->type = type;
}

static inline void model_unset(struct model_key *key, struct model_value *value)
{
	size_t at = (size_t)(value - key->values.items);

	free(value->name);
	free(value->data);
	memmove(value, value + 1, (key->values.len - at - 1) * sizeof(*value));
	key->values.len--;
}

static inline size_t model_count_keys(const struct model_key *key)
{
	size_t count = 1;

	for (size_t i = 0; i < key->children.len; i++)
		count += model_count_keys(key->children.items[i]);
	return count;
}

static inline size_t model_count_values(const struct model_key *key)
{
	size_t count = key->values.len;

	for (size_t i = 0; i < key->children.len; i++)
		count += model_count_values(key->children.items[i]);
	return count;
}

/* Any key of the tree; deeper ones as likely as the way down allows. */
static inline struct model_key *model_pick(struct model_key *root, struct rng *rng)
{
	struct model_key *key = root;

	while (key->children.len > 0 && rng_chance(rng, 70))
		key = key->children.items[rng_below(rng, (uint32_t)key->children.len)];
	return key;
}
