/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a program file of Windows says about itself: kind, processor and the version
 * resource. Takes PE32, PE32+ and the 16-bit NE format, whole files only. Every
 * offset and size is checked against the file; directories and blocks are walked with
 * a bound, so that hostile files end in an error and not in a loop.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/vec.h"
#include "wimtool/file_version.h"

#define PE_BYTES_MAX (256u << 20) /* the largest program of Windows has a quarter */
#define PE_STRINGS_MAX 256        /* a dozen is usual */

enum pe_kind {
	PE_KIND_NE,   /* 16-bit */
	PE_KIND_PE32,
	PE_KIND_PE64, /* PE32+ */
};

enum pe_file_flag { /* VS_FF_* */
	PE_FLAG_DEBUG = 1,
	PE_FLAG_PRERELEASE = 2,
	PE_FLAG_PATCHED = 4,
	PE_FLAG_PRIVATE = 8,
	PE_FLAG_SPECIAL = 32,
};

struct pe_string {
	char *key;
	char *value;
};

struct pe_info {
	enum pe_kind kind;
	uint16_t machine;  /* IMAGE_FILE_MACHINE_*; 0 for NE */
	bool is_dll;
	uint32_t timestamp; /* seconds since 1970; since Windows 10 a hash */
	bool has_version;
	struct file_version file, product;
	uint32_t flags; /* enum pe_file_flag, those that are valid */
	VEC(struct pe_string) strings; /* of the first table of strings, in the order of the file */
};

/* ERR_FORMAT or ERR_TRUNCATED when it is no program file or is damaged. Release it in any case. */
int pe_version_load(struct bytes file, struct pe_info *ret, struct err *err);
void pe_info_release(struct pe_info *info);

/* NULL when the version resource has no such string. Lent. */
const char *pe_info_string(const struct pe_info *info, const char *key);

/* "x86", "amd64", "arm64", "ia64", "arm", "16-bit"; "0x1234" for others, in ret. */
const char *pe_info_arch(const struct pe_info *info, char ret[8]);
