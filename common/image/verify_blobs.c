/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/verify_blobs.h"

#include "common/image/blob_read.h"

struct check {
	const struct wim_blob **blobs;
	const struct wim_blob *items;
	bool *damaged;
};

static int note(void *context, size_t index, void *handle UNUSED, const struct err *damage, struct err *err UNUSED)
{
	const struct check *check = context;

	check->damaged[check->blobs[index] - check->items] = damage != NULL;
	return 0;
}

int verify_blobs(const struct image_file *file, unsigned threads, int (*step)(void *context, uint64_t done),
		 void *context, bool *damaged, struct err *err)
{
	CLEANUP(freep) const struct wim_blob **blobs = xcalloc(file->blobs.n + 1, sizeof(*blobs));
	struct check check = { .blobs = blobs, .items = file->blobs.items, .damaged = damaged };
	struct blob_sink sink = { .context = &check, .end = note };
	struct blob_read_options options = { .threads = threads, .step = step, .step_context = context };
	size_t n = 0;

	for (size_t i = 0; i < file->blobs.n; i++)
		if (file->blobs.items[i].here)
			blobs[n++] = &file->blobs.items[i];
	return blob_read(file, blobs, n, &sink, &options, err);
}
