/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What PowerShell printed about adapters; every adapter comes with a name or none. */
#include <stdlib.h>
#include <string.h>

#include "sysprep-lite/node_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *context, const char *node, const struct guid *guid UNUSED)
{
	if (node && !*node)
		abort();
	++*(size_t *)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t found = 0;

	node_text_read(bytes_of(data, size), take, &found);
	if (found > size / GUID_TEXT_LEN)
		abort();
	return 0;
}
