/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images onto NTFS volumes, which libwim writes through libntfs-3g; called by session_apply.c. */
#pragma once

#include "common/image/session.h"

/* index: of the image, which our own reader has found and checked. */
int session_apply_ntfs(const struct session_apply *request, unsigned index, const struct cli *cli, struct err *err);
