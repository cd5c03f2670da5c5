/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A minimal library: headers and one resource section with a version resource (fixed
 * numbers, English strings, one translation). PE32+ for 64-bit machines, PE32 for
 * 32-bit ones, NE for machine 0.
 */
#pragma once

#include "common/base/err.h"
#include "common/base/strbuf.h"

struct pe_version {
	uint16_t part[4];
};

/* Reads "10.0.19041.5" (two to four numbers, each below 65536). */
bool pe_version_parse(const char *text, struct pe_version *ret);

enum pe_machine {
	PE_MACHINE_16 = 0, /* an NE file */
	PE_MACHINE_X86 = 0x14c,
	PE_MACHINE_AMD64 = 0x8664,
	PE_MACHINE_ARM64 = 0xaa64,
};

struct pe_options {
	enum pe_machine machine;
	const char *name;
	const char *text;  /* FileVersion; NULL: the numbers */
	uint32_t flags;    /* VS_FF_* */
	bool no_version;   /* no resources at all (not for NE) */
};

/* Reads x86, amd64, arm64, 16-bit. */
bool pe_machine_parse(const char *text, enum pe_machine *ret);

void pe_build_as(const struct pe_version *version, const struct pe_options *options, struct strbuf *ret);

/* For amd64. Appends the file; name goes to OriginalFilename and FileDescription. */
void pe_build(const struct pe_version *version, const char *name, struct strbuf *ret);
