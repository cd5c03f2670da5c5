/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Work on real hives for hives.sh. Logs, where a hive has some, lie beside it as
 * FILE.LOG, FILE.LOG1 and FILE.LOG2.
 *
 *	corpus-hives_tool open FILE          "ok KEYS VALUES REPLAYED", or "refused KIND: TEXT" and status 3
 *	corpus-hives_tool replay FILE OUT    the same, writes the recovered hive
 *	corpus-hives_tool edit FILE OUT      edits, checks that nothing else changed; "ok KEYS VALUES"
 *	corpus-hives_tool remap FILE OUT     new GUIDs for all adapters; "ok KEYS VALUES HITS"
 *	corpus-hives_tool lists FILE         hashes and hints of all subkey lists; "ok ENTRIES"
 */
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "common/base/file.h"
#include "common/base/utf16.h"
#include "sysprep-lite/hive_check.h"
#include "sysprep-lite/regf_hive.h"
#include "tests/support/write_file.h"

#define CLOCK 0x01d900112233a000ULL

enum { HIVE_MAX = 1 << 28, UNIQUE_LEN = 48, BIG_LEN = 40000 };

#define REQUIRE(condition, ...)                                                                                        \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			printf("FAIL line %d: ", __LINE__);                                                            \
			printf(__VA_ARGS__);                                                                           \
			printf("\n");                                                                                  \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

static struct err err;

/* ---- a hive as a sorted list of paths and digests ---- */

struct line {
	char *path;
	uint64_t digest; /* of class, descriptor and values */
};

typedef VEC(struct line) picture;

static uint64_t digest(uint64_t seed, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		seed = (seed ^ p[i]) * 0x100000001b3ULL;
	return (seed ^ len) * 0x100000001b3ULL;
}

static uint64_t digest_value(const struct regf *hive, regf_value value, uint64_t seed)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint32_t type = regf_value_type(hive, value);

	regf_value_name(hive, value, &text);
	strbuf_addc(&text, '\0');
	REQUIRE(regf_value_data(hive, value, &text, &err) == 0, "%s", err.text);
	seed = digest(seed, &type, sizeof(type));
	return digest(seed, text.data, text.len);
}

static uint64_t digest_key(const struct regf *hive, regf_key key)
{
	CLEANUP(strbuf_release) struct strbuf class = STRBUF_INIT;
	uint64_t seed = 0xcbf29ce484222325ULL;
	struct bytes security = { 0 };

	(void)regf_key_class(hive, key, &class);
	(void)regf_key_security(hive, key, &security);
	seed = digest(digest(seed, strbuf_text(&class), class.len), security.data, security.len);
	for (size_t i = 0; i < regf_value_count(hive, key); i++)
		seed = digest_value(hive, regf_value_at(hive, key, i), seed);
	return seed;
}

static void paint(const struct regf *hive, regf_key key, struct strbuf *path, picture *ret)
{
	size_t len = path->len;

	*vec_add(ret) = (struct line){ .path = xstrdup(strbuf_text(path)), .digest = digest_key(hive, key) };
	for (size_t i = 0; i < regf_child_count(hive, key); i++) {
		regf_key child = regf_child_at(hive, key, i);

		if (len > 0)
			strbuf_addc(path, '\\');
		regf_key_name(hive, child, path);
		paint(hive, child, path, ret);
		path->len = len;
		if (path->data)
			path->data[len] = '\0';
	}
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->path, ((const struct line *)b)->path);
}

static picture picture_of(const struct regf *hive)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	picture ret = { 0 };

	paint(hive, regf_root(hive), &path, &ret);
	qsort(ret.items, ret.len, sizeof(*ret.items), compare_lines);
	return ret;
}

static void picture_release(picture *lines)
{
	for (size_t i = 0; i < lines->len; i++)
		free(lines->items[i].path);
	vec_release(lines);
}

static bool is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '\\');
}

static void picture_drop(picture *lines, const char *top)
{
	size_t kept = 0;

	for (size_t i = 0; i < lines->len; i++) {
		if (is_below(lines->items[i].path, top))
			free(lines->items[i].path);
		else
			lines->items[kept++] = lines->items[i];
	}
	lines->len = kept;
}

static void picture_rename(picture *lines, const char *from, const char *to)
{
	for (size_t i = 0; i < lines->len; i++) {
		char *old = lines->items[i].path;

		if (!is_below(old, from))
			continue;
		lines->items[i].path = xasprintf("%s%s", to, old + strlen(from));
		free(old);
	}
}

static void picture_set(picture *lines, const char *path, uint64_t value)
{
	for (size_t i = 0; i < lines->len; i++) {
		if (strcmp(lines->items[i].path, path) == 0) {
			lines->items[i].digest = value;
			return;
		}
	}
	*vec_add(lines) = (struct line){ .path = xstrdup(path), .digest = value };
}

static void require_same(picture *expect, picture *found)
{
	qsort(expect->items, expect->len, sizeof(*expect->items), compare_lines);
	REQUIRE(expect->len == found->len, "%zu keys, expected %zu", found->len, expect->len);
	for (size_t i = 0; i < expect->len; i++) {
		REQUIRE(strcmp(expect->items[i].path, found->items[i].path) == 0, "key %s, expected %s",
			found->items[i].path, expect->items[i].path);
		REQUIRE(expect->items[i].digest == found->items[i].digest, "key %s changed", found->items[i].path);
	}
}

/* ---- opening and writing ---- */

static void read_beside(const char *path, const char *suffix, struct strbuf *ret)
{
	CLEANUP(freep) char *name = xasprintf("%s%s", path, suffix);

	if (path_exists(name) && file_read_all(name, HIVE_MAX, ret, &err) < 0)
		strbuf_clear(ret); /* an empty log is none */
}

static struct bytes view(const struct strbuf *buf)
{
	return bytes_of(strbuf_text(buf), buf->len);
}

static struct regf *open_hive(const char *path, size_t *ret_len)
{
	CLEANUP(strbuf_release)
	struct strbuf file = STRBUF_INIT, log = STRBUF_INIT, log1 = STRBUF_INIT, log2 = STRBUF_INIT;
	struct regf_logs logs;
	struct regf *hive;

	REQUIRE(file_read_all(path, HIVE_MAX, &file, &err) == 0, "%s", err.text);
	read_beside(path, ".LOG", &log);
	read_beside(path, ".LOG1", &log1);
	read_beside(path, ".LOG2", &log2);
	logs = (struct regf_logs){ view(&log), view(&log1), view(&log2) };
	err = (struct err){ 0 };
	hive = regf_open(view(&file), &logs, &err);
	*ret_len = file.len;
	if (hive) {
		regf_set_clock(hive, CLOCK);
		return hive;
	}
	printf("refused %s: %s%s\n", err_kind_name(err.kind), err.text, err.hint[0] ? " (with a hint)" : "");
	exit(3);
}

/* Writes the hive, reads it again and hands it over to libhivex. */
static struct regf *write_and_reopen(struct regf *hive, const char *path, struct bytes *ret)
{
	struct regf_info kept, info;
	struct regf *again;

	*ret = regf_finish(hive);
	REQUIRE(write_file(path, ret->data, ret->len, &err) == 0, "%s", err.text);
	again = regf_open(*ret, NULL, &err);
	REQUIRE(again, "%s", err.text);
	regf_get_info(hive, &kept);
	regf_get_info(again, &info);
	REQUIRE(kept.keys == info.keys && kept.values == info.values, "counts kept by edits are wrong");
	REQUIRE(hive_check(path, info.keys, info.values, &err) == 0, "%s", err.text);
	return again;
}

static void print_counts(const struct regf *hive)
{
	struct regf_info info;

	regf_get_info(hive, &info);
	printf("ok %" PRIu64 " %" PRIu64, info.keys, info.values);
}

/* ---- edits ---- */

struct target {
	regf_key busiest; /* the key with the most children: most likely to have several lists */
	size_t most;
	regf_key data_key; /* where a value with data of its own lies */
	regf_value data_value;
};

static void look(const struct regf *hive, regf_key key, struct target *ret)
{
	size_t n = regf_child_count(hive, key);

	if (n > ret->most)
		*ret = (struct target){ key, n, ret->data_key, ret->data_value };
	for (size_t i = 0; !ret->data_key && i < regf_value_count(hive, key); i++) {
		CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
		regf_value value = regf_value_at(hive, key, i);

		if (regf_value_data(hive, value, &data, NULL) == 0 && data.len >= UNIQUE_LEN && data.len < 2000) {
			ret->data_key = key;
			ret->data_value = value;
		}
	}
	for (size_t i = 0; i < n; i++)
		look(hive, regf_child_at(hive, key, i), ret);
}

static char *path_of(const struct regf *hive, regf_key key)
{
	struct strbuf path = STRBUF_INIT;

	regf_key_path(hive, key, &path);
	return path.data ? strbuf_detach(&path) : xstrdup("");
}

static char *below(const char *path, const char *name)
{
	return *path ? xasprintf("%s\\%s", path, name) : xstrdup(name);
}

static void edit_new_keys(struct regf *hive, picture *expect)
{
	static const char *const names[] = { "goldwim", "goldwim\\Stra\xc3\x9f"
							"e" };
	regf_key parent = regf_root(hive);
	uint8_t big[BIG_LEN];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		parent = regf_add_key(hive, parent, path_name(names[i]) + (i ? strlen("goldwim\\") : 0), &err);
		REQUIRE(parent, "%s", err.text);
		REQUIRE(regf_set_text(hive, parent, "Text", REGF_SZ, "gr\xc3\xbc\xc3\x9f", &err) == 0, "%s", err.text);
		REQUIRE(regf_set_u32(hive, parent, "Number", 0x12345678, &err) == 0, "%s", err.text);
		REQUIRE(regf_set_value(hive, parent, "", REGF_BINARY, big, i ? sizeof(big) : 300, &err) == 0, "%s",
			err.text);
		picture_set(expect, names[i], digest_key(hive, parent));
		REQUIRE(regf_find(hive, regf_root(hive), names[i]) == parent, "new key is not found");
	}
}

/* Deletes one child in the middle with all below, gives the last one a name that goes to the front. */
static void edit_children(struct regf *hive, regf_key busiest, picture *expect)
{
	CLEANUP(freep) char *top = path_of(hive, busiest);
	size_t n = regf_child_count(hive, busiest);
	regf_key child = regf_child_at(hive, busiest, n / 2);
	CLEANUP(freep) char *gone = path_of(hive, child);

	if (n < 2)
		return;
	REQUIRE(regf_delete_key(hive, child, &err) == 0, "%s", err.text);
	picture_drop(expect, gone);
	child = regf_child_at(hive, busiest, n - 2);
	CLEANUP(freep) char *from = path_of(hive, child);
	CLEANUP(freep) char *to = below(top, " 0 a longer name than there was room for in the cell, most likely");
	REQUIRE(regf_rename_key(hive, child, to + (*top ? strlen(top) + 1 : 0), &err) == 0, "%s", err.text);
	picture_rename(expect, from, to);
	REQUIRE(regf_child_at(hive, busiest, 0) == regf_find(hive, regf_root(hive), to), "renamed key is not in front");
}

static size_t occurrences(struct bytes all, const void *data, size_t len)
{
	size_t n = 0;

	for (const uint8_t *at = all.data; (at = memmem(at, (size_t)(all.data + all.len - at), data, len)); at++)
		n++;
	return n;
}

static void edit_data(struct regf *hive, const struct target *target, picture *expect, struct strbuf *ret_gone)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	CLEANUP(freep) char *path = path_of(hive, target->data_key);

	if (!target->data_key)
		return;
	regf_value_name(hive, target->data_value, &name);
	REQUIRE(regf_value_data(hive, target->data_value, ret_gone, &err) == 0, "%s", err.text);
	REQUIRE(regf_delete_value(hive, target->data_key, strbuf_text(&name), &err) == 0, "%s", err.text);
	picture_set(expect, path, digest_key(hive, target->data_key));
}

static int cmd_edit(const char *path, const char *out)
{
	CLEANUP(strbuf_release) struct strbuf gone = STRBUF_INIT;
	size_t len, traces;
	struct regf *hive = open_hive(path, &len), *again;
	struct target target = { .busiest = regf_root(hive) };
	picture expect = picture_of(hive), found;
	struct bytes bytes;

	look(hive, regf_root(hive), &target);
	edit_data(hive, &target, &expect, &gone);
	traces = gone.len ? occurrences(regf_finish(hive), gone.data, gone.len) : 0;
	edit_children(hive, target.busiest, &expect);
	edit_new_keys(hive, &expect);
	again = write_and_reopen(hive, out, &bytes);
	found = picture_of(again);
	require_same(&expect, &found);
	REQUIRE(bytes.len <= len + BIG_LEN + 2 * 16384 + 3 * 4096, "grew from %zu to %zu", len, bytes.len);
	REQUIRE(!gone.len || occurrences(bytes, gone.data, gone.len) <= traces, "deleted data is still there");
	print_counts(again);
	printf("\n");
	picture_release(&expect);
	picture_release(&found);
	regf_freep(&again);
	regf_freep(&hive);
	return 0;
}

/* ---- GUIDs ---- */

typedef VEC(struct guid) guid_list;

static void collect_adapters(const struct regf *hive, regf_key key, guid_list *ret)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct guid guid;
	bool known = false;

	if (regf_get_text(hive, key, "NetCfgInstanceId", &text) && guid_parse_all(text.data, &guid)) {
		for (size_t i = 0; i < ret->len; i++)
			known |= guid_equal(&ret->items[i], &guid);
		if (!known)
			*vec_add(ret) = guid;
	}
	for (size_t i = 0; i < regf_child_count(hive, key); i++)
		collect_adapters(hive, regf_child_at(hive, key, i), ret);
}

/* One GUID after the other, form by form: slow and plain. */
static size_t count_guid(struct bytes all, const struct guid *guid)
{
	char text[GUID_BRACED_LEN + 1];
	size_t n = occurrences(all, guid->bytes, sizeof(guid->bytes));

	(void)guid_format(guid, GUID_PLAIN, text);
	for (size_t at = 0; at + GUID_TEXT_LEN <= all.len; at++) {
		size_t i = 0;

		n += strncasecmp((const char *)all.data + at, text, GUID_TEXT_LEN) == 0;
		if (at + 2 * GUID_TEXT_LEN > all.len)
			continue;
		while (i < GUID_TEXT_LEN && (all.data[at + 2 * i] | 0x20) == (text[i] | 0x20) &&
		       all.data[at + 2 * i + 1] == 0)
			i++;
		n += i == GUID_TEXT_LEN;
	}
	return n;
}

static void count_hit(void *context, const struct regf_guid_hit *hit)
{
	(void)hit;
	++*(size_t *)context;
}

static int cmd_remap(const char *path, const char *out)
{
	size_t len, hits = 0, seen = 0;
	struct regf *hive = open_hive(path, &len), *again;
	guid_list from = { 0 }, to = { 0 };
	struct regf_info before, after;
	struct bytes bytes;

	regf_get_info(hive, &before);
	collect_adapters(hive, regf_root(hive), &from);
	for (size_t i = 0; i < from.len; i++)
		REQUIRE(guid_random(vec_add(&to), &err) == 0, "%s", err.text);
	for (size_t i = 0; i < from.len; i++)
		seen += count_guid(regf_finish(hive), &from.items[i]);
	REQUIRE(regf_remap_guids(hive, from.items, to.items, from.len, count_hit, &hits, &err) == 0, "%s", err.text);
	REQUIRE(hits == seen, "%zu hits, a plain search finds %zu", hits, seen);
	again = write_and_reopen(hive, out, &bytes);
	regf_get_info(again, &after);
	REQUIRE(before.keys == after.keys && before.values == after.values, "another number of keys or values");
	for (size_t i = 0; i < from.len; i++)
		REQUIRE(count_guid(bytes, &from.items[i]) == 0, "an old GUID is still there");
	print_counts(again);
	printf(" %zu\n", hits);
	vec_release(&from);
	vec_release(&to);
	regf_freep(&again);
	regf_freep(&hive);
	return 0;
}

/* ---- what Windows wrote ---- */

static int cmd_open(const char *path, const char *out)
{
	size_t len;
	struct regf *hive = open_hive(path, &len);
	struct bytes bytes = regf_finish(hive);
	struct regf_info info;

	regf_get_info(hive, &info);
	if (out)
		REQUIRE(write_file(out, bytes.data, bytes.len, &err) == 0, "%s", err.text);
	REQUIRE(!regf_is_changed(hive), "opening changed the hive");
	print_counts(hive);
	printf(" %u\n", info.replayed_entries);
	regf_freep(&hive);
	return 0;
}

static size_t check_leaf(const struct regf *hive, const struct regf_leaf *leaf)
{
	struct bytes nk;

	for (size_t i = 0; i < leaf->count; i++) {
		uint32_t want;

		REQUIRE(key_get(hive, leaf_child(leaf, i), &nk), "no key");
		want = leaf->kind == 'h' ? name_hash(key_name(nk)) : name_hint(key_name(nk));
		REQUIRE(leaf->kind == 'i' || bytes_le32(leaf->data, LIST_ENTRIES + 8 * i + 4) == want,
			"entry %zu of the list at 0x%x has another hash", i, leaf->cell);
	}
	return leaf->count;
}

static size_t check_lists(const struct regf *hive, regf_key key)
{
	regf_cells children = { 0 };
	struct regf_list list;
	struct regf_leaf leaf;
	struct bytes nk;
	size_t n = 0;

	if (key_get(hive, key, &nk) && list_open(hive, nk, &list))
		for (size_t i = 0; i < list.leaves; i++)
			if (leaf_open(hive, list_leaf_cell(&list, i), &leaf))
				n += check_leaf(hive, &leaf);
	list_children(hive, key, &children);
	for (size_t i = 0; i < children.len; i++)
		n += check_lists(hive, children.items[i]);
	vec_release(&children);
	return n;
}

static int cmd_lists(const char *path)
{
	size_t len;
	struct regf *hive = open_hive(path, &len);

	printf("ok %zu\n", check_lists(hive, regf_root(hive)));
	regf_freep(&hive);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "open") == 0)
		return cmd_open(argv[2], NULL);
	if (argc == 3 && strcmp(argv[1], "lists") == 0)
		return cmd_lists(argv[2]);
	if (argc == 4 && strcmp(argv[1], "replay") == 0)
		return cmd_open(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "edit") == 0)
		return cmd_edit(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "remap") == 0)
		return cmd_remap(argv[2], argv[3]);
	fprintf(stderr, "usage: corpus-hives_tool open|lists FILE | replay|edit|remap FILE OUT\n");
	return 2;
}
