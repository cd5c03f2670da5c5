/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_hash.h"

#include <stdlib.h>
#include <string.h>

#include "common/image/blob_read.h"

struct reading {
	struct image_sum *sums;
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
	uint64_t done;
	uint64_t total;
};

static int by_sha1(const void *a, const void *b)
{
	return memcmp(((const struct image_sum *)a)->sha1, ((const struct image_sum *)b)->sha1, 20);
}

static int begin(void *context UNUSED, size_t index UNUSED, void **ret, struct err *err UNUSED)
{
	*ret = wim_hash_new_sha256();
	return 0;
}

static int add(void *context UNUSED, void *hash, const void *data, size_t len, struct err *err UNUSED)
{
	wim_hash_update(hash, data, len);
	return 0;
}

static int end(void *context, size_t index, void *handle, const struct err *damage, struct err *err)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = handle;
	struct reading *reading = context;
	char text[WIM_HASH_TEXT_LEN + 1];

	if (!damage) {
		wim_hash_final(hash, reading->sums[index].sha256);
		return 0;
	}
	if (damage->kind == ERR_CANCELLED)
		return 0;
	*err = *damage;
	return err_context(err, "contents %s", wim_hash_format(reading->sums[index].sha1, text));
}

static int step(void *context, uint64_t done)
{
	struct reading *reading = context;

	reading->done += done;
	if (reading->progress)
		reading->progress(reading->context, reading->done, reading->total);
	return 0;
}

int image_sum_contents(struct image_file *file, struct image_sum *sums, size_t n,
		       void (*progress)(void *context, uint64_t done, uint64_t total), void *context, struct err *err)
{
	CLEANUP(freep) const struct wim_blob **blobs = xcalloc(n + 1, sizeof(*blobs));
	struct reading reading = { .sums = sums, .progress = progress, .context = context };
	struct blob_sink sink = { .context = &reading, .begin = begin, .data = add, .end = end };
	struct blob_read_options options = { .step = step, .step_context = &reading };

	for (size_t i = 0; i < n; i++) {
		char text[WIM_HASH_TEXT_LEN + 1];

		blobs[i] = wim_blobs_find(&file->blobs, sums[i].sha1);
		if (!blobs[i]) {
			err_set(err, ERR_NOT_FOUND, "contents %s: not in the WIM", wim_hash_format(sums[i].sha1, text));
			return err_hint(err, "--ref=GLOB names the other parts, or the WIM that this one builds on");
		}
		sums[i].size = blobs[i]->size;
		reading.total += blobs[i]->size;
	}
	if (blob_read(file, blobs, n, &sink, &options, err) < 0)
		return -1;
	if (n)
		qsort(sums, n, sizeof(*sums), by_sha1);
	return 0;
}

const struct image_sum *image_find_sum(const struct image_sum *sums, size_t n, const uint8_t sha1[20])
{
	struct image_sum key = { .size = 0 };

	memcpy(key.sha1, sha1, sizeof(key.sha1));
	return n ? bsearch(&key, sums, n, sizeof(*sums), by_sha1) : NULL;
}
