/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The threads of a mount server. One at a time has the turn: it waits for the next question of the kernel and
 * answers it, and goes on so while answers are quick. Before slow work it passes the turn on with
 * mount_loop_pass_turn; then another thread is woken, or a new one started. So quick answers wake nobody but the one who asked.
 *
 * To sleep and be woken costs more than most answers. So who has the turn looks for questions for some
 * microseconds before it sleeps, as long as this pays; when no questions come it sleeps at once, and stays asleep.
 */
#pragma once

#include "common/base/err.h"

struct fuse_session;

/* Until the mount ends, or SIGINT, SIGTERM or SIGHUP comes. */
int mount_loop_run(struct fuse_session *session, struct err *err);

/* For handlers, before slow work; the second time nothing happens. */
void mount_loop_pass_turn(void);
