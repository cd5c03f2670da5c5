/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_verify.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/vec.h"
#include "common/image/image_private.h"
#include "common/image/verify_blobs.h"
#include "common/image/wim_integrity.h"

/* Found by the thread that reads the images; told when it has ended. */
struct found {
	enum wim_problem kind;
	char *what;
	char *place;
};

#define METADATA_LARGE (1u << 20) /* worth a thread */

struct verify {
	struct image_file *file;
	const struct wim_verify_options *options;
	struct wim_verify_result result;
	uint64_t *uses;      /* of each blob by all images */
	bool *damaged;       /* each blob */
	bool all_images_read;
	bool is_whole; /* all parts of a split WIM are open */
	uint64_t done;
	uint64_t total;
	VEC(struct found) found;
};

static void problem(struct verify *v, enum wim_problem kind, const char *what, const char *place)
{
	v->result.problems++;
	if (v->options->problem)
		v->options->problem(v->options->context, kind, what, place);
}

static int progress(struct verify *v, uint64_t done, struct err *err)
{
	v->done += done;
	if (v->options->progress && v->options->progress(v->options->context, v->done, v->total) != 0)
		return err_set(err, ERR_CANCELLED, "stopped");
	return 0;
}

/* ---- integrity table ---- */

static void compare_sums(struct verify *v, const struct strbuf *table, const struct strbuf *now, const char *part)
{
	const uint8_t *old = (const uint8_t *)table->data, *sums = (const uint8_t *)now->data;
	uint32_t chunk_size = load_le32(old + INTEGRITY_CHUNK_SIZE);

	for (uint64_t i = 0; i < load_le32(old + INTEGRITY_COUNT); i++) {
		size_t at = INTEGRITY_HEADER_LEN + (size_t)i * WIM_HASH_LEN;
		char place[96];

		if (memcmp(old + at, sums + at, WIM_HASH_LEN) == 0)
			continue;
		snprintf(place, sizeof(place), "%soffset 0x%" PRIx64, part, WIM_HEADER_LEN + i * chunk_size);
		problem(v, WIM_PROBLEM_INTEGRITY, "the bytes differ from what the integrity table says", place);
	}
}

struct integrity_progress {
	struct verify *v;
	uint64_t end; /* of v->done, when all is summed */
};

static int step_integrity(void *context, uint64_t bytes)
{
	const struct integrity_progress *p = context;

	return progress(p->v, MIN(bytes, p->end - p->v->done), NULL);
}

/* Of one file; part is "" or "part 2: ". */
static int check_integrity(struct verify *v, int fd, uint64_t file_bytes, const struct wim_header *header,
			   const char *part, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf table = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf now = STRBUF_INIT;
	CLEANUP(freep) char *place = xasprintf("%sintegrity table", part);
	struct integrity_progress p = { .v = v, .end = v->done + wim_integrity_end(header) - WIM_HEADER_LEN };
	const struct wim_integrity_steps steps = { .fn = step_integrity, .context = &p };
	struct err own = { 0 };

	if (v->options->no_integrity || !header->integrity.offset)
		return 0;
	v->result.had_integrity = true;
	if (wim_integrity_load(fd, file_bytes, header, &table, &own) < 0) {
		problem(v, WIM_PROBLEM_INTEGRITY, own.text, place);
		return 0;
	}
	if (wim_integrity_build_telling(fd, &table, WIM_HEADER_LEN, wim_integrity_end(header), &steps, &now, err) < 0)
		return -1;
	compare_sums(v, &table, &now, part);
	return progress(v, p.end - v->done, err);
}

static int check_all_integrity(struct verify *v, struct err *err)
{
	const struct image_file *file = v->file;

	if (check_integrity(v, file->fd, file->file_bytes, &file->header, "", err) < 0)
		return -1;
	for (size_t i = 1; i < file->n_parts; i++) {
		const struct wim_part *part = &file->parts[i];
		CLEANUP(freep) char *name = xasprintf("part %u: ", part->header.part);

		if (check_integrity(v, part->fd, part->file_bytes, &part->header, name, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- images ---- */

static void note(struct verify *v, enum wim_problem kind, const char *what, const char *place)
{
	*vec_add(&v->found) = (struct found){ .kind = kind, .what = xstrdup(what), .place = xstrdup(place) };
}

static void tell_found(struct verify *v)
{
	for (size_t i = 0; i < v->found.len; i++) {
		problem(v, v->found.items[i].kind, v->found.items[i].what, v->found.items[i].place);
		free(v->found.items[i].what);
		free(v->found.items[i].place);
	}
	vec_release(&v->found);
}

static void place_of(unsigned index, const struct wim_node *node, const char *stream, struct strbuf *ret)
{
	strbuf_addf(ret, "image %u: ", index);
	if (node->parent)
		wim_node_path(node, ret);
	else
		strbuf_addc(ret, '/');
	if (*stream)
		strbuf_addf(ret, ":%s", stream);
}

static void node_problem(struct verify *v, unsigned index, const struct wim_node *node, const char *stream,
			 enum wim_problem kind, const char *what)
{
	CLEANUP(strbuf_release) struct strbuf place = STRBUF_INIT;

	place_of(index, node, stream, &place);
	note(v, kind, what, place.data);
}

static void check_node(struct verify *v, unsigned index, const struct wim_tree *tree, const struct wim_node *node)
{
	int32_t security_id = (int32_t)load_le32(node->raw + DENTRY_SECURITY);

	v->result.entries++;
	if (security_id < -1 || (security_id >= 0 && (uint32_t)security_id >= tree->n_security))
		node_problem(v, index, node, "", WIM_PROBLEM_SECURITY,
			     "names a security descriptor that the image does not have");
	for (unsigned i = 0; i <= node->n_streams; i++) {
		const char *name;
		const uint8_t *hash = wim_node_stream(node, i, &name);
		const struct wim_blob *blob;

		if (wim_hash_is_zero(hash))
			continue;
		blob = wim_blobs_find(&v->file->blobs, hash);
		if (blob)
			v->uses[blob - v->file->blobs.items]++;
		if ((!blob || !blob->here) && v->is_whole)
			node_problem(v, index, node, name, WIM_PROBLEM_MISSING, "its contents are not in the WIM");
	}
}

static void check_image(struct verify *v, unsigned index)
{
	struct err own = { 0 };
	CLEANUP(image_free_treep) struct wim_tree *tree = image_load_tree(v->file->reader, v->file, index, &own);
	char place[32];

	if (!tree) {
		snprintf(place, sizeof(place), "image %u", index);
		note(v, WIM_PROBLEM_METADATA, own.text, place);
		v->all_images_read = false;
		return;
	}
	v->result.images++;
	for (const struct wim_node *node = tree->root; node; node = wim_node_walk(tree->root, node))
		check_node(v, index, tree, node);
}

static void *check_images(void *context)
{
	struct verify *v = context;

	v->all_images_read = true;
	for (unsigned i = 1; i <= v->file->blobs.n_metadata; i++)
		check_image(v, i);
	return NULL;
}

static void refcount_problem(struct verify *v, const struct wim_blob *blob, uint64_t uses)
{
	char hash[WIM_HASH_TEXT_LEN + 1];
	char what[128];

	if (uses == blob->refcnt)
		return;
	snprintf(what, sizeof(what), "the reference count is %" PRIu32 ", but the images use it %" PRIu64 " time%s",
		 blob->refcnt, uses, PLURAL(uses));
	problem(v, WIM_PROBLEM_REFCOUNT, what, wim_hash_format(blob->hash, hash));
}

static void check_refcounts(struct verify *v)
{
	const struct wim_blobs *blobs = &v->file->blobs;

	for (size_t i = 0; i < blobs->n_metadata; i++)
		refcount_problem(v, &blobs->metadata[i], 1);
	if (!v->all_images_read || !v->is_whole)
		return;
	/* what further files have beyond the table of the first may serve other WIMs */
	for (size_t i = 0; i < blobs->n; i++)
		if (blobs->items[i].row != WIM_ROW_NONE || v->file->header.parts > 1)
			refcount_problem(v, &blobs->items[i], v->uses[i]);
}

/* ---- blobs ---- */

static void name_users(struct verify *v, unsigned index, const struct wim_tree *tree, const char *what, bool *named)
{
	for (const struct wim_node *node = tree->root; node; node = wim_node_walk(tree->root, node)) {
		for (unsigned i = 0; i <= node->n_streams; i++) {
			const char *name;
			const struct wim_blob *blob = wim_blobs_find(&v->file->blobs, wim_node_stream(node, i, &name));
			size_t at = blob ? (size_t)(blob - v->file->blobs.items) : 0;

			if (!blob || !v->damaged[at] || named[at])
				continue;
			named[at] = true;
			node_problem(v, index, node, name, WIM_PROBLEM_DAMAGED, what);
		}
	}
}

/* Damaged contents are reported with the first file that has them; those no file has, by their hash. */
static void report_damaged(struct verify *v)
{
	static const char what[] = "the contents are damaged";
	const struct wim_blobs *blobs = &v->file->blobs;
	CLEANUP(freep) bool *named = xcalloc(blobs->n + 1, sizeof(*named));

	for (unsigned i = 1; i <= blobs->n_metadata; i++) {
		CLEANUP(image_free_treep) struct wim_tree *tree = image_load_tree(v->file->reader, v->file, i, NULL);

		if (tree)
			name_users(v, i, tree, what, named);
	}
	for (size_t i = 0; i < blobs->n; i++) {
		char hash[WIM_HASH_TEXT_LEN + 1];

		if (v->damaged[i] && !named[i])
			note(v, WIM_PROBLEM_DAMAGED, what, wim_hash_format(blobs->items[i].hash, hash));
	}
}

static int each_step(void *context, uint64_t done)
{
	return progress(context, done, NULL);
}

static void count_blobs(struct verify *v)
{
	size_t n_damaged = 0;

	for (size_t i = 0; i < v->file->blobs.n; i++) {
		n_damaged += v->damaged[i];
		v->result.blobs += v->file->blobs.items[i].here;
		v->result.bytes += v->file->blobs.items[i].here ? v->file->blobs.items[i].size : 0;
	}
	if (n_damaged)
		report_damaged(v);
}

static void count_total(struct verify *v)
{
	const struct wim_blobs *blobs = &v->file->blobs;

	if (v->file->header.integrity.offset)
		v->total += wim_integrity_end(&v->file->header) - WIM_HEADER_LEN;
	for (size_t i = 1; i < v->file->n_parts; i++)
		if (v->file->parts[i].header.integrity.offset)
			v->total += wim_integrity_end(&v->file->parts[i].header) - WIM_HEADER_LEN;
	for (size_t i = 0; i < blobs->n; i++)
		v->total += blobs->items[i].here ? blobs->items[i].size : 0;
}

static uint64_t size_of_metadata(const struct verify *v)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < v->file->blobs.n_metadata; i++)
		sum += v->file->blobs.metadata[i].size;
	return sum;
}

/* The images are read beside the blobs: their part is small, but nothing else could be done meanwhile. */
static int check_images_and_blobs(struct verify *v, struct err *err)
{
	pthread_t thread;
	bool beside = size_of_metadata(v) >= METADATA_LARGE && pthread_create(&thread, NULL, check_images, v) == 0;
	int result;

	if (!beside)
		check_images(v);
	result = verify_blobs(v->file, v->options->threads, each_step, v, v->damaged, err);
	if (beside)
		pthread_join(thread, NULL);
	if (result == 0)
		count_blobs(v);
	tell_found(v);
	return result;
}

/* Who names further parts has all of them verified. */
static int look_for_parts(struct verify *v, struct err *err)
{
	const struct wim_header *first = &v->file->header;
	char place[32];

	if (first->part != 1) {
		err_set(err, ERR_REFUSED, "is part %u of %u, and the list of files is in the first", first->part,
			first->parts);
		return err_hint(err, "name the first part, and this one with --ref");
	}
	for (unsigned part = 0; (part = image_missing_part(v->file, part + 1));) {
		snprintf(place, sizeof(place), "part %u of %u", part, first->parts);
		problem(v, WIM_PROBLEM_MISSING, "is not there", place);
	}
	return 0;
}

int image_verify(const char *path, const struct wim_verify_options *options, struct wim_verify_result *ret,
		 struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open_parts(path, options->refs, options->n_refs, err);
	struct verify v = { .file = file, .options = options };

	if (!file)
		return -1;

	CLEANUP(freep) uint64_t *uses = xcalloc(file->blobs.n + 1, sizeof(*uses));
	CLEANUP(freep) bool *damaged = xcalloc(file->blobs.n + 1, sizeof(*damaged));

	v.uses = uses;
	v.damaged = damaged;
	v.is_whole = image_is_whole(file);
	count_total(&v);
	if (options->n_refs && look_for_parts(&v, err) < 0)
		return err_context(err, "%s", path);
	if (check_all_integrity(&v, err) < 0 || check_images_and_blobs(&v, err) < 0)
		return err_context(err, "%s", path);
	check_refcounts(&v);
	v.result.write_in_progress = file->header.flags & WIM_FLAG_WRITE_IN_PROGRESS;
	v.result.parts = (unsigned)MAX(file->n_parts, (size_t)1);
	*ret = v.result;
	return 0;
}
