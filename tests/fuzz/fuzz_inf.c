/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INF files of drivers, in UTF-16, UTF-8 and single bytes. */
#include "wimtool/inf_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inf_version version;

	if (!inf_version_read(bytes_of(data, size), &version))
		assert(!version.provider && !version.class_name && !version.date);
	inf_version_release(&version);
	return 0;
}
