#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A slice of the proof: 45 random kills on a folder, on hives and in a WIM.
KILLS=45 exec bash "$(dirname "$0")/../proof/generalize-kill.sh"
