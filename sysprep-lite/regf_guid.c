/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GUIDs anywhere in the bytes of a hive, however many there are. The text forms are found
 * by their hyphens; a bitmap of first digits passes few of the many others. For the binary form one pair of bytes in eight is looked at: wherever a
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
	uint64_t heads[65536 / 64]; /* the first two digits of some GUID */
};

typedef VEC(struct regf_guid_hit) hit_list;

static int compare_entries(const void *a, const void *b)
{
	return guid_compare(&((const struct entry *)a)->guid, &((const struct entry *)b)->guid);
}

static void set_pair(uint64_t *pairs, uint16_t pair)
{
	pairs[pair / 64] |= 1ULL << (pair % 64);
}

static bool has_pair(const uint64_t *pairs, uint16_t pair)
{
	return pairs[pair / 64] >> (pair % 64) & 1;
}

/* Two digits that are step bytes apart, in any case. */
static uint16_t head_of(const uint8_t *text, size_t step)
{
	return (uint16_t)((text[0] | 0x20) << 8 | (text[step] | 0x20));
}

static void finder_init(struct finder *finder, const struct guid *guids, size_t n)
{
	*finder = (struct finder){ .n = n };
	finder->sorted = xcalloc(MAX(n, 1), sizeof(*finder->sorted));
	for (size_t i = 0; i < n; i++) {
		char text[GUID_BRACED_LEN + 1];

		finder->sorted[i] = (struct entry){ .guid = guids[i], .index = i };
		for (size_t at = 0; at < PAIR_STEP; at++)
			set_pair(finder->pairs, load_le16(guids[i].bytes + at));
		set_pair(finder->heads, head_of((const uint8_t *)guid_format(&guids[i], GUID_PLAIN, text), 1));
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
	char text[GUID_TEXT_LEN + 1];
	struct guid guid;

	if (all.len - at < ASCII_LEN || !has_pair(finder->heads, head_of(all.data + at, 1)))
		return false;
	memcpy(text, all.data + at, ASCII_LEN);
	ret->form = REGF_HIT_ASCII;
	return guid_parse(text, &guid) && lookup(finder, &guid, &ret->guid);
}

static bool match_utf16(const struct finder *finder, struct bytes all, size_t at, struct regf_guid_hit *ret)
{
	char text[GUID_TEXT_LEN + 1];
	struct guid guid;

	if (all.len - at < UTF16_LEN || !has_pair(finder->heads, head_of(all.data + at, 2)))
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
	for (size_t at = 0; at + 2 <= all.len; at += PAIR_STEP)
		if (has_pair(finder->pairs, load_le16(all.data + at)))
			find_around(finder, all, at, hits);
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

static bool is_in_name(const struct regf *hive, uint32_t cell, uint64_t at)
{
	struct bytes nk;

	return cell_get_signed(hive, cell, "nk", NK_NAME, &nk) && at >= nk.offset + NK_NAME &&
	       at - nk.offset - NK_NAME < bytes_le16(nk, NK_NAME_LEN);
}

/* Cells that look like keys in whose names a GUID was replaced, one bit each. */
static int mark_names(const struct regf *hive, const hit_list *hits, uint64_t **ret, struct err *err)
{
	*ret = try_alloc(hive->bins / 64, err);
	for (size_t i = 0; *ret && i < hits->len; i++) {
		uint64_t at = hits->items[i].offset;
		uint32_t cell = at < BASE_LEN ? 0 : cell_holding(hive, at - BASE_LEN);

		if (cell && is_in_name(hive, cell, at))
			(*ret)[cell / 512] |= 1ULL << (cell / 8 % 64);
	}
	return *ret ? 0 : -1;
}

static int compare_cells(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int sort_lists(struct regf *hive, regf_cells *parents, struct err *err)
{
	if (parents->len)
		qsort(parents->items, parents->len, sizeof(*parents->items), compare_cells);
	for (size_t i = 0; i < parents->len; i++)
		if ((!i || parents->items[i] != parents->items[i - 1]) &&
		    list_sort(hive, parents->items[i], err) < 0)
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

/* The new bytes must still be a hive with the same keys and values. ret: the parents of keys with another name. */
static int recheck(struct regf *hive, const hit_list *hits, regf_cells *ret, struct err *err)
{
	CLEANUP(freep) uint64_t *marked = NULL;
	struct regf_info before = hive->info;
	bool sorted = hive->sorted;

	store_le32(hive->data + BASE_BINS, hive->bins); /* bins may have been added since the base block was read */
	if (regf_check_base(bytes_of(hive->data, hive->len), err) < 0 || regf_index_cells(hive, err) < 0 ||
	    mark_names(hive, hits, &marked, err) < 0 || regf_check_marked(hive, marked, ret, err) < 0)
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
	if (recheck(hive, hits, parents, err) < 0) {
		parents->len = 0; /* may be no keys */
		return -1;
	}
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
