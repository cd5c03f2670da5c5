#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A slice of the proof: amounts of free space in steps of 128 KiB.
STEP=128 exec bash "$(dirname "$0")/../proof/generalize-space.sh"
