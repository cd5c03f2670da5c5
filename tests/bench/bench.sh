#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench.sh --bin DIR [--runs N] [--files N] - each tool beside what a user would use instead, in one run.
# Each pair is run in turn (ours, theirs, ours, theirs ...) after one warm-up; the medians of the wall
# time and their ratio are printed, with the largest peak memory of each.
set -u

here=$(cd "$(dirname "$0")" && pwd)
tests=$(dirname "$here")
runs=5 files=4000 bin=
while [ $# -gt 0 ]; do
	case $1 in
	--bin) bin=$(cd "$2" && pwd) || exit 2; shift 2 ;;
	--runs) runs=$2; shift 2 ;;
	--files) files=$2; shift 2 ;;
	*) echo "usage: bench.sh --bin DIR [--runs N] [--files N]" >&2; exit 2 ;;
	esac
done
[ "$bin" ] || { echo "bench.sh: --bin is missing" >&2; exit 2; }
export PATH=$bin:$PATH LC_ALL=C.UTF-8 TZ=UTC

work=$(mktemp -d "${TMPDIR:-/tmp}/goldwim-bench.XXXXXX") || exit 3
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 3

# Runs a command once: wall seconds and peak KiB go to the file named first. Its exit code must be the second word.
once() {
	local times=$1 want=$2 got
	shift 2
	/usr/bin/time -o one -f '%e %M' bash -c "$*" >out 2>&1
	got=$?
	[ "$got" -eq "$want" ] || { echo "bench: exit $got from: $*" >&2; tail -n 3 out >&2; exit 1; }
	tail -n 1 one >>"$times"
}

median() { cut -d' ' -f1 "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
peak() { cut -d' ' -f2 "$1" | sort -n | tail -n 1; }

# pair TITLE PREPARE EXIT OURS THEIR-NAME THEIRS - prepare runs before each measurement, unmeasured.
pair() {
	local title=$1 prepare=$2 want=$3 ours=$4 name=$5 theirs=$6 i
	: >a; : >b
	for i in $(seq 0 "$runs"); do
		[ "$i" -eq 1 ] && { : >a; : >b; }
		bash -c "$prepare" >/dev/null 2>&1
		once a "$want" "$ours"
		bash -c "$prepare" >/dev/null 2>&1
		once b 0 "$theirs"
	done
	awk -v title="$title" -v name="$name" -v a="$(median a)" -v b="$(median b)" -v am="$(peak a)" -v bm="$(peak b)" 'BEGIN {
		printf "%-28s %8.2f s %6.1f MiB | %-26s %8.2f s %6.1f MiB | ", title, a, am / 1024, name, b, bm / 1024
		if (a > 0) printf "%.2fx\n", b / a; else print "-"
	}'
}

seven_zip=$(command -v 7z || command -v 7zz) || { echo "bench.sh: 7z is missing" >&2; exit 3; }
fixture tree tree --files "$files" >/dev/null || exit 3
wimlib-imagex capture tree lzx.wim --compress=lzx >/dev/null || exit 3
cp "$tests"/data/unattend/demo-mak.xml one.xml
mkdir answers
for file in "$tests"/data/unattend/good-*.xml; do
	for n in $(seq 1 20); do cp "$file" "answers/$n-${file##*/}"; done
done
fixture evtx kms.evtx --events 50000 >/dev/null || exit 3

echo "$(nproc) processors, $(find tree -type f | wc -l) files, $(du -sm --apparent-size tree | cut -f1) MB; median of $runs runs; last column: theirs / ours"
pair "wimtool capture" "rm -f a.wim" 0 "wimtool capture tree a.wim x --force" \
	"wimlib-imagex capture" "wimlib-imagex capture tree a.wim x"
pair "wimtool verify" : 0 "wimtool verify lzx.wim" "wimlib-imagex verify" "wimlib-imagex verify lzx.wim"
pair "wimtool verify" : 0 "wimtool verify lzx.wim" "7z t" "$seven_zip t lzx.wim"
pair "wimtool apply" "rm -rf applied" 0 "wimtool apply lzx.wim 1 applied" \
	"wimlib-imagex apply" "wimlib-imagex apply lzx.wim 1 applied"
pair "sysprep-lite generalize" "cp lzx.wim g.wim" 0 "sysprep-lite generalize g.wim:1" \
	"extract + update (no edit)" "mkdir -p hives && wimlib-imagex extract g.wim 1 /Windows/System32/config/SYSTEM /Windows/System32/config/SOFTWARE --dest-dir=hives && wimlib-imagex update g.wim 1 --command='add hives/SYSTEM /Windows/System32/config/SYSTEM' && wimlib-imagex update g.wim 1 --command='add hives/SOFTWARE /Windows/System32/config/SOFTWARE'"
pair "unattend lint, one file" : 1 "unattend lint one.xml --fail-on=style" "xmllint --noout" "xmllint --noout one.xml"
pair "unattend lint, $(find answers -type f | wc -l) files" : 0 "unattend lint --fail-on=error answers" "xmllint --noout" "xmllint --noout answers/*.xml"
pair "kms audit, 50,000 events" : 1 "kms audit --quiet kms.evtx" "evtxexport" "evtxexport kms.evtx"
