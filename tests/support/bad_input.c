/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/bad_input.h"

#include <string.h>

#include "common/base/bytes.h"
#include "tests/support/hive_builder.h"
#include "tests/support/write_file.h"

#define WIM_HEADER_LEN 208
#define TWO_TB (2ULL << 40)

/* A resource header: 7 bytes of stored size, flags, offset, plain size. */
static void put_resource(uint8_t *at, uint64_t size, uint8_t flags, uint64_t offset)
{
	store_le64(at, size);
	at[7] = flags;
	store_le64(at + 8, offset);
	store_le64(at + 16, size);
}

int bad_wim_2tb(const char *path, struct err *err)
{
	uint8_t wim[4096] = { 0 };

	memcpy(wim, "MSWIM\0\0\0", 8);
	store_le32(wim + 8, WIM_HEADER_LEN);
	store_le32(wim + 12, 0x10d00);
	store_le32(wim + 16, 0x20082); /* reparse points fixed, compressed, XPRESS */
	store_le32(wim + 20, 32768);
	memset(wim + 24, 0x5a, 16);
	store_le16(wim + 40, 1);
	store_le16(wim + 42, 1);
	store_le32(wim + 44, 1);
	put_resource(wim + 48, TWO_TB / 50 * 50, 2, WIM_HEADER_LEN);
	put_resource(wim + 72, 1024, 2, WIM_HEADER_LEN + TWO_TB);
	return write_file(path, wim, sizeof wim, err);
}

int bad_jpeg(const char *path, struct err *err)
{
	static const uint8_t head[] = { 0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0 };
	static const uint8_t frame[] = { 0xff, 0xc0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0 };
	static const uint8_t codes[] = { 0xff, 0xc4, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t scan[] = { 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0x3f, 0, 0x7f, 0xff, 0xd9 };
	uint8_t jpeg[512] = { 0 };
	size_t len = 0;

	memcpy(jpeg + len, head, sizeof head);
	len += sizeof head;
	memcpy(jpeg + len, "\xff\xdb\x00\x43\x00", 5); /* quantisation table of ones */
	memset(jpeg + len + 5, 1, 64);
	len += 69;
	memcpy(jpeg + len, frame, sizeof frame);
	len += sizeof frame;
	memcpy(jpeg + len, codes, sizeof codes);
	len += sizeof codes;
	memcpy(jpeg + len, scan, sizeof scan);
	len += sizeof scan;
	return write_file(path, jpeg, len, err);
}

int bad_not_xml(const char *path, struct err *err)
{
	static const char text[] = "This is a note about the answer file,\nnot the answer file: <unattend is missing.\n";

	return write_file(path, text, sizeof text - 1, err);
}

int bad_hive(const char *path, struct err *err)
{
	const struct hive_options options = { .flags = HIVE_BAD_CHECKSUM };

	return hive_build_as(path, "[Select]\n\"Current\"=dword:1\n", &options, err);
}
