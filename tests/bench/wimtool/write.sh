# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Pairs that write: capture.

pair "capture" "rm -f $ram/a.wim" 0 "wimtool capture $tree $ram/a.wim x --force" \
	"wimlib-imagex capture" "wimlib-imagex capture $tree $ram/a.wim x"
rm -f "$ram/a.wim"
