#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `sysprep-lite generalize` on a small tmpfs with every amount of free space from none to enough, in steps of STEP (4)
# KiB: it works, or it says why not and the target is byte for byte what it was, and nothing lies beside it.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex fallocate
step=${STEP:-4}
mkdir disk && mount -t tmpfs -o size=64m tmpfs disk 2>/dev/null || { skip "a tmpfs cannot be mounted here"; finish; }
trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work" "$log"' EXIT

fixture tree tree --files 200 || exit 1
wimlib-imagex capture tree image.wim reference >/dev/null 2>&1 || exit 1
mkdir hives && cp tree/Windows/System32/config/{SYSTEM,SOFTWARE} hives

# leave KIB: a filler takes all other space of the disk
leave() {
	local free
	free=$(($(stat -f -c '%a * %S / 1024' disk)))
	[ "$free" -gt "$1" ] && fallocate -l $(((free - $1) * 1024)) disk/filler
	return 0
}

# try NAME SOURCE TARGET...: until it works with some amount and with the next two
try() {
	local name=$1 source=$2 kib=0 worked=0 failures=0 status
	shift 2
	while [ "$worked" -lt 3 ] && [ "$kib" -lt 60000 ]; do
		rm -rf disk/* && cp -a "$source" disk/target && leave "$kib"
		sysprep-lite generalize "$@" >out 2>errors
		status=$?
		rm -f disk/filler
		if [ "$status" -eq 0 ]; then
			worked=$((worked + 1))
		else
			worked=0 failures=$((failures + 1))
			if [ "$status" -ne 3 ] || [ "$(wc -l <errors)" -ne 1 ]; then
				bad "$name with $kib KiB: status $status" <errors
				return
			fi
			diff -rq --no-dereference "$source" disk/target >differences || {
				bad "$name with $kib KiB: the target was changed" <differences
				return
			}
		fi
		if [ "$(ls -A disk)" != target ]; then
			bad "$name with $kib KiB: something is left" < <(ls -A disk)
			return
		fi
		kib=$((kib + step))
	done
	[ "$failures" -gt 0 ] && good "$name: $failures amounts too small, it works from $((kib - 3 * step)) KiB on" ||
		bad "$name never failed" <errors
}
try "a folder" tree disk/target
try "hives" hives --hive SYSTEM=disk/target/SYSTEM --hive SOFTWARE=disk/target/SOFTWARE
try "a WIM" image.wim disk/target:1
finish
