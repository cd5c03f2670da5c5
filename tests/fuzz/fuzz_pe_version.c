/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Program files of Windows: PE32, PE32+ and NE with their version resources. */
#include "wimtool/pe_version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct pe_info info;

	if (pe_version_load(bytes_of(data, size), &info, &err) < 0)
		assert(err.kind != ERR_NONE && *err.text);
	assert(info.strings.len <= PE_STRINGS_MAX);
	for (size_t i = 0; i < info.strings.len; i++)
		assert(info.strings.items[i].key && info.strings.items[i].value);
	pe_info_release(&info);
	return 0;
}
