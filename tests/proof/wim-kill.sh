#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Seventeen commands that write WIMs, each ended by SIGKILL at 72 moments (1,224 in all) and at hundreds of calls.
export KILLS=${KILLS:-72} CALLS=${CALLS:-200} TAIL=${TAIL:-30}
exec bash "$(dirname "$0")/../acceptance/wim-kill.sh"
