/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What LZX does to x86 calls, undone: behind each byte 0xe8 stands where the call goes, counted from the start of the
 * chunk instead of from the call. Facts as lzx_decode.h has them; a call in the last ten bytes is left alone (libwim's
 * src/lzx_common.c).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

void lzx_calls_undo(uint8_t *data, size_t len);
