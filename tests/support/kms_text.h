/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log of kms_log.h as programs export it, written to a file as it is made.
 * The events are those that the .evtx file of the same options has.
 */
#pragma once

#include "tests/support/kms_log.h"

/*
 * format: text (tab delimited) and csv of the Event Viewer, xml (one root), wevtutil (text), list
 * (Format-List), json (one Winlogbeat object a line).
 */
int kms_text_write(const char *path, const char *format, const struct kms_log_options *options, struct err *err);
