/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GUIDs anywhere in the bytes of a hive, found in one pass however many there
 * are: a bitmap over the first two bytes for the binary form, the first hyphen for
 * the two text forms, a sorted table for what passes.
 */
#include "sysprep-lite/regf_hive.h"

#include <assert.h>

enum { FIRST_HYPHEN = 8, ASCII_LEN = GUID_TEXT_LEN, UTF16_LEN = 2 * GUID_TEXT_LEN, BINARY_LEN = 16 };

struct entry {
	struct guid guid;
	size_t index;
};

struct finder {
	struct entry *sorted;
	size_t n;
	uint64_t first[65536 / 64]; /* first two bytes of some GUID */
};

typedef VEC(struct regf_guid_hit) hit_list;

static int compare_entries(const void *a, const void *b)
{
	return guid_compare(&((const struct entry *)a)->guid, &((const struct entry *)b)->guid);
}

static void finder_init(struct finder *finder, const struct guid *guids, size_t n)
{
	*finder = (struct finder){ .n = n };
	finder->sorted = xcalloc(MAX(n, 1), sizeof(*finder->sorted));
	for (size_t i = 0; i < n; i++) {
		uint16_t first = load_le16(guids[i].bytes);

		finder->sorted[i] = (struct entry){ .guid = guids[i], .index = i };
		finder->first[first / 64] |= 1ULL << (first % 64);
	}
	qsort(finder->sorted, n, sizeof(*finder->sorted), compare_entries);
}

static void finder_release(struct finder *finder)
{
	free(finder->sorted);
}

static bool lookup(const struct finder *finder, const struct guid *guid, size_t *ret)
{
	const struct entry key = { .guid = *guid };
	const struct entry *found = bsearch(&key, finder->sorted, finder->n, sizeof(key), compare_entries);

	if (found)
		*ret = found->index;
	return found != NULL;
}

static bool match_binary(const struct finder *finder, struct bytes all, size_t at, struct regf_guid_hit *ret)
{
	struct guid guid;

	if (all.len - at < BINARY_LEN)
		return false;
	memcpy(guid.bytes, all.data + at, BINARY_LEN);
	ret->form = REGF_HIT_BINARY;
	return lookup(finder, &guid, &ret->guid);
}

static bool match_ascii(const struct finder *finder, struct bytes all, size_t at, struct regf_guid_hit *ret)
{
	char text[GUID_TEXT_LEN + 1] = { 0 };
	struct guid guid;

	if (all.len - at < ASCII_LEN)
		return false;
	memcpy(text, all.data + at, ASCII_LEN);
	ret->form = REGF_HIT_ASCII;
	return guid_parse(text, &guid) && lookup(finder, &guid, &ret->guid);
}

static bool match_utf16(const struct finder *finder, struct bytes all, size_t at, struct regf_guid_hit *ret)
{
	char text[GUID_TEXT_LEN + 1] = { 0 };
	struct guid guid;

	if (all.len - at < UTF16_LEN)
		return false;
	for (size_t i = 0; i < GUID_TEXT_LEN; i++) {
		if (all.data[at + 2 * i + 1] != 0)
			return false;
		text[i] = (char)all.data[at + 2 * i];
	}
	ret->form = REGF_HIT_UTF16;
	return guid_parse(text, &guid) && lookup(finder, &guid, &ret->guid);
}

static size_t form_len(const struct regf_guid_hit *hit)
{
	if (hit->form == REGF_HIT_BINARY)
		return BINARY_LEN;
	return hit->form == REGF_HIT_ASCII ? ASCII_LEN : UTF16_LEN;
}

static bool match(const struct finder *finder, struct bytes all, size_t at, struct regf_guid_hit *ret)
{
	const uint8_t *p = all.data + at;
	uint16_t first = load_le16(p);

	if ((finder->first[first / 64] >> (first % 64) & 1) && match_binary(finder, all, at, ret))
		return true;
	if (p[FIRST_HYPHEN] == '-' && match_ascii(finder, all, at, ret))
		return true;
	return all.len - at > 2 * FIRST_HYPHEN && p[2 * FIRST_HYPHEN] == '-' && p[1] == 0 &&
	       match_utf16(finder, all, at, ret);
}

static void find_all(const struct finder *finder, struct bytes all, regf_guid_fn fn, void *context)
{
	struct regf_guid_hit hit = { 0 };

	if (finder->n == 0)
		return;
	for (size_t at = 0; at + BINARY_LEN <= all.len;) {
		if (!match(finder, all, at, &hit)) {
			at++;
			continue;
		}
		hit.offset = at;
		fn(context, &hit);
		at += form_len(&hit);
	}
}

void regf_find_guids(const struct regf *hive, const struct guid *guids, size_t n, regf_guid_fn fn, void *context)
{
	struct finder finder;

	finder_init(&finder, guids, n);
	find_all(&finder, bytes_of(hive->data, hive->len), fn, context);
	finder_release(&finder);
}

/* ---- replacing ---- */

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

/* The case of the first letter, for the digits in front of it; upper, as Windows writes, when there is none. */
static bool first_case(const uint8_t *text, size_t step)
{
	for (size_t i = 0; i < GUID_TEXT_LEN; i++)
		if (is_letter(text[i * step]))
			return is_upper(text[i * step]);
	return true;
}

/* Each digit takes the case of the one it replaces; where that was 0-9, of the letter before it. */
static void put_text(uint8_t *text, size_t step, const struct guid *guid)
{
	char lower[GUID_BRACED_LEN + 1], upper[GUID_BRACED_LEN + 1];
	bool want_upper = first_case(text, step);

	guid_format(guid, GUID_PLAIN, lower);
	guid_format(guid, GUID_PLAIN | GUID_UPPER, upper);
	for (size_t i = 0; i < GUID_TEXT_LEN; i++) {
		if (is_letter(text[i * step]))
			want_upper = is_upper(text[i * step]);
		text[i * step] = (uint8_t)(want_upper ? upper[i] : lower[i]);
	}
}

static void put_guid(uint8_t *at, const struct regf_guid_hit *hit, const struct guid *guid)
{
	if (hit->form == REGF_HIT_BINARY)
		memcpy(at, guid->bytes, BINARY_LEN);
	else
		put_text(at, hit->form == REGF_HIT_ASCII ? 1 : 2, guid);
}

static void collect(void *context, const struct regf_guid_hit *hit)
{
	hit_list *hits = context;

	*vec_add(hits) = *hit;
}

static void apply(struct regf *hive, const hit_list *hits, const struct guid *to)
{
	for (size_t i = 0; i < hits->len; i++)
		put_guid(hive->data + hits->items[i].offset, &hits->items[i], &to[hits->items[i].guid]);
}

/* True when a hit begins in [from, from + len). */
static bool has_hit(const hit_list *hits, uint64_t from, size_t len)
{
	size_t low = 0, high = hits->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (hits->items[middle].offset < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low < hits->len && hits->items[low].offset < from + len;
}

static bool name_changed(const struct regf *hive, uint32_t key, const hit_list *hits)
{
	struct bytes nk;

	return key_get(hive, key, &nk) && has_hit(hits, nk.offset + NK_NAME, bytes_le16(nk, NK_NAME_LEN));
}

/* Keys with a child whose name changed, and all keys below key that are still to be looked at. */
static void look_at_children(const struct regf *hive, uint32_t key, const hit_list *hits, regf_cells *todo,
			     regf_cells *ret)
{
	size_t first = todo->len;
	bool changed = false;

	list_children(hive, key, todo);
	for (size_t i = first; i < todo->len && !changed; i++)
		changed = name_changed(hive, todo->items[i], hits);
	if (changed)
		*vec_add(ret) = key;
}

static void find_parents(const struct regf *hive, const hit_list *hits, regf_cells *ret)
{
	regf_cells todo = { 0 };

	*vec_add(&todo) = hive->root;
	while (todo.len > 0) {
		uint32_t key = todo.items[--todo.len];

		look_at_children(hive, key, hits, &todo, ret);
	}
	vec_release(&todo);
}

static int sort_lists(struct regf *hive, const regf_cells *parents, struct err *err)
{
	for (size_t i = 0; i < parents->len; i++)
		if (list_sort(hive, parents->items[i], err) < 0)
			return -1;
	return 0;
}

static int refuse_structure(struct err *err)
{
	(void)err_context(err, "a GUID to be replaced is part of the hive's own structure");
	if (err)
		err->kind = ERR_REFUSED;
	return -1;
}

/* The new bytes must still be a hive with the same keys and values. */
static int recheck(struct regf *hive, struct err *err)
{
	struct regf_info before = hive->info;
	bool sorted = hive->sorted;

	store_le32(hive->data + BASE_BINS, hive->bins); /* bins may have been added since the base block was read */
	if (regf_check_base(bytes_of(hive->data, hive->len), err) < 0 || regf_index_cells(hive, err) < 0 ||
	    regf_check(hive, err) < 0)
		return refuse_structure(err);
	hive->sorted = sorted; /* lists that were in order are sorted again next */
	if (hive->info.keys == before.keys && hive->info.values == before.values &&
	    load_le32(hive->data + BASE_ROOT) == hive->root)
		return 0;
	(void)err_set(err, ERR_REFUSED, "another number of keys or values");
	return refuse_structure(err);
}

static int check_guids(const struct guid *from, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (guid_is_zero(&from[i]))
			return err_set(err, ERR_REFUSED, "the all-zero GUID stands for none and is not replaced");
	return 0;
}

static int rebuild(struct regf *hive, const hit_list *hits, struct err *err)
{
	regf_cells parents = { 0 };
	int ret = recheck(hive, err);

	if (ret == 0) {
		find_parents(hive, hits, &parents);
		ret = sort_lists(hive, &parents, err);
	}
	vec_release(&parents);
	return ret;
}

static int remap(struct regf *hive, const hit_list *hits, const struct guid *to, struct err *err)
{
	CLEANUP(freep) uint8_t *before = try_alloc(hive->len, err);
	int ret;

	if (!before)
		return -1;
	memcpy(before, hive->data, hive->len);
	apply(hive, hits, to);
	if (rebuild(hive, hits, err) == 0) {
		hive->changed = true;
		return 0;
	}
	memcpy(hive->data, before, hive->len);
	ret = regf_index_cells(hive, NULL) < 0 ? -1 : regf_check(hive, NULL);
	assert(ret == 0);
	(void)ret;
	return -1;
}

int regf_remap_guids(struct regf *hive, const struct guid *from, const struct guid *to, size_t n, regf_guid_fn fn,
		     void *context, struct err *err)
{
	hit_list hits = { 0 };
	int ret;

	if (regf_check_writable(hive, err) < 0 || check_guids(from, n, err) < 0)
		return -1;
	regf_find_guids(hive, from, n, collect, &hits);
	ret = hits.len > 0 ? remap(hive, &hits, to, err) : 0;
	for (size_t i = 0; ret == 0 && fn && i < hits.len; i++)
		fn(context, &hits.items[i]);
	vec_release(&hits);
	return ret;
}
