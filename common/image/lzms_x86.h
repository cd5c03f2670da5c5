/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LZMS stores code for x86 with absolute instead of relative addresses, in what looks like code. Facts of the format as
 * wimlib's lzms_common.c documents them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LZMS_X86_PIECE 4096

/* Room to work in. */
struct lzms_x86 {
	bool portable; /* set by the caller: without instructions that not every processor of its kind has */
	int32_t places[1u << 16]; /* by the low half of a target: where the last instruction ends that has it */
	int32_t found[LZMS_X86_PIECE + 4];
};

/* Makes the addresses in the contents of a chunk relative again. */
void lzms_x86_restore(struct lzms_x86 *x, uint8_t *data, size_t len);
