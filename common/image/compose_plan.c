/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/compose_plan.h"

#include <stdlib.h>
#include <strings.h>

static int compare_places(const void *a, const void *b, void *items)
{
	const struct wim_blob *blob_a = (const struct wim_blob *)items + *(const uint32_t *)a;
	const struct wim_blob *blob_b = (const struct wim_blob *)items + *(const uint32_t *)b;

	if (blob_a->res.source != blob_b->res.source)
		return blob_a->res.source < blob_b->res.source ? -1 : 1;
	if (blob_a->res.offset != blob_b->res.offset)
		return blob_a->res.offset < blob_b->res.offset ? -1 : 1;
	return (blob_a->at > blob_b->at) - (blob_a->at < blob_b->at);
}

/* A solid resource is copied when all that lies in it is wanted; then its blobs are placed in it. */
static bool copies_solid(const struct wim_compose *c, const struct compose_input *input, const uint32_t *order,
			 size_t first, size_t end)
{
	const struct wim_blob *blobs = input->file->blobs.items;
	uint64_t sum = 0;

	if (c->options.recompress || c->options.solid == COMPOSE_SOLID_NONE)
		return false;
	for (size_t i = first; i < end; i++) {
		if (!input->counts[order[i]])
			return false;
		sum += blobs[order[i]].size;
	}
	return sum == blobs[order[first]].res.size; /* nothing in it that no row speaks of any more */
}

static void add_blob(struct wim_compose *c, const struct compose_input *input, uint32_t index, size_t solid)
{
	*vec_add(&c->blobs) = (struct compose_blob){
		.file = input->file,
		.blob = &input->file->blobs.items[index],
		.refcnt = input->counts[index],
		.solid = solid,
		.solid_offset = input->file->blobs.items[index].at,
		.name = input->names ? input->names[index] : NULL,
		.part = 1,
	};
	c->total += input->file->blobs.items[index].size;
}

static void add_solid_copy(struct wim_compose *c, const struct compose_input *input, const struct wim_resource *res)
{
	*vec_add(&c->solids) = (struct compose_solid){ .file = input->file, .from = *res, .size = res->size };
}

static size_t end_of_resource(const struct wim_blob *blobs, const uint32_t *order, size_t n, size_t first)
{
	size_t end = first + 1;

	while (end < n && blobs[order[end]].res.solid &&
	       blobs[order[end]].res.offset == blobs[order[first]].res.offset &&
	       blobs[order[end]].res.source == blobs[order[first]].res.source)
		end++;
	return end;
}

void compose_plan_input(struct wim_compose *c, const struct compose_input *input)
{
	const struct wim_blobs *blobs = &input->file->blobs;
	CLEANUP(freep) uint32_t *order = xcalloc(blobs->n + 1, sizeof(*order));
	size_t n = 0;

	for (size_t i = 0; i < blobs->n; i++)
		if (blobs->items[i].here)
			order[n++] = (uint32_t)i;
	if (n)
		qsort_r(order, n, sizeof(*order), compare_places, blobs->items);
	for (size_t i = 0; i < n;) {
		const struct wim_resource *res = &blobs->items[order[i]].res;
		size_t end = res->solid ? end_of_resource(blobs->items, order, n, i) : i + 1;
		bool copy = res->solid && copies_solid(c, input, order, i, end);

		if (copy)
			add_solid_copy(c, input, res);
		for (; i < end; i++)
			if (input->counts[order[i]])
				add_blob(c, input, order[i], copy ? c->solids.len : 0);
	}
}

static const char *extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot : "";
}

/* Files of one kind beside one another compress best together. */
static int compare_kinds(const void *a, const void *b)
{
	const struct compose_blob *blob_a = *(const struct compose_blob *const *)a;
	const struct compose_blob *blob_b = *(const struct compose_blob *const *)b;
	const char *name_a = blob_a->name ? blob_a->name : "";
	const char *name_b = blob_b->name ? blob_b->name : "";
	int order = strcasecmp(extension(name_a), extension(name_b));

	if (!order)
		order = strcasecmp(name_a, name_b);
	return order ? order : memcmp(blob_a->blob->hash, blob_b->blob->hash, WIM_HASH_LEN);
}

bool compose_goes_into_new_solid(const struct wim_compose *c, const struct compose_blob *blob)
{
	if (blob->solid || c->options.solid == COMPOSE_SOLID_NONE)
		return false;
	return c->options.solid == COMPOSE_SOLID_ALL || blob->blob->res.solid;
}

size_t compose_list_new_solid(struct wim_compose *c, struct compose_blob **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < c->blobs.len; i++)
		if (compose_goes_into_new_solid(c, &c->blobs.items[i]))
			ret[n++] = &c->blobs.items[i];
	qsort(ret, n, sizeof(struct compose_blob *), compare_kinds);
	return n;
}
