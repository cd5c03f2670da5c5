/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_hash.h"

#include <stdlib.h>
#include <string.h>

#include "common/image/image_private.h"

struct job {
	struct image_sum *sum;
	const struct wim_blob *blob;
};

struct reading {
	struct wim_hash *hash;
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
	uint64_t done;
	uint64_t total;
};

static int by_place(const void *a, const void *b)
{
	const struct wim_blob *x = ((const struct job *)a)->blob, *y = ((const struct job *)b)->blob;

	if (x->res.offset != y->res.offset)
		return x->res.offset < y->res.offset ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int by_sha1(const void *a, const void *b)
{
	return memcmp(((const struct image_sum *)a)->sha1, ((const struct image_sum *)b)->sha1, 20);
}

static int take(void *context, const void *data, size_t len)
{
	struct reading *r = context;

	wim_hash_update(r->hash, data, len);
	r->done += len;
	if (r->progress)
		r->progress(r->context, r->done, r->total);
	return 0;
}

static int find_all(struct image_file *file, struct image_sum *sums, size_t n, struct job *jobs, uint64_t *total,
		    struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		char text[WIM_HASH_TEXT_LEN + 1];

		jobs[i] = (struct job){ .sum = &sums[i], .blob = wim_blobs_find(&file->blobs, sums[i].sha1) };
		if (!jobs[i].blob)
			return err_set(err, ERR_FORMAT, "contents %s: not in the WIM",
				       wim_hash_format(sums[i].sha1, text));
		*total += jobs[i].blob->size;
	}
	return 0;
}

int image_sum_contents(struct image_file *file, struct image_sum *sums, size_t n,
		       void (*progress)(void *context, uint64_t done, uint64_t total), void *context, struct err *err)
{
	CLEANUP(freep) struct job *jobs = xcalloc(n + 1, sizeof(*jobs));
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha256();
	struct reading reading = { .hash = hash, .progress = progress, .context = context };

	if (find_all(file, sums, n, jobs, &reading.total, err) < 0)
		return -1;
	if (n)
		qsort(jobs, n, sizeof(*jobs), by_place);
	for (size_t i = 0; i < n; i++) {
		char text[WIM_HASH_TEXT_LEN + 1];

		wim_hash_begin(hash);
		if (image_stream_blob(file->reader, jobs[i].blob, take, &reading, err) < 0)
			return err_context(err, "contents %s", wim_hash_format(jobs[i].sum->sha1, text));
		wim_hash_final(hash, jobs[i].sum->sha256);
		jobs[i].sum->size = jobs[i].blob->size;
	}
	if (n)
		qsort(sums, n, sizeof(*sums), by_sha1);
	return 0;
}

const struct image_sum *image_find_sum(const struct image_sum *sums, size_t n, const uint8_t sha1[20])
{
	struct image_sum key;

	memcpy(key.sha1, sha1, sizeof(key.sha1));
	return n ? bsearch(&key, sums, n, sizeof(*sums), by_sha1) : NULL;
}
