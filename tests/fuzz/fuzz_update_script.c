/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scripts of wimtool update, in UTF-8 and UTF-16. */
#include "wimtool/update_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct update_script script = { 0 };
	struct err err = { 0 };

	if (update_script_parse(&script, bytes_of(data, size), "script", &err) == 0)
		for (size_t i = 0; i < script.commands.len; i++)
			assert(script.commands.items[i].first && script.commands.items[i].line);
	update_script_release(&script);
	return 0;
}
