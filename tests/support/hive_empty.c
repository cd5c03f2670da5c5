/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The empty hive: base block, one bin, root key, security descriptor, one free cell. */
#include "tests/support/hive_builder.h"

#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "tests/support/write_file.h"

#define HIVE_TIME 0x01d4f0c8a4c00000ULL /* one fixed moment of 2019 */
#define HIVE_LEN 0x2000
#define BIN 0x1000
#define CHECKSUM_AT 0x1fc
#define NONE 0xffffffffu
#define ROOT_NAME_MAX 64

#define NK_HEAD 80 /* cell size and fixed fields in front of the name */
#define SK_HEAD 24
#define SD_HEAD 20

static const uint8_t sid_administrators[] = { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0 };
static const uint8_t sid_system[] = { 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0 };
static const uint8_t sid_users[] = { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x21, 2, 0, 0 };

static size_t put_sid(uint8_t *at, const uint8_t *sid, size_t len)
{
	memcpy(at, sid, len);
	return len;
}

/* Allowed, inherited by subkeys. */
static size_t put_ace(uint8_t *at, const uint8_t *sid, size_t len, uint32_t mask)
{
	at[0] = 0;
	at[1] = 2;
	store_le16(at + 2, (uint16_t)(8 + len));
	store_le32(at + 4, mask);
	return 8 + put_sid(at + 8, sid, len);
}

static size_t put_descriptor(uint8_t *sd)
{
	uint8_t *acl = sd + SD_HEAD;
	size_t at = 8;

	at += put_ace(acl + at, sid_administrators, sizeof sid_administrators, 0xf003f);
	at += put_ace(acl + at, sid_system, sizeof sid_system, 0xf003f);
	at += put_ace(acl + at, sid_users, sizeof sid_users, 0x20019);
	acl[0] = 2;
	store_le16(acl + 2, (uint16_t)at);
	store_le16(acl + 4, 3);

	sd[0] = 1;
	store_le16(sd + 2, 0x8004); /* self-relative, DACL present */
	store_le32(sd + 16, SD_HEAD);
	at += SD_HEAD;
	store_le32(sd + 4, (uint32_t)at);
	at += put_sid(sd + at, sid_administrators, sizeof sid_administrators);
	store_le32(sd + 8, (uint32_t)at);
	return at + put_sid(sd + at, sid_administrators, sizeof sid_administrators);
}

static void put_cell_size(uint8_t *cell, size_t len)
{
	store_le32(cell, (uint32_t)-(int32_t)len);
}

static void put_root_key(uint8_t *cell, const char *name, size_t len, uint32_t sk_offset)
{
	size_t name_len = strlen(name);

	put_cell_size(cell, len);
	memcpy(cell + 4, "nk", 2);
	store_le16(cell + 6, 0x2c); /* root, may not be deleted, ASCII name */
	store_le64(cell + 8, HIVE_TIME);
	store_le32(cell + 20, NONE);
	store_le32(cell + 32, NONE);
	store_le32(cell + 36, NONE);
	store_le32(cell + 44, NONE);
	store_le32(cell + 48, sk_offset);
	store_le32(cell + 52, NONE);
	store_le16(cell + 76, (uint16_t)name_len);
	memcpy(cell + NK_HEAD, name, name_len);
}

static size_t put_security(uint8_t *cell, uint32_t own_offset)
{
	size_t sd_len = put_descriptor(cell + SK_HEAD);
	size_t len = (size_t)round_up(SK_HEAD + sd_len, 8);

	put_cell_size(cell, len);
	memcpy(cell + 4, "sk", 2);
	store_le32(cell + 8, own_offset);
	store_le32(cell + 12, own_offset);
	store_le32(cell + 16, 1);
	store_le32(cell + 20, (uint32_t)sd_len);
	return len;
}

static void put_base_block(uint8_t *base, uint32_t minor)
{
	memcpy(base, "regf", 4);
	store_le32(base + 4, 1);
	store_le32(base + 8, 1);
	store_le64(base + 12, HIVE_TIME);
	store_le32(base + 20, 1);
	store_le32(base + 24, minor);
	store_le32(base + 32, 1);
	store_le32(base + 36, 0x20);
	store_le32(base + 40, HIVE_LEN - BIN);
	store_le32(base + 44, 1);
}

void hive_store_checksum(uint8_t *base)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < CHECKSUM_AT; at += 4)
		sum ^= load_le32(base + at);
	if (sum == NONE)
		sum = NONE - 1;
	if (sum == 0)
		sum = 1;
	store_le32(base + CHECKSUM_AT, sum);
}

int hive_build_empty(const char *out_path, const struct hive_options *options, struct err *err)
{
	uint8_t hive[HIVE_LEN] = { 0 };
	const char *name = options && options->root_name ? options->root_name : "ROOT";
	uint32_t minor = options && options->minor ? options->minor : 5;
	size_t nk_len = (size_t)round_up(NK_HEAD + strlen(name), 8);
	size_t sk = BIN + 0x20 + nk_len;

	if (strlen(name) > ROOT_NAME_MAX)
		return err_set(err, ERR_LIMIT, "root key name longer than %d", ROOT_NAME_MAX);
	put_base_block(hive, minor);
	memcpy(hive + BIN, "hbin", 4);
	store_le32(hive + BIN + 8, HIVE_LEN - BIN);
	store_le64(hive + BIN + 0x14, HIVE_TIME);
	put_root_key(hive + BIN + 0x20, name, nk_len, (uint32_t)(sk - BIN));
	sk += put_security(hive + sk, (uint32_t)(sk - BIN));
	store_le32(hive + sk, (uint32_t)(HIVE_LEN - sk));
	hive_store_checksum(hive);
	return write_file(out_path, hive, sizeof hive, err);
}
