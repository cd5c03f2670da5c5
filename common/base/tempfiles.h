/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that must not outlive the program when a signal ends it. Every
 * temporary file is added here when it is made and forgotten when it was renamed
 * or removed. tempfiles_install_handlers makes SIGINT, SIGTERM and SIGHUP remove
 * them and then end the process by that same signal. SIGPIPE and SIGXFSZ are
 * ignored: the write then fails and is reported like any other.
 */
#pragma once

#include "common/base/base.h"

#define TEMPFILES_MAX 64 /* a program holds a handful; more is a leak */

void tempfiles_install_handlers(void);

/* Copies path. Returns a slot for tempfiles_forget. */
int tempfiles_add(const char *path);
void tempfiles_forget(int slot);

/* Removes all that are left: at an orderly end with a failure. */
void tempfiles_remove_all(void);

/*
 * While held, a signal only sets a flag, so that a short critical section (header
 * written, journal not yet removed) runs to its end; release then delivers it.
 */
void tempfiles_hold_signals(void);
void tempfiles_release_signals(void);

/* True after a signal arrived while held: long loops look here. */
bool tempfiles_signal_pending(void);
