/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GUIDs anywhere in the bytes of a hive, however many there are. The text forms are found
 * by their hyphens. For the binary form one pair of bytes in eight is looked at: wherever a
 * GUID lies, such a pair is among its first nine bytes, and a bitmap holds those pairs of all
 * GUIDs. A sorted table decides about what passes.
 */
#include "sysprep-lite/regf_hive.h"

#include <assert.h>

enum { FIRST_HYPHEN = 8, SECOND_HYPHEN = 13, PAIR_STEP = 8, ASCII_LEN = GUID_TEXT_LEN, UTF16_LEN = 2 * GUID_TEXT_LEN, BINARY_LEN = 16 };

struct entry {
	struct guid guid;
	size_t index;
};

struct finder {
	struct entry *sorted;
	size_t n;
	uint64_t pairs[65536 / 64]; /* two bytes side by side in the first PAIR_STEP + 1 of some GUID */
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
		finder->sorted[i] = (struct entry){ .guid = guids[i], .index = i };
		for (size_t at = 0; at < PAIR_STEP; at++) {
			uint16_t pair = load_le16(guids[i].bytes + at);

			finder->pairs[pair / 64] |= 1ULL << (pair % 64);
		}
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

static void add_hit(hit_list *hits, struct regf_guid_hit *hit, size_t at)
{
	hit->offset = at;
	*vec_add(hits) = *hit;
}

/* Every GUID around a pair of its bytes. */
static void find_around(const struct finder *finder, struct bytes all, size_t at, hit_list *hits)
{
	size_t last = all.len - BINARY_LEN;
	struct regf_guid_hit hit = { 0 };

	for (size_t back = MIN(at, (size_t)PAIR_STEP - 1) + 1; back-- > 0;)
		if (at - back <= last && match_binary(finder, all, at - back, &hit))
			add_hit(hits, &hit, at - back);
}

static void find_binary(const struct finder *finder, struct bytes all, hit_list *hits)
{
	for (size_t at = 0; at + 2 <= all.len; at += PAIR_STEP) {
		uint16_t pair = load_le16(all.data + at);

		if (finder->pairs[pair / 64] >> (pair % 64) & 1)
			find_around(finder, all, at, hits);
	}
}

/* The hyphen may be any of the four; only the first has a second one at its distance behind it. */
static void find_text(const struct finder *finder, struct bytes all, hit_list *hits)
{
	enum { APART = SECOND_HYPHEN - FIRST_HYPHEN };
	const uint8_t *end = all.data + all.len;
	struct regf_guid_hit hit = { 0 };

	for (const uint8_t *p = all.data; (p = memchr(p, '-', (size_t)(end - p))); p++) {
		size_t at = (size_t)(p - all.data);

		if (end - p > APART && p[APART] == '-' && at >= FIRST_HYPHEN &&
		    match_ascii(finder, all, at - FIRST_HYPHEN, &hit))
			add_hit(hits, &hit, at - FIRST_HYPHEN);
		else if (end - p > 2 * APART && p[2 * APART] == '-' && at >= 2 * FIRST_HYPHEN &&
			 match_utf16(finder, all, at - 2 * FIRST_HYPHEN, &hit))
			add_hit(hits, &hit, at - 2 * FIRST_HYPHEN);
	}
}

static int compare_hits(const void *a, const void *b)
{
	const struct regf_guid_hit *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* In the order of the file; of two that overlap the first. */
static void find_all(const struct finder *finder, struct bytes all, hit_list *hits)
{
	uint64_t end = 0;
	size_t kept = 0;

	if (finder->n == 0 || all.len < BINARY_LEN)
		return;
	find_binary(finder, all, hits);
	find_text(finder, all, hits);
	if (hits->len > 1)
		qsort(hits->items, hits->len, sizeof(*hits->items), compare_hits);
	for (size_t i = 0; i < hits->len; i++) {
		if (kept && hits->items[i].offset < end)
			continue;
		end = hits->items[i].offset + form_len(&hits->items[i]);
		hits->items[kept++] = hits->items[i];
	}
	hits->len = kept;
}

static void find(const struct regf *hive, const struct guid *guids, size_t n, hit_list *hits)
{
	struct finder finder;

	finder_init(&finder, guids, n);
	find_all(&finder, bytes_of(hive->data, hive->len), hits);
	finder_release(&finder);
}

void regf_find_guids(const struct regf *hive, const struct guid *guids, size_t n, regf_guid_fn fn, void *context)
{
	hit_list hits = { 0 };

	find(hive, guids, n, &hits);
	for (size_t i = 0; i < hits.len; i++)
		fn(context, &hits.items[i]);
	vec_release(&hits);
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

/* The bytes of all hits, one behind the other. */
static void save_hits(const struct regf *hive, const hit_list *hits, struct strbuf *ret)
{
	for (size_t i = 0; i < hits->len; i++)
		strbuf_add(ret, hive->data + hits->items[i].offset, form_len(&hits->items[i]));
}

static void restore_hits(struct regf *hive, const hit_list *hits, const struct strbuf *saved)
{
	size_t at = 0;
	int ret;

	for (size_t i = 0; i < hits->len; at += form_len(&hits->items[i++]))
		memcpy(hive->data + hits->items[i].offset, saved->data + at, form_len(&hits->items[i]));
	ret = regf_index_cells(hive, NULL) < 0 ? -1 : regf_check(hive, NULL);
	assert(ret == 0);
	(void)ret;
}

/* Lists that were in no order before are left in one. */
static void restore_lists(struct regf *hive, const regf_cells *parents)
{
	for (size_t i = 0; i < parents->len; i++)
		(void)list_sort(hive, parents->items[i], NULL);
}

static int rebuild(struct regf *hive, const hit_list *hits, regf_cells *parents, struct err *err)
{
	if (recheck(hive, err) < 0)
		return -1;
	find_parents(hive, hits, parents);
	return sort_lists(hive, parents, err);
}

static int remap(struct regf *hive, const hit_list *hits, const struct guid *to, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf saved = STRBUF_INIT;
	regf_cells parents = { 0 };
	int ret;

	save_hits(hive, hits, &saved);
	apply(hive, hits, to);
	ret = rebuild(hive, hits, &parents, err);
	if (ret == 0) {
		hive->changed = true;
	} else {
		restore_hits(hive, hits, &saved);
		restore_lists(hive, &parents);
	}
	vec_release(&parents);
	return ret;
}

int regf_remap_guids(struct regf *hive, const struct guid *from, const struct guid *to, size_t n, regf_guid_fn fn,
		     void *context, struct err *err)
{
	hit_list hits = { 0 };
	int ret;

	if (regf_check_writable(hive, err) < 0 || check_guids(from, n, err) < 0)
		return -1;
	find(hive, from, n, &hits);
	ret = hits.len > 0 ? remap(hive, &hits, to, err) : 0;
	for (size_t i = 0; ret == 0 && fn && i < hits.len; i++)
		fn(context, &hits.items[i]);
	vec_release(&hits);
	return ret;
}
