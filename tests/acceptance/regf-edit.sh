#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A slice of the proof: 300 random sequences of edits, each result read by five readers.
SEQUENCES=300 exec bash "$(dirname "$0")/../proof/regf-edit.sh"
