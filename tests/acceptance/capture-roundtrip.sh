#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What wimtool captures is a sound WIM for other programs, and they give the tree back.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex

round_trip() {
	local type=$1 wim=$1.wim
	shift
	check "$type: capture of 2,000 files" wimtool capture tree "$wim" reference "$@" || return
	check "$type: wimlib-imagex verify" wimlib-imagex verify "$wim"
	check "$type: 7z t" sevenzip t "$wim"
	check "$type: wimtool verify" wimtool verify "$wim"
	check "$type: wimlib-imagex apply" wimlib-imagex apply "$wim" 1 theirs
	check "$type: the tree of wimlib-imagex equals the source" "$support/cmp_tree.py" tree theirs
	check "$type: wimtool apply" wimtool apply "$wim" 1 ours
	check "$type: the tree of wimtool equals the source" "$support/cmp_tree.py" tree ours
	rm -rf theirs ours
}

fixture tree tree --files 2000 || exit 1
[ "$(find tree -type f | wc -l)" -eq 2000 ] || exit 1
round_trip default
round_trip xpress --compress=xpress --check
round_trip none --compress=none

wimlib-imagex capture tree theirs.wim >/dev/null 2>&1
check "a WIM of wimlib-imagex: wimtool apply" wimtool apply theirs.wim 1 ours
check "a WIM of wimlib-imagex: the tree equals the source" "$support/cmp_tree.py" tree ours
check "a WIM of wimlib-imagex: wimtool verify" wimtool verify theirs.wim

printf '%s\n' 'reference' >wanted
wimlib-imagex info default.wim 1 | sed -n 's/^Name: *//p' >got
check "the name of the image is the one given" diff wanted got
finish
