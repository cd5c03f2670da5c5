/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/attributes.h"

/* Source: [MS-FSCC] 2.6 File Attributes. */
static const char *const names[] = {
	[0] = "READONLY",
	[1] = "HIDDEN",
	[2] = "SYSTEM",
	[4] = "DIRECTORY",
	[5] = "ARCHIVE",
	[6] = "DEVICE",
	[7] = "NORMAL",
	[8] = "TEMPORARY",
	[9] = "SPARSE_FILE",
	[10] = "REPARSE_POINT",
	[11] = "COMPRESSED",
	[12] = "OFFLINE",
	[13] = "NOT_CONTENT_INDEXED",
	[14] = "ENCRYPTED",
	[15] = "INTEGRITY_STREAM",
	[16] = "VIRTUAL",
	[17] = "NO_SCRUB_DATA",
	[18] = "RECALL_ON_OPEN",
	[19] = "PINNED",
	[20] = "UNPINNED",
	[22] = "RECALL_ON_DATA_ACCESS",
};

const char *attribute_name(unsigned bit)
{
	return bit < ARRAY_SIZE(names) ? names[bit] : NULL;
}

void attributes_show(uint32_t attributes, FILE *out)
{
	fprintf(out, "Attributes          = 0x%08x\n", attributes);
	for (unsigned bit = 0; bit < 32; bit++)
		if (attributes >> bit & 1 && attribute_name(bit))
			fprintf(out, "    FILE_ATTRIBUTE_%s is set\n", attribute_name(bit));
}
