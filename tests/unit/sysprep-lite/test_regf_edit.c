/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random sequences of edits on a hive, empty or random itself, and on a plain model. The outcome
 * is read by the editor itself, by a second reader (regf_raw.h) and by libhivex; a sample, or with
 * REGF_OUTSIDE each, also by reglookup and regfexport. REGF_SEQUENCES sets how many sequences there
 * are, REGF_FIRST the first.
 */
#include "tests/unit/sysprep-lite/regf_outside.h"
#include "tests/unit/sysprep-lite/regf_write.h"

#include <hivex.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "sysprep-lite/hive_check.h"
#include "tests/support/hive_builder.h"
#include "tests/support/write_file.h"

#define CLOCK 0x01d900112233a000ULL

enum { SEQUENCES = 40, OUTSIDE_EVERY = 20, EDITS = 200 };

struct play {
	struct rng rng;
	struct regf *hive;
	struct model_key *root;
	uint64_t clock;
	struct err err;
	char path[64];
};

/* ---- random material ---- */

static void random_char(struct play *play, struct strbuf *ret)
{
	static const uint32_t some[] = { 0xe9,  0xc9,  0xff,   0x178,   0xdf,    0xb5,   0x131,  0x3b1, 0x391,
					 0x436, 0x416, 0x4e2d, 0x1f600, 0x10428, 0xfffd, 0x1e9e, 0x1c5, 0x2126 };
	uint32_t kind = rng_below(&play->rng, 10);

	if (kind < 8)
		strbuf_addc(ret, "abcdefgABCDEFG019 -_.{}~@"[rng_below(&play->rng, 25)]);
	else
		strbuf_add_codepoint(ret, some[rng_below(&play->rng, ARRAY_SIZE(some))]);
}

static char *random_name(struct play *play)
{
	struct strbuf name = STRBUF_INIT;
	size_t len = rng_between(&play->rng, 1, rng_chance(&play->rng, 20) ? 100 : 6);

	while (len-- > 0)
		random_char(play, &name);
	return strbuf_detach(&name);
}

/* Mostly binary: of that all readers tell the data. */
static uint32_t random_type(struct play *play)
{
	return rng_chance(&play->rng, 60) ? 3 : rng_below(&play->rng, 12);
}

static size_t random_len(struct play *play)
{
	switch (rng_below(&play->rng, 16)) {
	case 0: return rng_below(&play->rng, 6);
	case 1: return rng_between(&play->rng, 16338, 16350);
	case 2: return rng_between(&play->rng, 16345, 70000);
	case 3: return rng_between(&play->rng, 500, 5000);
	default: return rng_below(&play->rng, 80);
	}
}

/* ---- edits, on both sides ---- */

static struct model_key *pick(struct play *play)
{
	return model_pick(play->root, &play->rng);
}

static void touch(struct play *play, struct model_key *key)
{
	key->time = play->clock;
}

static struct model_key *add_key(struct play *play, struct model_key *parent, const char *name)
{
	bool found;
	size_t at = model_place(parent, name, &found);
	regf_key handle = regf_add_key(play->hive, parent->handle, name, &play->err);
	struct model_key *key;

	if (!handle)
		fail_msg("%s", play->err.text);
	if (found) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		key = parent->children.items[at];
		regf_key_name(play->hive, handle, &text);
		assert_string_equal(strbuf_text(&text), key->name);
		key->handle = handle; /* another one when the key moved to make room for its name */
		return key;
	}
	key = model_new(name, parent);
	key->handle = handle;
	model_insert(parent, key);
	touch(play, key);
	touch(play, parent);
	return key;
}

static void edit_add(struct play *play)
{
	char *name = random_name(play);

	(void)add_key(play, pick(play), name);
	free(name);
}

/* Across the lengths at which lists change their form. */
static void edit_add_many(struct play *play)
{
	struct model_key *parent = pick(play);
	uint32_t n = rng_between(&play->rng, 100, rng_chance(&play->rng, 40) ? 2300 : 600);
	bool up = rng_chance(&play->rng, 50);

	for (uint32_t i = 0; i < n; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "k%04u", up ? i : rng_below(&play->rng, 5000));
		(void)add_key(play, parent, name);
	}
}

static void set_value(struct play *play, struct model_key *key, const char *name, size_t len)
{
	uint8_t *data = xmalloc(MAX(len, 1));
	uint32_t type = random_type(play);
	struct model_value *old = model_value_find(key, name);
	bool same;

	rng_fill(&play->rng, data, len);
	same = old && old->type == type && old->len == len && memcmp(old->data, data, len) == 0;
	if (regf_set_value(play->hive, key->handle, name, type, data, len, &play->err) < 0)
		fail_msg("%s", play->err.text);
	model_set(key, name, type, data, len);
	if (!same)
		touch(play, key);
	free(data);
}

static void edit_set(struct play *play)
{
	struct model_key *key = pick(play);
	char *name = rng_chance(&play->rng, 10) ? xstrdup("") : random_name(play);

	set_value(play, key, name, random_len(play));
	free(name);
}

static void edit_set_again(struct play *play)
{
	struct model_key *key = pick(play);

	if (key->values.len > 0) {
		char *name = xstrdup(key->values.items[rng_below(&play->rng, (uint32_t)key->values.len)].name);

		set_value(play, key, name, random_len(play));
		free(name);
	}
}

static void edit_unset(struct play *play)
{
	struct model_key *key = pick(play);
	struct model_value *value;

	assert_int_equal(regf_delete_value(play->hive, key->handle, "no such value", &play->err), 0);
	if (key->values.len == 0)
		return;
	value = &key->values.items[rng_below(&play->rng, (uint32_t)key->values.len)];
	assert_int_equal(regf_delete_value(play->hive, key->handle, value->name, &play->err), 0);
	model_unset(key, value);
	touch(play, key);
}

static void delete_key(struct play *play, struct model_key *key)
{
	assert_int_equal(regf_delete_key(play->hive, key->handle, &play->err), 0);
	touch(play, key->parent);
	model_remove(key);
	model_free(key);
}

static void edit_delete(struct play *play)
{
	struct model_key *key = pick(play);

	if (key->parent)
		delete_key(play, key);
	else
		assert_int_equal(regf_delete_key(play->hive, key->handle, &play->err), -1);
}

static void edit_delete_some(struct play *play)
{
	struct model_key *parent = pick(play);
	size_t keep = parent->children.len ? rng_below(&play->rng, (uint32_t)parent->children.len) : 0;

	while (parent->children.len > keep)
		delete_key(play, parent->children.items[rng_below(&play->rng, (uint32_t)parent->children.len)]);
}

static void edit_rename(struct play *play)
{
	struct model_key *key = pick(play);
	char *name = random_name(play);
	bool found = false;
	size_t at = key->parent ? model_place(key->parent, name, &found) : 0;
	bool taken = found && key->parent->children.items[at] != key;

	assert_int_equal(regf_rename_key(play->hive, key->handle, name, &play->err), taken ? -1 : 0);
	if (!taken) {
		if (key->parent)
			model_remove(key);
		free(key->name);
		key->name = xstrdup(name);
		if (key->parent) {
			model_insert(key->parent, key);
			touch(play, key->parent);
		}
		touch(play, key);
	}
	free(name);
}

static void refresh_handles(struct play *play, struct model_key *key, regf_key handle)
{
	key->handle = handle;
	assert_int_equal(regf_child_count(play->hive, handle), key->children.len);
	for (size_t i = 0; i < key->children.len; i++)
		refresh_handles(play, key->children.items[i], regf_child_at(play->hive, handle, i));
}

static void edit_finish(struct play *play)
{
	(void)regf_finish(play->hive);
	refresh_handles(play, play->root, regf_root(play->hive));
}

static void edit_clock(struct play *play)
{
	play->clock += 10000000;
	regf_set_clock(play->hive, play->clock);
}

static const struct {
	void (*edit)(struct play *play);
	unsigned weight;
} edits[] = {
	{ edit_add, 25 },    { edit_set, 30 },     { edit_set_again, 15 },  { edit_unset, 10 }, { edit_delete, 6 },
	{ edit_rename, 15 }, { edit_add_many, 2 }, { edit_delete_some, 2 }, { edit_finish, 1 }, { edit_clock, 3 },
};

static void one_edit(struct play *play)
{
	unsigned total = 0, choice;

	for (size_t i = 0; i < ARRAY_SIZE(edits); i++)
		total += edits[i].weight;
	choice = rng_below(&play->rng, total);
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		if (choice < edits[i].weight) {
			edits[i].edit(play);
			return;
		}
		choice -= edits[i].weight;
	}
}

/* ---- reading back: the editor's own reader ---- */

static void assert_own_values(const struct regf *hive, const struct model_key *key)
{
	assert_int_equal(regf_value_count(hive, key->handle), key->values.len);
	for (size_t i = 0; i < key->values.len; i++) {
		CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT, data = STRBUF_INIT;
		const struct model_value *expect = &key->values.items[i];
		regf_value value = regf_value_find(hive, key->handle, expect->name);

		assert_int_equal(value, regf_value_at(hive, key->handle, i));
		regf_value_name(hive, value, &name);
		assert_string_equal(strbuf_text(&name), expect->name);
		assert_int_equal(regf_value_type(hive, value), expect->type);
		assert_int_equal(regf_value_data(hive, value, &data, NULL), 0);
		assert_int_equal(data.len, expect->len);
		assert_memory_equal(strbuf_text(&data), expect->data, expect->len);
	}
}

static void assert_own_class_and_security(const struct play *play, const struct model_key *key)
{
	CLEANUP(strbuf_release) struct strbuf class = STRBUF_INIT;
	struct bytes security;

	assert_int_equal(regf_key_class(play->hive, key->handle, &class), key->class != NULL);
	assert_string_equal(strbuf_text(&class), key->class ? key->class : "");
	assert_true(regf_key_security(play->hive, key->handle, &security));
	if (play->root->descriptors.len > 0) {
		const struct strbuf *expect = &play->root->descriptors.items[key->security];

		assert_int_equal(security.len, expect->len);
		assert_memory_equal(security.data, expect->data, expect->len);
	}
}

static void assert_own_reader(struct play *play, struct model_key *key, regf_key handle, regf_key parent)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	key->handle = handle;
	regf_key_name(play->hive, handle, &name);
	assert_string_equal(strbuf_text(&name), key->name);
	assert_int_equal(regf_parent(play->hive, handle), parent);
	assert_own_class_and_security(play, key);
	assert_own_values(play->hive, key);
	assert_int_equal(regf_child_count(play->hive, handle), key->children.len);
	for (size_t i = 0; i < key->children.len; i++) {
		regf_key child = regf_child_at(play->hive, handle, i);

		assert_int_equal(regf_child(play->hive, handle, key->children.items[i]->name), child);
		assert_own_reader(play, key->children.items[i], child, handle);
	}
}

/* ---- reading back: libhivex ---- */

static void assert_hivex_values(hive_h *hive, hive_node_h node, const struct model_key *key)
{
	hive_value_h *values = hivex_node_values(hive, node);

	assert_non_null(values);
	for (size_t i = 0; i < key->values.len; i++) {
		const struct model_value *expect = &key->values.items[i];
		char *name = hivex_value_key(hive, values[i]), *data;
		hive_type type;
		size_t len;

		data = hivex_value_value(hive, values[i], &type, &len);
		assert_non_null(name);
		assert_non_null(data);
		assert_string_equal(name, expect->name);
		assert_int_equal(type, expect->type);
		assert_int_equal(len, expect->len);
		assert_memory_equal(data, expect->data, expect->len);
		free(name);
		free(data);
	}
	assert_int_equal(values[key->values.len], 0);
	free(values);
}

static void assert_hivex(hive_h *hive, hive_node_h node, const struct model_key *key)
{
	char *name = hivex_node_name(hive, node);
	hive_node_h *children = hivex_node_children(hive, node);

	assert_non_null(name);
	assert_string_equal(name, key->name);
	free(name);
	assert_hivex_values(hive, node, key);
	assert_non_null(children);
	for (size_t i = 0; i < key->children.len; i++)
		assert_hivex(hive, children[i], key->children.items[i]);
	assert_int_equal(children[key->children.len], 0);
	free(children);
}

static void assert_read_by_hivex(const struct play *play)
{
	hive_h *hive = hivex_open(play->path, 0);

	assert_non_null(hive);
	assert_hivex(hive, hivex_root(hive), play->root);
	hivex_close(hive);
}

/* ---- hives to begin with ---- */

static void random_values(struct play *play, struct model_key *key, uint32_t most)
{
	for (uint32_t n = rng_below(&play->rng, most + 1); n > 0; n--) {
		char *name = rng_chance(&play->rng, 10) ? xstrdup("") : random_name(play);
		size_t len = random_len(play);
		uint8_t *data = xmalloc(MAX(len, 1));

		rng_fill(&play->rng, data, len);
		model_set(key, name, random_type(play), data, len);
		free(data);
		free(name);
	}
}

static void random_children(struct play *play, struct model_key *key, unsigned depth)
{
	static const char *const classes[] = { "Shell", "GenericClass", "\xc3\x84", "0f1e2d3c" };
	uint32_t n = rng_below(&play->rng, depth == 1 && rng_chance(&play->rng, 20) ? 2500 : depth < 4 ? 6 : 1);

	for (uint32_t i = 0; i < n; i++) {
		char *name = random_name(play);
		struct model_key *child;
		bool found;

		(void)model_place(key, name, &found);
		if (!found) {
			child = model_new(name, key);
			child->time = CLOCK - rng_below(&play->rng, 1000000) * 10000000ULL;
			child->security = rng_below(&play->rng, (uint32_t)play->root->descriptors.len);
			if (rng_chance(&play->rng, 20))
				child->class = xstrdup(classes[rng_below(&play->rng, ARRAY_SIZE(classes))]);
			model_insert(key, child);
			if (n < 100) { /* of a long list the list is what matters */
				random_values(play, child, 3);
				random_children(play, child, depth + 1);
			}
		}
		free(name);
	}
}

static void random_hive(struct play *play, uint32_t minor, struct strbuf *ret)
{
	uint32_t descriptors = rng_between(&play->rng, 1, 8);

	for (uint32_t i = 0; i < descriptors; i++)
		write_descriptor(i, vec_add(&play->root->descriptors));
	play->root->time = CLOCK;
	random_values(play, play->root, 3);
	random_children(play, play->root, 1);
	write_model(play->root, minor, &play->rng, ret);
	raw_assert_hive(bytes_of(ret->data, ret->len), play->root);
}

/* ---- one sequence ---- */

/* Every other sequence begins with a hive that is not empty, and that the editor did not write. */
static void open_new(struct play *play, uint32_t minor, bool filled)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	struct hive_options options = { .minor = minor, .root_name = "ROOT" };

	play->root = model_new("ROOT", NULL);
	if (filled) {
		random_hive(play, minor, &file);
	} else {
		assert_int_equal(hive_build_empty(play->path, &options, &play->err), 0);
		assert_int_equal(file_read_all(play->path, 1 << 20, &file, &play->err), 0);
	}
	play->hive = regf_open(bytes_of(file.data, file.len), NULL, &play->err);
	if (!play->hive)
		fail_msg("%s", play->err.text);
	regf_set_clock(play->hive, play->clock);
	refresh_handles(play, play->root, regf_root(play->hive));
}

static void read_back(struct play *play, bool outside)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	struct bytes out = regf_finish(play->hive);
	struct regf_info kept, info;

	raw_assert_hive(out, play->root);
	assert_int_equal(write_file(play->path, out.data, out.len, &play->err), 0);
	regf_get_info(play->hive, &kept);
	strbuf_add(&file, out.data, out.len);
	regf_freep(&play->hive);
	play->hive = regf_open(bytes_of(file.data, file.len), NULL, &play->err);
	if (!play->hive)
		fail_msg("%s", play->err.text);
	regf_get_info(play->hive, &info);
	assert_int_equal(info.keys, model_count_keys(play->root));
	assert_int_equal(info.values, model_count_values(play->root));
	assert_int_equal(kept.keys, info.keys);
	assert_int_equal(kept.values, info.values);
	assert_own_reader(play, play->root, regf_root(play->hive), 0);
	assert_read_by_hivex(play);
	if (hive_check(play->path, info.keys, info.values, &play->err) < 0)
		fail_msg("%s", play->err.text);
	assert_int_equal(hive_check(play->path, info.keys + 1, info.values, NULL), -1);
	if (outside) {
		assert_reglookup(play->path, play->root);
		if (info.minor != 4) /* libregf looks for long data from 1.5 on only; Windows from 1.4 on */
			assert_regfexport(play->path, play->root);
	}
}

static void play_sequence(uint64_t seed)
{
	static const uint32_t minors[] = { 3, 5, 5, 6, 3, 5, 3, 5, 6, 5, 3, 5, 5, 6, 3, 4 };
	struct play play = { .rng = rng_of(seed, "regf-edit"), .clock = CLOCK };
	uint32_t n;

	(void)snprintf(play.path, sizeof(play.path), "/tmp/test-regf-%d", (int)getpid());
	open_new(&play, minors[seed % ARRAY_SIZE(minors)], seed % 2);
	n = rng_between(&play.rng, 1, EDITS);
	for (uint32_t i = 0; i < n; i++)
		one_edit(&play);
	read_back(&play, getenv("REGF_OUTSIDE") || seed % OUTSIDE_EVERY == 7);
	regf_freep(&play.hive);
	model_free(play.root);
	(void)unlink(play.path);
}

static void every_reader_finds_what_random_edits_made(void **state UNUSED)
{
	const char *wish = getenv("REGF_SEQUENCES"), *first = getenv("REGF_FIRST");
	uint64_t from = first ? strtoull(first, NULL, 10) : 0;
	uint64_t n = wish ? strtoull(wish, NULL, 10) : SEQUENCES;

	for (uint64_t seed = from; seed < from + n; seed++) {
		if (wish)
			print_message("sequence %llu\n", (unsigned long long)seed);
		play_sequence(seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reader_finds_what_random_edits_made),
	};

	return cmocka_run_group_tests_name("regf-edit", tests, NULL, NULL);
}
