/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A .unattend.yaml is read or refused; the globs that it holds are tried on a path. */
#include "unattend/config_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { .kind = ERR_NONE };
	struct lint_options base = { .target = NULL }, options;
	struct config_file *config = config_parse("fuzz.yaml", "/", bytes_of(data, size), &err);

	if (!config) {
		if (err.kind == ERR_NONE || !*err.text)
			abort();
		return 0;
	}
	(void)config_ignores(config, "/a/b/c.xml");
	config_options(config, "/a/b/c.xml", &base, &options);
	config_options_release(&options);
	config_freep(&config);
	return 0;
}
