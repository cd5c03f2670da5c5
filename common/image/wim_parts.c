/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The blobs of a set of files. Usually each part of a split WIM has what lies in it in its own table. A solid WIM that
 * the Media Creation Tool has split has blobs in the table of one part whose solid resource is named only in that of
 * another. Where such a blob lies is found by trying: counted in all resources of its own run, then in those of the
 * whole set, then in those of each part; the SHA-1 of one blob of the run decides.
 */
#include "common/image/wim_parts.h"

#include <stdlib.h>

#include "common/image/wim_hash.h"

#define PLACE_SAMPLES 3 /* blobs of a run that are tried */
#define SAMPLE_MAX (64u << 20)
#define SOLIDS_MAX 4096 /* real sets have a few; each blob is searched among them */
#define RUNS_MAX 64

struct set {
	struct wim_blobs *blobs;
	struct wim_reader *reader;
	const struct wim_part *parts;
	size_t n_parts;
	const struct wim_solid **some; /* room for all solid resources */
};

static bool same_set(const struct wim_part *a, const struct wim_part *b)
{
	return a->header.parts > 1 && a->header.parts == b->header.parts &&
	       memcmp(&a->header.guid, &b->header.guid, sizeof(a->header.guid)) == 0;
}

static const struct wim_part *part_numbered(const struct set *set, uint16_t number)
{
	for (size_t i = 0; i < set->n_parts; i++)
		if (same_set(&set->parts[i], &set->parts[0]) && set->parts[i].header.part == number)
			return &set->parts[i];
	return NULL;
}

/* What the table of a further part has. The first that has the contents wins. */
static void take_items(struct wim_blobs *blobs, const struct wim_blob_table *table)
{
	size_t n = blobs->n;

	blobs->items = xreallocarray(blobs->items, blobs->n + table->n + 1, sizeof(*blobs->items));
	for (size_t i = 0; i < table->n; i++) {
		struct wim_blob fresh = table->items[i];
		const struct wim_blob *found = wim_blobs_find(blobs, fresh.hash);
		struct wim_blob *known;

		if (!found) {
			fresh.row = WIM_ROW_NONE;
			blobs->items[n++] = fresh;
			continue;
		}
		known = &blobs->items[found - blobs->items];
		fresh.row = known->row;
		fresh.refcnt = known->refcnt;
		if (!known->here && (fresh.here || fresh.unplaced))
			*known = fresh;
	}
	blobs->n = n;
}

static int add_table(struct set *set, const struct wim_part *part, struct err *err)
{
	struct wim_blobs *blobs = set->blobs;
	struct wim_blob_table table = { 0 };
	size_t before = blobs->n;

	if (wim_blobs_read_table(set->reader, part, blobs, &table, err) < 0)
		return -1;
	take_items(blobs, &table);
	strbuf_release(&table.rows);
	free(table.items);
	wim_blobs_index(blobs, before);
	return 0;
}

/* A blob that the first table says is in another part, and which that part's own table does not have. */
static int open_elsewhere(struct set *set, struct wim_blob *blob, struct err *err)
{
	const struct wim_part *part = part_numbered(set, blob->part);
	struct wim_reshdr hdr;

	if (!part)
		return 0;
	wim_reshdr_load((const uint8_t *)set->blobs->table.data + (size_t)blob->row * WIM_BLOB_ROW_LEN + ROW_RESHDR, &hdr);
	if (wim_resource_from_reshdr(&part->header, part->file_bytes, &hdr, "resource", &blob->res, err) < 0)
		return -1;
	blob->res.source = part->source;
	blob->here = true;
	return 0;
}

enum place_rule {
	RULE_RUN,  /* counted in the resources of its own run */
	RULE_SET,  /* in all of the set */
	RULE_PART, /* in those of one part; this and the following numbers */
};

static bool already_among(const struct set *set, size_t n, const struct wim_solid *solid)
{
	for (size_t i = 0; i < n; i++)
		if (set->some[i]->part == solid->part && set->some[i]->hdr.offset == solid->hdr.offset)
			return true;
	return false;
}

static size_t take_solids(const struct set *set, size_t n, uint16_t part)
{
	for (size_t i = 0; i < set->blobs->solids.len; i++) {
		const struct wim_solid *solid = &set->blobs->solids.items[i];

		if (solid->part == part && !already_among(set, n, solid))
			set->some[n++] = solid;
	}
	return n;
}

/* The resources in which a blob of the run would be counted. */
static size_t solids_of(const struct set *set, uint32_t run, unsigned rule)
{
	size_t n = 0;

	if (rule >= RULE_PART)
		return take_solids(set, 0, set->parts[rule - RULE_PART].header.part);
	if (rule == RULE_SET) {
		for (unsigned number = 1; number <= set->parts[0].header.parts; number++)
			n = take_solids(set, n, (uint16_t)number);
		return n;
	}
	for (size_t i = 0; i < set->blobs->solids.len; i++)
		if (set->blobs->solids.items[i].run == run)
			set->some[n++] = &set->blobs->solids.items[i];
	return n;
}

static int add_to_hash(void *context, const void *data, size_t len)
{
	wim_hash_update(context, data, len);
	return 0;
}

static bool is_right(const struct set *set, const struct wim_blob *blob)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha1();
	uint8_t sum[WIM_HASH_LEN];

	if (wim_reader_stream(set->reader, &blob->res, blob->at, blob->size, add_to_hash, hash, NULL) != 0)
		return false;
	wim_hash_final(hash, sum);
	return memcmp(sum, blob->hash, WIM_HASH_LEN) == 0;
}

/* True when the rule puts a few blobs of the run onto contents with their SHA-1, and none onto other contents. */
static bool rule_fits(const struct set *set, uint32_t run, size_t n_solids)
{
	size_t tried = 0;

	for (size_t i = 0; i < set->blobs->n && tried < PLACE_SAMPLES; i++) {
		struct wim_blob blob = set->blobs->items[i];

		if (!blob.unplaced || blob.run != run || blob.size > SAMPLE_MAX ||
		    !wim_solid_place(set->some, n_solids, &blob))
			continue;
		if (!is_right(set, &blob))
			return false;
		tried++;
	}
	return tried > 0;
}

static void place_run(const struct set *set, uint32_t run)
{
	for (unsigned rule = RULE_RUN; rule < RULE_PART + set->n_parts; rule++) {
		size_t n = solids_of(set, run, rule);

		if (!n || !rule_fits(set, run, n))
			continue;
		for (size_t i = 0; i < set->blobs->n; i++)
			if (set->blobs->items[i].unplaced && set->blobs->items[i].run == run)
				wim_solid_place(set->some, n, &set->blobs->items[i]);
		/* what this rule does not reach, another one may */
	}
}

static int find_the_rest(struct set *set, struct err *err)
{
	struct wim_blobs *blobs = set->blobs;
	CLEANUP(freep) bool *wanted = xcalloc((size_t)blobs->n_runs + 1, sizeof(*wanted));

	for (size_t i = 0; i < blobs->solids.len; i++) {
		struct wim_solid *solid = &blobs->solids.items[i];
		const struct wim_part *part = solid->open ? NULL : part_numbered(set, solid->part);

		if (part && wim_solid_open(solid, part, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < blobs->n; i++) {
		struct wim_blob *blob = &blobs->items[i];

		if (blob->unplaced)
			wanted[blob->run] = true;
		else if (!blob->here && blob->row != WIM_ROW_NONE && open_elsewhere(set, blob, err) < 0)
			return err_context(err, "blob table: row %u", blob->row);
	}
	for (uint32_t run = 0, tried = 0; run < blobs->n_runs && tried < RUNS_MAX; run++) {
		if (!wanted[run] || blobs->solids.len > SOLIDS_MAX)
			continue;
		place_run(set, run);
		tried++;
	}
	return 0;
}

int wim_blobs_add_parts(struct wim_blobs *blobs, struct wim_reader *reader, const struct wim_part *parts, size_t n,
			struct err *err)
{
	struct set set = { .blobs = blobs, .reader = reader, .parts = parts, .n_parts = n };
	int result;

	/* the first one's table is there already */
	for (size_t i = 1; i < n; i++)
		if (add_table(&set, &parts[i], err) < 0)
			return -1;
	set.some = xcalloc(blobs->solids.len + 1, sizeof(*set.some));
	result = find_the_rest(&set, err);
	free(set.some);
	return result;
}
