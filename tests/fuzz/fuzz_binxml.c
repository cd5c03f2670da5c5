/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input is the BinXML of a record that is the first in its chunk, with its templates. */
#include <stdlib.h>

#include "kms/evtx_chunk.h"

enum { AT = CHUNK_RECORDS + RECORD_XML }; /* where the first record of a chunk has it */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct evtx_chunk chunk;
	static struct evtx_fields fields;
	struct evtx_record record = { .chunk = &chunk, .at = AT };
	uint8_t *bytes;
	struct err err = { 0 };

	if (size > EVTX_CHUNK_LEN - AT)
		return 0;
	/* A chunk of the input's size: reading behind it is seen. */
	bytes = calloc(1, AT + size);
	if (!bytes)
		abort();
	if (size)
		memcpy(bytes + AT, data, size);
	chunk.bytes = bytes_of(bytes, AT + size);
	for (size_t i = 0; i < EVTX_PLANS; i++)
		chunk.plans[i].used = false;
	record.end = AT + size;
	(void)evtx_record_fields(&record, &fields, &err);
	free(bytes);
	return 0;
}
