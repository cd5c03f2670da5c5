#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench.sh --bin DIR [--runs N] [--quick] [TOOL...] - each tool beside what a user would use instead, in one run.
# tests/bench/TOOL.sh holds the pairs of one tool; without names all are run. --quick takes small data.
# The commands of a pair are run in turn (ours, theirs, ours, theirs ...), up to RUNS times each, but not again after
# 5 seconds; the first run is left out when it took less than one second. Printed are the medians of the wall time and of
# the processor time (user and system), the largest peak memory, and the ratios of theirs to ours.
set -u

here=$(cd "$(dirname "$0")" && pwd)
tests=$(dirname "$here")
runs=3 quick= bin= tools=()
usage="usage: bench.sh --bin DIR [--runs N] [--quick] [TOOL...]"
while [ $# -gt 0 ]; do
	case $1 in
	--bin) bin=$(cd "$2" && pwd) || exit 2; shift 2 ;;
	--runs) runs=$2; shift 2 ;;
	--quick) quick=1; shift ;;
	-*) echo "$usage" >&2; exit 2 ;;
	*) tools+=("$1"); shift ;;
	esac
done
[ "$bin" ] || { echo "$usage" >&2; exit 2; }
[ ${#tools[@]} -gt 0 ] || tools=(wimtool sysprep-lite unattend kms)
export PATH=$bin:$PATH LC_ALL=C.UTF-8 TZ=UTC

work=$(mktemp -d "${TMPDIR:-/tmp}/goldwim-bench.XXXXXX") || exit 3
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 3

# Runs a command once: wall seconds, peak KiB, user and system seconds go to the file named first. Its exit code must be the second word.
once() {
	local times=$1 want=$2 got
	shift 2
	/usr/bin/time -o one -f '%e %M %U %S' bash -c "$*" >out 2>&1
	got=$?
	[ "$got" -eq "$want" ] || { echo "bench: exit $got from: $*" >&2; tail -n 3 out >&2; exit 1; }
	tail -n 1 one >>"$times"
}

median() { cut -d' ' -f1 "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
cpu() { awk '{ print $3 + $4 }' "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
peak() { cut -d' ' -f2 "$1" | sort -n | tail -n 1; }

# True when the command whose times are in this file has been measured.
measured() { awk -v runs="$runs" '{ sum += $1 } END { exit !(NR >= runs || sum >= 5) }' "$1"; }

# Their row: our times are in a. A name that ends in "@N" is printed beside the ratio that was promised, which is not for small data.
row() {
	local title=$1 name=${2%% @*} goal=
	[ "$name" = "$2" ] || [ "$quick" ] || goal=${2##* @}
	awk -v title="$title" -v name="$name" -v goal="$goal" -v a="$(median a)" -v b="$(median "$3")" -v am="$(peak a)" \
		-v bm="$(peak "$3")" -v ac="$(cpu a)" -v bc="$(cpu "$3")" 'BEGIN {
		printf "%-28s %8.2f s %6.2f cpu %6.1f MiB | %-26s %8.2f s %6.2f cpu %6.1f MiB | ", title, a, ac, am / 1024, name, b, bc, bm / 1024
		if (a > 0) printf "%.2fx", b / a; else printf "-"
		if (ac > 0) printf " %.2fx cpu", bc / ac; else printf " -"
		if (goal && a > 0) printf " (%sx promised%s)", goal, b / a < goal ? ": MISSED" : ""
		printf "\n"
	}'
}

# pair TITLE PREPARE EXIT OURS THEIR-NAME THEIRS [NAME COMMAND]... - prepare runs before each measurement, unmeasured.
pair() {
	local title=$1 prepare=$2 want=$3 names=("" "$5") commands=("$4" "$6") files=(a b c d) i n
	shift 6
	for (( ; $# > 1; )); do names+=("$1") commands+=("$2"); shift 2; done
	for n in "${!commands[@]}"; do : >"${files[n]}"; done
	for i in $(seq 0 "$runs"); do
		for n in "${!commands[@]}"; do
			measured "${files[n]}" && continue
			bash -c "$prepare" >/dev/null 2>&1
			once "${files[n]}" $((n ? 0 : want)) "${commands[n]}"
			[ "$i" -gt 0 ] || sed -i '/^0/d' "${files[n]}"
		done
	done
	for (( n = 1; n < ${#commands[@]}; n++ )); do row "$title" "${names[n]}" "${files[n]}"; done
}

seven_zip=$(command -v 7z || command -v 7zz) || { echo "bench.sh: 7z is missing" >&2; exit 3; }

echo "$(nproc) processors; median of up to $runs runs; last columns: theirs / ours"
for tool in "${tools[@]}"; do
	[ -f "$here/$tool.sh" ] || { echo "bench.sh: no pairs for $tool" >&2; exit 2; }
	mkdir -p "$work/$tool" && cd "$work/$tool" || exit 3
	echo "== $tool"
	# shellcheck source=/dev/null
	. "$here/$tool.sh"
	cd "$work" && rm -rf "${work:?}/$tool"
done
