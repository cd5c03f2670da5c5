/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a capture leaves out: the part up to the first NUL is the configuration, the rest a path. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/image/capture_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	char *path = xstrndup(end ? (const char *)end + 1 : "/a/b", end ? size - len - 1 : 4);
	struct capture_config config = { .exclusions = { 0 } };

	/* UTF-16 holds NULs: then all of it is the configuration */
	if (size > 1 && data[0] == 0xff && data[1] == 0xfe)
		len = size;
	if (capture_config_parse(bytes_of(data, len), &config, NULL) == 0) {
		for (int parent = CAPTURE_TAKE; parent <= CAPTURE_PASS; parent++)
			assert(capture_config_judge(&config, path, (enum capture_verdict)parent) <= CAPTURE_PASS);
		assert(capture_config_judge(&config, path, CAPTURE_TAKE_ALL) == CAPTURE_TAKE_ALL);
	}
	capture_config_release(&config);
	free(path);
	return 0;
}
