#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Twenty reproducible captures of one tree under different threads, umasks, time zones and orders of folders.
export REPRODUCIBLE_RUNS=${REPRODUCIBLE_RUNS:-20}
exec bash "$(dirname "$0")/../acceptance/wim-capture.sh"
