/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_reader(&reader_json, bytes_of(data, size));
}
