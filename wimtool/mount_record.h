/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record of a mount as JSON: goldwim/wimtool-mount-record/1. */
#pragma once

#include "wimtool/mount_state.h"

#define MOUNT_RECORD_MAX 65536

void mount_record_write(const struct mount_record *record, struct strbuf *ret);

/* Fills all but folder; what was filled is the caller's to release, also on failure. */
int mount_record_parse(const char *text, struct mount_record *ret, struct err *err);
