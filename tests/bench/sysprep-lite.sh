# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by bench.sh in an empty folder: generalizing.

fixture tree tree --files 4000 >/dev/null || exit 3
wimlib-imagex capture tree lzx.wim --compress=lzx >/dev/null || exit 3
pair "sysprep-lite generalize" "cp lzx.wim g.wim" 0 "sysprep-lite generalize g.wim:1" \
	"extract + update (no edit)" "mkdir -p hives && wimlib-imagex extract g.wim 1 /Windows/System32/config/SYSTEM /Windows/System32/config/SOFTWARE --dest-dir=hives && wimlib-imagex update g.wim 1 --command='add hives/SYSTEM /Windows/System32/config/SYSTEM' && wimlib-imagex update g.wim 1 --command='add hives/SOFTWARE /Windows/System32/config/SOFTWARE'"
