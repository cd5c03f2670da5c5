#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# wimtool build ended by SIGKILL at 500 moments and at each call that changes a file; the rest of the acceptance
# script runs along.
export KILLS=${KILLS:-500} KILL_CALLS=1
exec bash "$(dirname "$0")/../acceptance/build.sh"
