/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tells contents that are compressed or encrypted already from others at a
 * twentieth of what it costs to compress them in vain.
 */
#pragma once

#include "common/base/bytes.h"

#define WIM_NOISE_MAX (64u << 10) /* what the threshold of the Huffman gain is made for; most WIMs have chunks of 32 KiB */

/*
 * True: LZX and XPRESS would not make this chunk of at most WIM_NOISE_MAX bytes shorter, or by some tens of bytes at
 * most. False says nothing.
 */
bool wim_is_noise(const uint8_t *data, size_t len);
