/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/regf_hive.h"

uint32_t regf_checksum(const uint8_t *base)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < BASE_CHECKSUM; at += 4)
		sum ^= load_le32(base + at);
	if (sum == 0)
		return 1;
	return sum == 0xffffffffu ? 0xfffffffeu : sum;
}

bool regf_checksum_is_good(const uint8_t *base)
{
	return regf_checksum(base) == load_le32(base + BASE_CHECKSUM);
}

static int check_version(struct bytes hive, struct err *err)
{
	uint32_t major = bytes_le32(hive, BASE_MAJOR), minor = bytes_le32(hive, BASE_MINOR);

	if (major != 1 || minor < 3 || minor > 6)
		return err_at(err, ERR_UNSUPPORTED, BASE_MAJOR, "hive version %u.%u is not one of 1.3 to 1.6", major,
			      minor);
	if (bytes_le32(hive, BASE_TYPE) != 0)
		return err_at(err, ERR_FORMAT, BASE_TYPE, "this is a transaction log (file type %u), not a hive",
			      bytes_le32(hive, BASE_TYPE));
	if (bytes_le32(hive, BASE_FORMAT) != 1)
		return err_at(err, ERR_UNSUPPORTED, BASE_FORMAT, "file format %u is not 1",
			      bytes_le32(hive, BASE_FORMAT));
	return 0;
}

int regf_check_base(struct bytes hive, struct err *err)
{
	uint32_t bins;

	if (check_version(hive, err) < 0)
		return -1;
	bins = bytes_le32(hive, BASE_BINS);
	if (bins == 0 || bins % BIN_ALIGN != 0 || bins > REGF_MAX_BINS)
		return err_at(err, ERR_FORMAT, BASE_BINS, "size of the bins %u is not a multiple of 4096 up to %u",
			      bins, REGF_MAX_BINS);
	if ((uint64_t)bins + BASE_LEN > hive.len)
		return err_at(err, ERR_TRUNCATED, BASE_BINS,
			      "truncated: the base block announces %llu bytes, the file has %llu",
			      (unsigned long long)bins + BASE_LEN, (unsigned long long)hive.len);
	return 0;
}

static int index_bin(struct regf *hive, uint32_t bin, uint32_t size, struct err *err)
{
	uint32_t end = bin + size;

	for (uint32_t cell = bin + BIN_HEADER_LEN; cell < end;) {
		int32_t signed_size = cell_size(hive, cell);
		uint32_t len = signed_size < 0 ? 0u - (uint32_t)signed_size : (uint32_t)signed_size;

		if (len < CELL_ALIGN || len % CELL_ALIGN != 0 || len > end - cell)
			return err_at(err, ERR_FORMAT, (uint64_t)BASE_LEN + cell, "cell size %d does not fit its bin",
				      signed_size);
		hive->starts[cell / 512] |= 1ULL << (cell / 8 % 64);
		cell += len;
	}
	return 0;
}

int regf_index_cells(struct regf *hive, struct err *err)
{
	free(hive->starts);
	hive->starts = try_alloc(hive->bins / 64, err);
	if (!hive->starts)
		return -1;
	for (uint32_t bin = 0; bin < hive->bins;) {
		const uint8_t *header = hive->data + BASE_LEN + bin;
		uint64_t at = (uint64_t)BASE_LEN + bin;
		uint32_t size = load_le32(header + BIN_SIZE);

		if (memcmp(header, "hbin", 4) != 0)
			return err_at(err, ERR_FORMAT, at, "no hive bin starts here");
		if (load_le32(header + BIN_OFFSET) != bin)
			return err_at(err, ERR_FORMAT, at + BIN_OFFSET, "bin says that it is at 0x%x, it is at 0x%x",
				      load_le32(header + BIN_OFFSET), bin);
		if (size == 0 || size % BIN_ALIGN != 0 || size > hive->bins - bin)
			return err_at(err, ERR_FORMAT, at + BIN_SIZE, "bin size %u does not fit the hive", size);
		if (index_bin(hive, bin, size, err) < 0)
			return -1;
		bin += size;
	}
	return 0;
}
