/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Stars out, in place, the first four groups of what looks like a product key: five groups of five. */
void mask_product_keys(char *text);
