/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LZMS stores code for x86 with absolute instead of relative addresses, in what looks like code. Facts of the format as
 * wimlib's lzms_common.c documents them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define LZMS_X86_TARGETS 65536

/* Makes the addresses in the contents of a chunk relative again; places is room to work in. */
void lzms_x86_restore(uint8_t *data, size_t len, int32_t places[LZMS_X86_TARGETS]);
