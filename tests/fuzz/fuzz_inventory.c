/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inventories: CSV from anywhere; then looked up by what the first bytes say. */
#include <stdlib.h>

#include "common/base/alloc.h"
#include "kms/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(inventory_freep) struct inventory *inventory = NULL;
	CLEANUP(freep) char *name = xstrndup((const char *)data, MIN(size, (size_t)40));
	struct err err = { 0 };

	inventory = inventory_parse(bytes_of(data, size), &err);
	if (!inventory)
		return 0;
	inventory_image(inventory, name);
	inventory_image(inventory, "pc1.example.com");
	inventory_image(inventory, "");
	return 0;
}
