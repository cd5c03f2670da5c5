/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t sum = 0;
	struct log_sink sink = { .context = &sum, .event = fuzz_event, .damage = fuzz_damage };
	struct err err = { 0 };

	if (reader_evt.is(bytes_of(data, size)))
		(void)reader_evt.read_all(bytes_of(data, size), &sink, &err);
	return 0;
}
