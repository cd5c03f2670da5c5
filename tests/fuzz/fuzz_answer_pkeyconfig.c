/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Product key configurations: XML in base64 in XML. */
#include "unattend/pkey_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err;
	struct pkey_config *config = pkey_config_parse(bytes_of(data, size), &err);

	if (config)
		(void)pkey_config_find(config, 3290);
	pkey_config_freep(&config);
	return 0;
}
