/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Standard output as a stream that keeps why it failed: stdio drops what could not be written and with it the
 * reason, so that hours later nobody can tell a full disk from a reader that had seen enough (head, a pager).
 *
 *	output_open, then anything that writes to stdout, then output_flush
 */
#pragma once

#include "common/base/err.h"

/* From here on stdout is that stream. */
void output_open(void);

/* Everything has been taken, or the reader went away, which is no error. ERR_IO with the reason otherwise. */
int output_flush(struct err *err);
