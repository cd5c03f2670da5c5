/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/blob_units.h"

#include <stdlib.h>

#include "common/base/vec.h"

#define BATCH_STORED (1u << 20)   /* one read */
#define BATCH_CONTENTS (4u << 20)
#define LARGE (16u << 20)         /* from here on a compressed blob is shared, and a stored one comes early */
#define LARGE_OF_FEW (2u << 20)   /* the same where all contents are not much more */
#define PART_OF_FEW (1u << 20)    /* of a blob below LARGE */
#define FEW_EACH 4                /* chunks of the largest cost for each thread: from here on their order matters */
#define FEW 32                    /* a blob of this part of all contents is large */

/* In the order of their work: what is in large pieces first. */
enum kind {
	KIND_SOLID,
	KIND_LARGE,
	KIND_SMALL,
};

struct maker {
	struct blob_list *list;
	uint8_t *kind; /* enum kind of each blob */
	VEC(struct blob_unit) units;
};

static const struct wim_blob *blob_at(const struct blob_list *list, size_t i)
{
	return list->blobs[list->order[i]];
}

/* Empty contents, which some tables have, need no chunk; those of an impossible size have none. */
static enum kind kind_of(const struct wim_blob *blob, uint64_t large)
{
	if (blob->size == 0 || wim_resource_check_size(&blob->res, NULL) < 0)
		return KIND_SMALL;
	if (blob->res.solid)
		return KIND_SOLID;
	return blob->size >= large ? KIND_LARGE : KIND_SMALL;
}

/* How large a blob is that one thread would still read when all others have ended. */
static uint64_t large_from(const struct wim_blob *const *blobs, size_t n)
{
	uint64_t all = 0;

	for (size_t i = 0; i < n && all < (uint64_t)LARGE * FEW; i++)
		all += MIN(blobs[i]->size, (uint64_t)LARGE * FEW);
	return MIN(MAX(all / FEW, (uint64_t)LARGE_OF_FEW), (uint64_t)LARGE);
}

static enum kind kind_at(const struct maker *maker, size_t i)
{
	return (enum kind)maker->kind[maker->list->order[i]];
}

/* Solid ones before others, since their pieces are the largest; then large ones by size; then as they lie. */
static int compare_blobs(const void *a, const void *b, void *context)
{
	const struct maker *maker = context;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct wim_blob *x = maker->list->blobs[i], *y = maker->list->blobs[j];

	if (maker->kind[i] != maker->kind[j])
		return maker->kind[i] < maker->kind[j] ? -1 : 1;
	if (maker->kind[i] == KIND_LARGE && x->size != y->size)
		return x->size > y->size ? -1 : 1;
	if (x->res.source != y->res.source)
		return x->res.source < y->res.source ? -1 : 1;
	if (x->res.offset != y->res.offset)
		return x->res.offset < y->res.offset ? -1 : 1;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->size > y->size) - (x->size < y->size);
}

/* A large blob that is compressed in chunks, several of which make a part. */
static size_t add_large(struct maker *maker, size_t i)
{
	const struct wim_blob *blob = blob_at(maker->list, i);
	bool shared = blob->res.compressed && blob->res.chunk_size <= BLOB_UNIT_LARGE;
	uint64_t step = blob->size < LARGE ? MAX(PART_OF_FEW, blob->res.chunk_size) : BLOB_UNIT_LARGE;

	if (!shared) {
		*vec_add(&maker->units) = (struct blob_unit){ .kind = BLOB_UNIT_BATCH, .first = i, .n = 1 };
		return i + 1;
	}
	maker->list->is_shared[maker->list->order[i]] = true;
	for (uint64_t at = 0; at < blob->size; at += step)
		*vec_add(&maker->units) = (struct blob_unit){ .kind = BLOB_UNIT_PART, .first = i, .n = 1, .from = at,
							      .to = MIN(blob->size, at + step) };
	return i + 1;
}

static bool same_resource(const struct wim_blob *a, const struct wim_blob *b)
{
	return a->res.source == b->res.source && a->res.offset == b->res.offset;
}

/* The blobs [i, end) are in one solid resource, sorted by place: a unit for each chunk that holds any of them. */
static void add_chunks(struct maker *maker, size_t i, size_t end)
{
	struct blob_list *list = maker->list;
	const struct wim_resource *res = &blob_at(list, i)->res;
	uint64_t chunk_size = res->chunk_size;
	uint64_t at = 0;
	size_t first = i;

	while (first < end) {
		struct blob_unit unit = { .kind = BLOB_UNIT_CHUNK, .first = first };

		at = MAX(at, blob_at(list, first)->at / chunk_size);
		unit.from = at * chunk_size;
		unit.to = MIN(unit.from + chunk_size, res->size);
		for (size_t j = first; j < end && blob_at(list, j)->at < unit.to; j++)
			unit.n = j + 1 - first;
		*vec_add(&maker->units) = unit;
		at++;
		/* on to the first blob that reaches behind this chunk */
		while (first < end && blob_at(list, first)->at + blob_at(list, first)->size <= unit.to)
			first++;
	}
}

/* Overlapping contents would let a small file claim any amount of work. */
static int add_solid(struct maker *maker, size_t i, size_t *ret_end, struct err *err)
{
	struct blob_list *list = maker->list;
	const struct wim_resource *res = &blob_at(list, i)->res;
	uint64_t done = 0;
	size_t end = i;

	for (; end < list->n && kind_at(maker, end) == KIND_SOLID && same_resource(blob_at(list, i), blob_at(list, end));
	     end++) {
		const struct wim_blob *blob = blob_at(list, end);

		if (blob->at < done)
			return err_at(err, ERR_FORMAT, res->offset, "contents overlap in a solid resource");
		done = blob->at + blob->size;
		list->is_shared[list->order[end]] = blob->at / res->chunk_size != (done - 1) / res->chunk_size;
	}
	add_chunks(maker, i, end);
	*ret_end = end;
	return 0;
}

static size_t add_batch(struct maker *maker, size_t i)
{
	const struct blob_list *list = maker->list;
	const struct wim_resource *first = &blob_at(list, i)->res;
	struct blob_unit unit = { .kind = BLOB_UNIT_BATCH, .first = i, .to = first->offset };
	uint64_t contents = 0;

	for (; i < list->n; i++) {
		const struct wim_resource *res = &blob_at(list, i)->res;

		if (res->solid && unit.n)
			break;
		if (unit.n && (res->source != first->source || res->offset != unit.to ||
			       unit.to - first->offset + res->stored > BATCH_STORED ||
			       contents + res->size > BATCH_CONTENTS))
			break;
		unit.to = res->offset + res->stored;
		contents += res->size;
		unit.n++;
	}
	*vec_add(&maker->units) = unit;
	return i;
}

static void note_chunk(struct blob_list *list, const struct wim_resource *res)
{
	if (res->compressed)
		list->chunk_max = MAX(list->chunk_max, (uint32_t)MIN((uint64_t)res->chunk_size, res->size));
}

int blob_list_make(const struct wim_blob *const *blobs, size_t n, struct blob_list *ret, struct err *err)
{
	CLEANUP(freep) uint8_t *kind = xcalloc(n + 1, 1);
	struct maker maker = { .list = ret, .kind = kind };
	uint64_t large = large_from(blobs, n);
	int result = 0;

	*ret = (struct blob_list){ .blobs = blobs, .n = n };
	ret->order = xcalloc(n + 1, sizeof(*ret->order));
	ret->is_shared = xcalloc(n + 1, sizeof(*ret->is_shared));
	for (size_t i = 0; i < n; i++) {
		ret->order[i] = i;
		kind[i] = (uint8_t)kind_of(blobs[i], large);
	}
	if (n)
		qsort_r(ret->order, n, sizeof(*ret->order), compare_blobs, &maker);
	for (size_t i = 0; i < n && result == 0;) {
		note_chunk(ret, &blob_at(ret, i)->res);
		if (kind_at(&maker, i) == KIND_SOLID)
			result = add_solid(&maker, i, &i, err);
		else if (kind_at(&maker, i) == KIND_LARGE)
			i = add_large(&maker, i);
		else
			i = add_batch(&maker, i);
	}
	ret->units = maker.units.items;
	ret->n_units = maker.units.len;
	return result;
}

/* How much of the chunk belongs to a blob that begins in an earlier one. */
static uint64_t from_before(const struct blob_list *list, const struct blob_unit *unit)
{
	const struct wim_blob *blob = blob_at(list, unit->first);

	return blob->at < unit->from ? MIN(blob->at + blob->size, unit->to) - unit->from : 0;
}

static int compare_costs(const void *a, const void *b)
{
	const struct blob_unit *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost > y->cost ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->from > y->from) - (x->from < y->from);
}

/* From where on chunks can be taken in any order: marks those of which little enough has to be kept. */
static size_t mark_ahead(struct blob_list *list, size_t end, unsigned n_threads)
{
	uint64_t room = BLOB_UNIT_AHEAD, sum = 0, most = 0;
	size_t start = end;

	for (; start > 0; start--) {
		struct blob_unit *unit = &list->units[start - 1];
		uint64_t part = from_before(list, unit);

		sum += unit->cost;
		most = MAX(most, unit->cost);
		if (sum / n_threads > FEW_EACH * most || (part <= BLOB_UNIT_KEPT && part > room))
			break;
		unit->ahead = part <= BLOB_UNIT_KEPT;
		room -= unit->ahead ? part : 0;
	}
	return start;
}

void blob_list_costly_first(struct blob_list *list, unsigned n_threads)
{
	size_t end = 0, start;

	while (end < list->n_units && list->units[end].kind == BLOB_UNIT_CHUNK)
		end++;
	start = mark_ahead(list, end, n_threads);
	/* the others stay behind the chunk from which they go on */
	for (size_t i = start + 1; i < end; i++)
		if (!list->units[i].ahead)
			list->units[i].cost = MIN(list->units[i].cost, list->units[i - 1].cost);
	if (end > start)
		qsort(list->units + start, end - start, sizeof(*list->units), compare_costs);
}

void blob_list_release(struct blob_list *list)
{
	free(list->order);
	free(list->is_shared);
	free(list->units);
	*list = (struct blob_list){ 0 };
}
