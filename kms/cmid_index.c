/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/cmid_index.h"

#include <stdlib.h>

#include "common/base/filetime.h"
#include "kms/pages.h"
#include "kms/text_scan.h"

#define SKEW_MINUTES 240 /* what a host tolerates (0xC004F06C beyond) */
#define VALIDITY_MINUTES 259200 /* a renewed licence, 180 days; less the minutes left it tells when that was */
#define RENEWAL_MINUTES 10080   /* a week later it is renewed again */
#define RENEWAL_EARLY 180       /* early by so many minutes, or late, it was still the timer: a retry comes after 120 */
#define RENEWAL_LATE 90
#define FILETIME_PER_MINUTE ((int64_t)FILETIME_PER_SECOND * 60)

enum {
	SLOTS_MIN = 1024,
	SLOTS_LARGE = 65536,
	NAME_MAX_LEN = 1024,  /* DNS allows 255; a request holds what the client wrote */
	PRODUCTS_MAX = 4096,  /* distinct activation ids; more are counted as one */
	NEEDED_MAX = 63,      /* clients need 25 */
	NO_NAME = UINT16_MAX, /* instead of a length: nothing more in this page */
};

/*
 * Open addressing: numbers of items + 1, 0 for an empty slot, at most seven eighths full. The upper bits of a hash,
 * of 32, tell the slot; the lower ones stand in the upper bits of it, so that seldom a wrong item is looked at. Large
 * tables grow by a quarter: what they hold idle is much less than the items.
 */
#define SLOT_ITEM_BITS 28
#define SLOT_ITEM ((1U << SLOT_ITEM_BITS) - 1)
#define ITEMS_MAX (SLOT_ITEM - 1) /* some 32 GB of rows */

struct table {
	uint32_t *slots;
	size_t n_slots;
};

/* struct cmid_use, folded into a cache line. */
struct row {
	uint32_t hash; /* of the pair: half of its key */
	uint32_t client, name, next;
	uint32_t product : 12, host : 12, needed : 6, kinds : 2;
	uint32_t requests, refused, renewals, run_down;
	uint16_t weekly, skewed; /* that many or more */
	int32_t worst_skew;
	uint32_t first, last, last_good, first_renewal, last_renewal;
};

struct name {
	uint16_t len;
	char text[]; /* with a NUL */
};

/* Names stand one behind the other, each within a page; the number of a name is that of its first piece. */
struct piece {
	char bytes[8];
};

struct product_row {
	struct guid id;
	const struct product *product;
};

struct cmid_index {
	struct table client_table, use_table, name_table, product_table;
	struct page_pool pool;
	PAGES(struct cmid_client) clients;
	PAGES(struct row) rows;
	PAGES(struct piece) texts;
	size_t n_names;
	VEC(struct product_row) products;
};

_Static_assert(sizeof(struct row) == 64, "a row is a cache line");
_Static_assert(sizeof(struct cmid_client) == 32, "two clients are one");

typedef bool same_fn(const struct cmid_index *index, uint32_t item, const void *key);

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15ULL;
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9ULL;
	return h ^ h >> 32;
}

static uint64_t hash_guid(const struct guid *guid)
{
	return mix(load_le64(guid->bytes) ^ mix(load_le64(guid->bytes + 8)));
}

static uint32_t hash_id(const struct guid *id)
{
	return (uint32_t)hash_guid(id);
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Upper and lower case are the same here; some other characters are, too, which a hash may. */
static uint64_t hash_text(struct text text)
{
	const uint64_t lower = 0x2020202020202020ULL;
	uint64_t h = text.len, word = 0;

	if (text.len >= sizeof(word)) {
		for (size_t i = 0; i + sizeof(word) < text.len; i += sizeof(word)) {
			memcpy(&word, text.data + i, sizeof(word));
			h = (h ^ (word | lower)) * 0x9e3779b97f4a7c15ULL;
			h ^= h >> 32;
		}
		/* The end once more: no byte is left over. */
		memcpy(&word, text.data + text.len - sizeof(word), sizeof(word));
		word |= lower;
	} else {
		for (size_t k = 0; k < text.len; k++)
			word |= (uint64_t)((uint8_t)text.data[k] | 0x20U) << 8 * k;
	}
	h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 32;
}

static struct text limited(struct text name)
{
	name.len = MIN(name.len, (size_t)NAME_MAX_LEN);
	return name;
}

uint64_t cmid_index_key(const struct kms_request *request)
{
	uint64_t h = hash_guid(&request->cmid) ^ mix(load_le64(request->product.bytes));

	return mix(h ^ hash_text(limited(request->name))) | 1;
}

static uint32_t tag_of(uint32_t hash)
{
	return hash << SLOT_ITEM_BITS;
}

static size_t slot_of(const struct table *t, uint32_t hash)
{
	return (size_t)(hash * (uint64_t)t->n_slots >> 32);
}

static size_t slot_behind(const struct table *t, size_t at)
{
	return at + 1 == t->n_slots ? 0 : at + 1;
}

static void table_put(struct table *t, uint32_t hash, uint32_t item)
{
	size_t at = slot_of(t, hash);

	while (t->slots[at])
		at = slot_behind(t, at);
	t->slots[at] = tag_of(hash) | (item + 1);
}

static size_t wider(size_t n_slots)
{
	return n_slots < SLOTS_LARGE ? MAX(n_slots * 2, (size_t)SLOTS_MIN) : n_slots + n_slots / 4;
}

/* Room for one more item. False when there is; else the table is wider and empty, and the items are to be put again. */
static bool table_widen(struct table *t, size_t n_items)
{
	if (n_items * 8 < t->n_slots * 7)
		return false;
	huge_free(t->slots, t->n_slots * sizeof(*t->slots));
	t->n_slots = wider(t->n_slots);
	t->slots = huge_calloc(t->n_slots * sizeof(*t->slots));
	return true;
}

/* A number that fits a slot. */
static uint32_t new_item(size_t item)
{
	if (item >= ITEMS_MAX)
		xcalloc(SIZE_MAX, SIZE_MAX); /* no memory would be enough */
	return (uint32_t)item;
}

static void table_release(struct table *t)
{
	huge_free(t->slots, t->n_slots * sizeof(*t->slots));
	*t = (struct table){ 0 };
}

static uint32_t table_find(const struct cmid_index *index, const struct table *t, uint32_t hash, same_fn *same,
			   const void *key)
{
	if (!t->n_slots)
		return INDEX_NONE;
	for (size_t at = slot_of(t, hash); t->slots[at]; at = slot_behind(t, at)) {
		uint32_t slot = t->slots[at];

		if ((slot & ~SLOT_ITEM) == tag_of(hash) && same(index, (slot & SLOT_ITEM) - 1, key))
			return (slot & SLOT_ITEM) - 1;
	}
	return INDEX_NONE;
}

static bool same_client(const struct cmid_index *index, uint32_t item, const void *key)
{
	return guid_equal(&pages_at(&index->clients, item)->cmid, key);
}

static struct name *name_at(const struct cmid_index *index, uint32_t item)
{
	return (struct name *)(void *)pages_at(&index->texts, item);
}

static bool same_text(const struct name *have, struct text name, bool *ret_other_case)
{
	if (have->len != name.len)
		return false;
	*ret_other_case = !text_equal(have->text, name.data, name.len);
	if (!*ret_other_case)
		return true;
	for (size_t i = 0; i < name.len; i++)
		if (fold(have->text[i]) != fold(name.data[i]))
			return false;
	return true;
}

static bool same_name(const struct cmid_index *index, uint32_t item, const void *key)
{
	bool ignored;

	return same_text(name_at(index, item), *(const struct text *)key, &ignored);
}

static bool same_product(const struct cmid_index *index, uint32_t item, const void *key)
{
	return guid_equal(&index->products.items[item].id, key);
}

struct cmid_index *cmid_index_new(void)
{
	return xcalloc(1, sizeof(struct cmid_index));
}

void cmid_index_close(struct cmid_index *index)
{
	table_release(&index->client_table);
	table_release(&index->use_table);
	table_release(&index->name_table);
	table_release(&index->product_table);
}

void cmid_index_freep(struct cmid_index **index)
{
	struct cmid_index *i = *index;

	if (!i)
		return;
	cmid_index_close(i);
	pages_release(&i->clients);
	pages_release(&i->rows);
	pages_release(&i->texts);
	page_pool_release(&i->pool);
	vec_release(&i->products);
	free(i);
	*index = NULL;
}

/* Of two spellings the one that sorts first is kept. A name that is found has the same length. */
static void keep_spelling(struct name *kept, struct text name)
{
	size_t i = 0;

	while (i < name.len && name.data[i] == kept->text[i])
		i++;
	if (i < name.len && (uint8_t)name.data[i] < (uint8_t)kept->text[i])
		memcpy(kept->text, name.data, name.len);
}

static size_t pieces_of(size_t len)
{
	return (sizeof(struct name) + len + sizeof(struct piece)) / sizeof(struct piece);
}

/* Marks what is left of a page in which a name has no room. */
static void skip_page(struct cmid_index *index)
{
	uint32_t item = (uint32_t)index->texts.len;

	do
		(void)pages_add(&index->texts, &index->pool);
	while (index->texts.len % pages_items(&index->texts));
	name_at(index, item)->len = NO_NAME;
}

static uint32_t add_name(struct cmid_index *index, struct text text)
{
	size_t pieces = pieces_of(text.len);
	struct name *name;
	uint32_t item;

	if (index->texts.len % pages_items(&index->texts) + pieces > pages_items(&index->texts))
		skip_page(index);
	item = new_item(index->texts.len);
	while (pieces--)
		(void)pages_add(&index->texts, &index->pool);
	name = name_at(index, item);
	name->len = (uint16_t)text.len;
	if (text.len)
		memcpy(name->text, text.data, text.len);
	index->n_names++;
	return item;
}

static void make_room_for_name(struct cmid_index *index)
{
	if (!table_widen(&index->name_table, index->n_names))
		return;
	for (size_t i = 0; i < index->texts.len;) {
		const struct name *name = name_at(index, (uint32_t)i);

		if (name->len == NO_NAME) {
			i = (i / pages_items(&index->texts) + 1) * pages_items(&index->texts);
			continue;
		}
		table_put(&index->name_table, (uint32_t)hash_text((struct text){ name->text, name->len }), (uint32_t)i);
		i += pieces_of(name->len);
	}
}

uint32_t cmid_index_name_id(struct cmid_index *index, struct text name)
{
	uint32_t hash, found;

	name = limited(name);
	hash = (uint32_t)hash_text(name);
	found = table_find(index, &index->name_table, hash, same_name, &name);
	if (found != INDEX_NONE) {
		keep_spelling(name_at(index, found), name);
		return found;
	}
	make_room_for_name(index);
	found = add_name(index, name);
	table_put(&index->name_table, hash, found);
	return found;
}

uint32_t cmid_index_product_of(struct cmid_index *index, const struct guid *id)
{
	uint32_t hash = hash_id(id);
	uint32_t found = table_find(index, &index->product_table, hash, same_product, id);

	if (found != INDEX_NONE)
		return found;
	if (index->products.len == PRODUCTS_MAX)
		return PRODUCTS_MAX - 1;
	if (table_widen(&index->product_table, index->products.len))
		for (uint32_t i = 0; i < index->products.len; i++)
			table_put(&index->product_table, hash_id(&index->products.items[i].id), i);
	*vec_add(&index->products) = (struct product_row){ *id, product_find(id) };
	table_put(&index->product_table, hash, (uint32_t)index->products.len - 1);
	return (uint32_t)index->products.len - 1;
}

static uint32_t client_of(struct cmid_index *index, const struct cmid_request *request)
{
	const struct guid *cmid = &request->entry->cmid;
	uint32_t hash = hash_id(cmid);
	uint32_t item = table_find(index, &index->client_table, hash, same_client, cmid);

	if (item != INDEX_NONE)
		return item;
	if (table_widen(&index->client_table, index->clients.len))
		for (uint32_t i = 0; i < index->clients.len; i++)
			table_put(&index->client_table, hash_id(&pages_at(&index->clients, i)->cmid), i);
	item = new_item(index->clients.len);
	*pages_add(&index->clients, &index->pool) = (struct cmid_client){
		.cmid = *cmid, .uses = INDEX_NONE, .log = request->log, .in_lines = request->line != 0,
		.at = (request->line ? request->line : request->entry->offset) & (UINT64_MAX >> 1),
	};
	table_put(&index->client_table, hash, item);
	return item;
}

/* What tells a row from others. */
struct pair {
	uint32_t hash;
	uint16_t product, host;
	const struct guid *cmid;
	struct text name;
	bool other_case; /* set when the name that was found is written in another way */
};

static bool is_row(const struct cmid_index *index, uint32_t item, struct pair *pair)
{
	const struct row *row = pages_at(&index->rows, item);

	return row->hash == pair->hash && row->product == pair->product && row->host == pair->host &&
	       guid_equal(&pages_at(&index->clients, row->client)->cmid, pair->cmid) &&
	       same_text(name_at(index, row->name), pair->name, &pair->other_case);
}

static bool same_row(const struct cmid_index *index, uint32_t item, const void *key)
{
	return is_row(index, item, (struct pair *)(uintptr_t)key);
}

static uint32_t add_row(struct cmid_index *index, const struct pair *pair, const struct cmid_request *request)
{
	struct cmid_client *client;
	uint32_t item;
	struct row *row;

	if (table_widen(&index->use_table, index->rows.len))
		for (uint32_t i = 0; i < index->rows.len; i++)
			table_put(&index->use_table, pages_at(&index->rows, i)->hash, i);
	item = new_item(index->rows.len);
	row = pages_add(&index->rows, &index->pool);
	row->hash = pair->hash;
	row->product = pair->product & 0xfffU;
	row->host = pair->host & 0xfffU;
	row->client = client_of(index, request);
	row->name = cmid_index_name_id(index, pair->name);
	client = pages_at(&index->clients, row->client);
	row->next = client->uses;
	client->uses = item;
	table_put(&index->use_table, pair->hash, item);
	return item;
}

static uint32_t row_of(struct cmid_index *index, const struct cmid_request *request)
{
	struct pair pair = {
		.hash = (uint32_t)(request->entry->key >> 32), .product = (uint16_t)request->product,
		.host = request->host, .cmid = &request->entry->cmid, .name = limited(request->name),
	};
	uint32_t item = request->likely;

	if (item == INDEX_NONE || !is_row(index, item, &pair))
		item = table_find(index, &index->use_table, pair.hash, same_row, &pair);
	if (item == INDEX_NONE)
		return add_row(index, &pair, request);
	if (pair.other_case)
		keep_spelling(name_at(index, pages_at(&index->rows, item)->name), pair.name);
	return item;
}

static void count_skew(struct row *row, const struct log_entry *entry, uint64_t time)
{
	int64_t minutes;

	if (!entry->has_client_time)
		return;
	minutes = ((int64_t)entry->client_time - (int64_t)time) / FILETIME_PER_MINUTE;
	if (llabs(minutes) <= SKEW_MINUTES)
		return;
	minutes = MAX(MIN(minutes, (int64_t)INT32_MAX), (int64_t)-INT32_MAX);
	if (row->skewed < UINT16_MAX)
		row->skewed++;
	/* Of two that are as wrong, behind: whichever comes first. */
	if (llabs(minutes) > labs((long)row->worst_skew) || minutes == -(int64_t)labs((long)row->worst_skew))
		row->worst_skew = (int32_t)minutes;
}

static void count_renewal(struct row *row, const struct log_entry *entry, uint32_t time)
{
	uint32_t run_down = VALIDITY_MINUTES - MIN(entry->minutes, (uint32_t)VALIDITY_MINUTES);
	bool weekly = run_down >= RENEWAL_MINUTES - RENEWAL_EARLY && run_down <= RENEWAL_MINUTES + RENEWAL_LATE;

	row->run_down += MIN(run_down, UINT32_MAX - row->run_down);
	if (weekly && row->weekly < UINT16_MAX)
		row->weekly++;
	if (row->renewals++ == 0 || time < row->first_renewal)
		row->first_renewal = time;
	row->last_renewal = MAX(row->last_renewal, time);
}

static uint32_t fold_time(uint64_t time)
{
	uint64_t seconds = time < FILETIME_UNIX_EPOCH ? 0 : (time - FILETIME_UNIX_EPOCH) / FILETIME_PER_SECOND;

	return (uint32_t)MIN(seconds, (uint64_t)UINT32_MAX);
}

static uint64_t unfold_time(uint32_t seconds)
{
	return FILETIME_UNIX_EPOCH + seconds * FILETIME_PER_SECOND;
}

struct cmid_counted cmid_index_add(struct cmid_index *index, const struct cmid_request *request)
{
	const struct log_entry *entry = request->entry;
	uint32_t item = row_of(index, request), at = fold_time(request->time);
	struct row *row = pages_at(&index->rows, item);

	if (row->requests++ == 0 || at < row->first)
		row->first = at;
	row->last = MAX(row->last, at);
	row->needed = MAX(row->needed, MIN(entry->needed, (uint32_t)NEEDED_MAX)) & 0x3fU;
	row->kinds |= entry->vm ? MACHINE_VIRTUAL : MACHINE_PHYSICAL;
	if (entry->hresult)
		row->refused++;
	else
		row->last_good = MAX(row->last_good, at);
	if (!entry->hresult && entry->status == 1)
		count_renewal(row, entry, at);
	count_skew(row, entry, request->time);
	return (struct cmid_counted){ item, row->name, row->product };
}

/* The row that the entry seems to have, by what its slot tells. */
static uint32_t likely_row(const struct cmid_index *index, const struct log_entry *entry)
{
	const struct table *t = &index->use_table;
	uint32_t hash = (uint32_t)(entry->key >> 32);
	size_t at = slot_of(t, hash);

	while (t->slots[at] && (t->slots[at] & ~SLOT_ITEM) != tag_of(hash))
		at = slot_behind(t, at);
	return t->slots[at] ? (t->slots[at] & SLOT_ITEM) - 1 : INDEX_NONE;
}

/*
 * Each step asks for what the one before brought, a group earlier. They stand in one function: gcc leaves out calls of
 * functions that do nothing but ask for memory. Rows are asked for as what will be written, so that a line which
 * another processor has written comes once; x86-64 processors that lack this do nothing.
 */
#ifdef __x86_64__
__attribute__((target("prfchw")))
#endif
void cmid_index_expect(const struct cmid_index *index, const struct log_entry *entries, size_t n, size_t at,
		       uint32_t *likely)
{
	const struct table *t = &index->use_table;
	size_t next = MIN(n, at + CMID_GROUP), ends = MIN(n, next + CMID_GROUP);
	size_t rows = MIN(n, ends + CMID_GROUP), slots = MIN(n, rows + CMID_GROUP);

	if (!t->n_slots) {
		memset(likely, 0xff, n * sizeof(*likely));
		return;
	}
	for (size_t i = at ? rows : 0; i < slots; i++)
		__builtin_prefetch(&t->slots[slot_of(t, (uint32_t)(entries[i].key >> 32))]);
	for (size_t i = at ? ends : 0; i < rows; i++) {
		likely[i] = likely_row(index, &entries[i]);
		if (likely[i] != INDEX_NONE)
			__builtin_prefetch(pages_at(&index->rows, likely[i]), 1);
	}
	for (size_t i = at ? next : 0; i < ends; i++)
		if (likely[i] != INDEX_NONE) {
			const struct row *row = pages_at(&index->rows, likely[i]);

			__builtin_prefetch(pages_at(&index->clients, row->client));
			__builtin_prefetch(name_at(index, row->name));
			__builtin_prefetch(name_at(index, row->name)->text + entries[i].name_len);
		}
}

size_t cmid_index_bytes(const struct cmid_index *index)
{
	const struct table *tables[] = { &index->client_table, &index->use_table, &index->name_table };
	size_t bytes = (index->clients.n_pages + index->rows.n_pages) * PAGE_BYTES;

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		bytes += tables[i]->n_slots * sizeof(*tables[i]->slots);
	return bytes;
}

size_t cmid_index_clients(const struct cmid_index *index)
{
	return index->clients.len;
}

size_t cmid_index_uses(const struct cmid_index *index)
{
	return index->rows.len;
}

size_t cmid_index_names(const struct cmid_index *index)
{
	return index->n_names;
}

const struct cmid_client *cmid_index_client(const struct cmid_index *index, size_t i)
{
	return pages_at(&index->clients, i);
}

struct cmid_use cmid_index_use(const struct cmid_index *index, uint32_t i)
{
	const struct row *row = pages_at(&index->rows, i);

	return (struct cmid_use){
		.client = row->client, .name = row->name, .next = row->next,
		.product = row->product, .host = row->host,
		.requests = row->requests, .refused = row->refused, .renewals = row->renewals,
		.weekly = row->weekly, .run_down = row->run_down,
		.skewed = row->skewed, .worst_skew = row->worst_skew,
		.needed = row->needed, .kinds = row->kinds,
		.first = unfold_time(row->first), .last = unfold_time(row->last),
		.last_good = row->last_good ? unfold_time(row->last_good) : 0,
		.first_renewal = row->renewals ? unfold_time(row->first_renewal) : 0,
		.last_renewal = row->renewals ? unfold_time(row->last_renewal) : 0,
	};
}

uint32_t cmid_index_use_name(const struct cmid_index *index, uint32_t i)
{
	return pages_at(&index->rows, i)->name;
}

uint32_t cmid_index_use_next(const struct cmid_index *index, uint32_t i)
{
	return pages_at(&index->rows, i)->next;
}

const char *cmid_index_name(const struct cmid_index *index, uint32_t name)
{
	return name_at(index, name)->text;
}

const struct guid *cmid_index_product_id(const struct cmid_index *index, uint32_t product)
{
	return &index->products.items[product].id;
}

const struct product *cmid_index_product(const struct cmid_index *index, uint32_t product)
{
	return index->products.items[product].product;
}

enum kms_counter cmid_index_counter(const struct cmid_index *index, uint32_t product)
{
	const struct product *known = cmid_index_product(index, product);

	return known ? known->counter : COUNTER_UNKNOWN;
}
