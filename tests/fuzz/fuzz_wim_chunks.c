/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One resource: the first bytes say what it claims to be, the rest is its chunk table and its chunks. */
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/image/wim_resource.h"

#define CLAIM_LEN 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int touch(void *context, const void *data, size_t len)
{
	uint64_t *sum = context;

	*sum += len ? ((const uint8_t *)data)[len - 1] : 0;
	return 0;
}

static void read_all(int fd, const struct wim_resource *res)
{
	CLEANUP(wim_reader_freep) struct wim_reader *reader = wim_reader_new(fd);
	const uint8_t *chunk;
	uint64_t sum = 0;
	size_t len;

	if (wim_resource_check_size(res, NULL) < 0)
		return;
	(void)wim_reader_stream(reader, res, 0, MIN(res->size, (uint64_t)1 << 22), touch, &sum, NULL);
	(void)wim_reader_stream(reader, res, res->size / 2, MIN(res->size - res->size / 2, (uint64_t)70000), touch, &sum, NULL);
	if (res->compressed)
		(void)wim_reader_chunk(reader, res, res->size / res->chunk_size, &chunk, &len, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wim_resource res = { 0 };
	int fd;

	if (size < CLAIM_LEN)
		return 0;
	fd = memfd_create("wim", MFD_CLOEXEC);
	if (fd < 0 || file_write(fd, data, size, NULL) < 0) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	res.offset = CLAIM_LEN;
	res.stored = size - CLAIM_LEN;
	res.size = load_le64(data) & 0xffffffffff;
	res.compression = (enum wim_compression)(data[8] % 4);
	res.compressed = data[9] & 1;
	res.solid = data[9] & 2;
	res.pipable = (data[9] & 4) && !res.solid;
	res.chunk_size = 1u << (12 + data[10] % 11);
	if (!res.compressed)
		res.size = MIN(res.size, res.stored);
	read_all(fd, &res);
	close(fd);
	return 0;
}
