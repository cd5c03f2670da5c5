/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole WIM files: header, blob table, XML, metadata, resources of every kind. */
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/image/image_private.h"

#define READ_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
	struct image_file *file;
	unsigned index;
};

static int read_entry(void *context, const char *path, const struct image_entry *entry UNUSED)
{
	const struct reading *reading = context;
	CLEANUP(strbuf_release) struct strbuf contents = STRBUF_INIT;
	struct err err = { 0 };

	(void)image_read(reading->file, reading->index, path, READ_MAX, &contents, &err);
	return 0;
}

/* What was read is written the same way again. */
static void serialise(struct image_file *file, unsigned index)
{
	CLEANUP(strbuf_release) struct strbuf metadata = STRBUF_INIT;
	const struct wim_tree *tree = image_tree(file, index, NULL);

	if (tree)
		wim_tree_serialise(tree, &metadata);
}

static void use(struct image_file *file)
{
	for (unsigned i = 1; i <= MIN(file->header.image_count, 4u); i++) {
		struct reading reading = { .file = file, .index = i };
		struct image_info info;

		(void)image_info(file, i, &info, NULL);
		(void)image_walk(file, i, "/", read_entry, &reading, NULL);
		serialise(file, i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	int fd = memfd_create("wim", MFD_CLOEXEC);

	if (fd < 0)
		return 0;
	if (file_write(fd, data, size, &err) < 0) {
		close(fd);
		return 0;
	}

	CLEANUP(image_file_closep) struct image_file *file = image_file_open_fd(fd, &err);

	if (file)
		use(file);
	return 0;
}
