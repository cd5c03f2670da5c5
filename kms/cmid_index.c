/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/cmid_index.h"

#include <stdlib.h>

#include "common/base/filetime.h"
#include "common/base/strbuf.h"
#include "common/base/vec.h"

#define SKEW_MINUTES 240 /* what a host tolerates (0xC004F06C beyond) */
#define VALIDITY_MINUTES 259200 /* a renewed licence, 180 days; less the minutes left it tells when that was */
#define RENEWAL_MINUTES 10080   /* a week later it is renewed again */
#define RENEWAL_EARLY 180       /* early by so many minutes, or late, it was still the timer: a retry comes after 120 */
#define RENEWAL_LATE 90
#define FILETIME_PER_MINUTE ((int64_t)FILETIME_PER_SECOND * 60)

enum {
	SLOTS_MIN = 1024,
	NAME_MAX_LEN = 1024,  /* DNS allows 255; a request holds what the client wrote */
	PRODUCTS_MAX = 4096,  /* distinct activation ids; more are counted as one */
};

/* Open addressing: numbers of items, 0 for an empty slot, at most half full. */
struct table {
	uint32_t *slots;
	size_t n_slots;
};

struct name {
	size_t at;
	uint32_t hash;
};

struct product_row {
	struct guid id;
	const struct product *product;
};

struct cmid_index {
	struct table client_table, use_table, name_table, product_table;
	VEC(struct cmid_client) clients;
	VEC(struct cmid_use) uses;
	VEC(struct name) names;
	VEC(struct product_row) products;
	struct strbuf texts;
};

typedef bool same_fn(const struct cmid_index *index, uint32_t item, const void *key);
typedef uint64_t hash_fn(const struct cmid_index *index, uint32_t item);

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

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static uint32_t hash_name(struct text name)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (uint8_t)fold(name.data[i])) * 0x100000001b3ULL;
	return (uint32_t)(h ^ h >> 32);
}

static void table_put(struct table *t, uint64_t hash, uint32_t item)
{
	size_t at = hash & (t->n_slots - 1);

	while (t->slots[at])
		at = (at + 1) & (t->n_slots - 1);
	t->slots[at] = item + 1;
}

static void table_grow(const struct cmid_index *index, struct table *t, size_t n_items, hash_fn *hash_of)
{
	if (n_items * 2 < t->n_slots)
		return;
	free(t->slots);
	t->n_slots = t->n_slots ? t->n_slots * 2 : SLOTS_MIN;
	t->slots = xcalloc(t->n_slots, sizeof(*t->slots));
	for (uint32_t i = 0; i < n_items; i++)
		table_put(t, hash_of(index, i), i);
}

static uint32_t table_find(const struct cmid_index *index, const struct table *t, uint64_t hash, same_fn *same,
			   const void *key)
{
	if (!t->n_slots)
		return INDEX_NONE;
	for (size_t at = hash & (t->n_slots - 1); t->slots[at]; at = (at + 1) & (t->n_slots - 1))
		if (same(index, t->slots[at] - 1, key))
			return t->slots[at] - 1;
	return INDEX_NONE;
}

static uint64_t hash_of_client(const struct cmid_index *index, uint32_t item)
{
	return hash_guid(&index->clients.items[item].cmid);
}

static bool same_client(const struct cmid_index *index, uint32_t item, const void *key)
{
	return memcmp(&index->clients.items[item].cmid, key, sizeof(struct guid)) == 0;
}

static uint64_t hash_of_name(const struct cmid_index *index, uint32_t item)
{
	return index->names.items[item].hash;
}

static bool same_name(const struct cmid_index *index, uint32_t item, const void *key)
{
	const struct text *name = key;
	const char *have = cmid_index_name(index, item);

	for (size_t i = 0; i < name->len; i++)
		if (fold(have[i]) != fold(name->data[i]) || !have[i])
			return false;
	return have[name->len] == '\0';
}

static uint64_t hash_of_product(const struct cmid_index *index, uint32_t item)
{
	return hash_guid(&index->products.items[item].id);
}

static bool same_product(const struct cmid_index *index, uint32_t item, const void *key)
{
	return memcmp(&index->products.items[item].id, key, sizeof(struct guid)) == 0;
}

static uint64_t hash_use(uint32_t client, uint32_t name, uint16_t product, uint16_t host)
{
	return mix(((uint64_t)client << 32 | name) ^ mix((uint64_t)product << 16 | host));
}

static uint64_t hash_of_use(const struct cmid_index *index, uint32_t item)
{
	const struct cmid_use *use = &index->uses.items[item];

	return hash_use(use->client, use->name, use->product, use->host);
}

static bool same_use(const struct cmid_index *index, uint32_t item, const void *key)
{
	const struct cmid_use *a = &index->uses.items[item], *b = key;

	return a->client == b->client && a->name == b->name && a->product == b->product && a->host == b->host;
}

struct cmid_index *cmid_index_new(void)
{
	return xcalloc(1, sizeof(struct cmid_index));
}

void cmid_index_freep(struct cmid_index **index)
{
	struct cmid_index *i = *index;

	if (!i)
		return;
	free(i->client_table.slots);
	free(i->use_table.slots);
	free(i->name_table.slots);
	free(i->product_table.slots);
	vec_release(&i->clients);
	vec_release(&i->uses);
	vec_release(&i->names);
	vec_release(&i->products);
	strbuf_release(&i->texts);
	free(i);
	*index = NULL;
}

uint32_t cmid_index_name_id(struct cmid_index *index, struct text name)
{
	uint32_t hash, found;

	name.len = MIN(name.len, (size_t)NAME_MAX_LEN);
	/* A NUL would end the kept text early: no Windows name has one. */
	name.len = strnlen(name.data ? name.data : "", name.len);
	hash = hash_name(name);
	found = table_find(index, &index->name_table, hash, same_name, &name);
	if (found != INDEX_NONE) {
		char *kept = index->texts.data + index->names.items[found].at;

		if (name.len && memcmp(name.data, kept, name.len) < 0)
			memcpy(kept, name.data, name.len);
		return found;
	}
	table_grow(index, &index->name_table, index->names.len, hash_of_name);
	*vec_add(&index->names) = (struct name){ .at = index->texts.len, .hash = hash };
	strbuf_add(&index->texts, name.data, name.len);
	strbuf_addc(&index->texts, '\0');
	table_put(&index->name_table, hash, (uint32_t)index->names.len - 1);
	return (uint32_t)index->names.len - 1;
}

static uint16_t product_of(struct cmid_index *index, const struct guid *id)
{
	uint64_t hash = hash_guid(id);
	uint32_t found = table_find(index, &index->product_table, hash, same_product, id);

	if (found != INDEX_NONE)
		return (uint16_t)found;
	if (index->products.len == PRODUCTS_MAX)
		return PRODUCTS_MAX - 1;
	table_grow(index, &index->product_table, index->products.len, hash_of_product);
	*vec_add(&index->products) = (struct product_row){ *id, product_find(id) };
	table_put(&index->product_table, hash, (uint32_t)index->products.len - 1);
	return (uint16_t)(index->products.len - 1);
}

static uint32_t client_of(struct cmid_index *index, const struct guid *cmid, uint32_t log,
			  const struct log_event *event)
{
	uint64_t hash = hash_guid(cmid);
	uint32_t found = table_find(index, &index->client_table, hash, same_client, cmid);

	if (found != INDEX_NONE)
		return found;
	table_grow(index, &index->client_table, index->clients.len, hash_of_client);
	*vec_add(&index->clients) = (struct cmid_client){
		.cmid = *cmid, .uses = INDEX_NONE, .log = log, .line = event->line, .offset = event->offset,
	};
	table_put(&index->client_table, hash, (uint32_t)index->clients.len - 1);
	return (uint32_t)index->clients.len - 1;
}

static struct cmid_use *use_of(struct cmid_index *index, const struct cmid_use *key)
{
	uint64_t hash = hash_use(key->client, key->name, key->product, key->host);
	uint32_t found = table_find(index, &index->use_table, hash, same_use, key);
	struct cmid_client *client = &index->clients.items[key->client];
	struct cmid_use *use;

	if (found != INDEX_NONE)
		return &index->uses.items[found];
	table_grow(index, &index->use_table, index->uses.len, hash_of_use);
	use = vec_add(&index->uses);
	*use = *key;
	use->next = client->uses;
	client->uses = (uint32_t)index->uses.len - 1;
	table_put(&index->use_table, hash, (uint32_t)index->uses.len - 1);
	return use;
}

static void count_skew(struct cmid_use *use, const struct kms_request *request, uint64_t time)
{
	int64_t minutes;

	if (!request->has_client_time)
		return;
	minutes = ((int64_t)request->client_time - (int64_t)time) / FILETIME_PER_MINUTE;
	if (llabs(minutes) <= SKEW_MINUTES)
		return;
	minutes = MAX(MIN(minutes, (int64_t)INT32_MAX), (int64_t)-INT32_MAX);
	use->skewed++;
	if (llabs(minutes) > labs((long)use->worst_skew))
		use->worst_skew = (int32_t)minutes;
}

static void count_renewal(struct cmid_use *use, const struct kms_request *request, uint64_t time)
{
	uint32_t run_down = VALIDITY_MINUTES - MIN(request->minutes, (uint32_t)VALIDITY_MINUTES);

	use->run_down += MIN(run_down, UINT32_MAX - use->run_down);
	use->weekly += run_down >= RENEWAL_MINUTES - RENEWAL_EARLY && run_down <= RENEWAL_MINUTES + RENEWAL_LATE;
	if (use->renewals++ == 0 || time < use->first_renewal)
		use->first_renewal = time;
	use->last_renewal = MAX(use->last_renewal, time);
}

struct cmid_use *cmid_index_add(struct cmid_index *index, const struct kms_request *request, uint64_t time,
				uint16_t host, uint32_t log, const struct log_event *event)
{
	struct cmid_use key = {
		.client = client_of(index, &request->cmid, log, event),
		.name = cmid_index_name_id(index, request->name),
		.product = product_of(index, &request->product),
		.host = host,
	};
	struct cmid_use *use = use_of(index, &key);

	if (use->requests++ == 0 || time < use->first)
		use->first = time;
	use->last = MAX(use->last, time);
	use->needed = (uint16_t)MAX((uint32_t)use->needed, MIN(request->needed, 0xffffU));
	use->kinds |= request->vm ? MACHINE_VIRTUAL : MACHINE_PHYSICAL;
	if (request->hresult)
		use->refused++;
	else
		use->last_good = MAX(use->last_good, time);
	if (!request->hresult && request->status == 1)
		count_renewal(use, request, time);
	count_skew(use, request, time);
	return use;
}

size_t cmid_index_clients(const struct cmid_index *index)
{
	return index->clients.len;
}

size_t cmid_index_uses(const struct cmid_index *index)
{
	return index->uses.len;
}

size_t cmid_index_names(const struct cmid_index *index)
{
	return index->names.len;
}

const struct cmid_client *cmid_index_client(const struct cmid_index *index, size_t i)
{
	return &index->clients.items[i];
}

const struct cmid_use *cmid_index_use(const struct cmid_index *index, uint32_t i)
{
	return &index->uses.items[i];
}

const char *cmid_index_name(const struct cmid_index *index, uint32_t name)
{
	return index->texts.data + index->names.items[name].at;
}

const struct guid *cmid_index_product_id(const struct cmid_index *index, uint16_t product)
{
	return &index->products.items[product].id;
}

const struct product *cmid_index_product(const struct cmid_index *index, uint16_t product)
{
	return index->products.items[product].product;
}

enum kms_counter cmid_index_counter(const struct cmid_index *index, uint16_t product)
{
	const struct product *known = cmid_index_product(index, product);

	return known ? known->counter : COUNTER_UNKNOWN;
}
