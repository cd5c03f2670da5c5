#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the CLI cases below the given paths; see README.md beside this file.
set -u

readonly limit_seconds=120
readonly me=$(readlink -f "$0")
readonly tests=$(dirname "$(dirname "$me")")

usage() {
	echo "usage: run-cli.sh --bin DIR [-j N] PATH..." >&2
	exit 2
}

case_name() {
	echo "$(basename "$(dirname "$1")")/$(basename "$1")"
}

# compare LABEL EXPECTED ACTUAL: adds a diff to $work/report and fails when they differ.
compare() {
	[ -f "$2" ] || return 0
	diff -u --text --label "$1 expected" --label "$1" "$2" "$3" >>"$work/report"
}

run_case() {
	local case=$1 name status wanted=0 good=1
	name=$(case_name "$case")
	work=$(mktemp -d "${TMPDIR:-/tmp}/run-cli.XXXXXX") || exit 1
	trap 'chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work"' EXIT
	cp -a "$case" "$work/case" && chmod -R u+w "$work/case" || exit 1
	[ -f "$case/status" ] && wanted=$(tr -d '[:space:]' <"$case/status")
	(
		cd "$work/case" || exit 1
		exec env -u NO_COLOR -u SOURCE_DATE_EPOCH -u COLUMNS -u MAKEFLAGS -u MAKELEVEL \
			LC_ALL=C.UTF-8 TERM=dumb TZ=UTC PATH="$bin:$PATH" TESTS="$tests" CASE="$case" \
			timeout -k 5 "$limit_seconds" bash -u cmd
	) </dev/null >"$work/stdout" 2>"$work/stderr"
	status=$?
	if [ "$status" -eq 77 ] && [ "$(grep -c '' "$work/stdout")" -eq 1 ] && grep -q '^skipped:' "$work/stdout"; then
		tell skipped "skipped $name: $(sed 's/^skipped: *//' "$work/stdout")"
		return
	fi
	if [ "$status" -ne "$wanted" ]; then
		echo "exit status $status, expected $wanted" >>"$work/report"
		[ "$status" -ne 124 ] || echo "killed after $limit_seconds s" >>"$work/report"
		good=0
	fi
	compare stdout "$case/stdout" "$work/stdout" || good=0
	compare stderr "$case/stderr" "$work/stderr" || good=0
	if [ "$good" -eq 1 ]; then
		tell ok "ok $name"
		return
	fi
	[ -f "$case/stdout" ] || { echo "--- stdout"; head -n 40 "$work/stdout"; } >>"$work/report"
	[ -f "$case/stderr" ] || { echo "--- stderr"; head -n 40 "$work/stderr"; } >>"$work/report"
	tell FAIL "FAIL $name
$(sed 's/^/    /' "$work/report")"
}

# tell RESULT TEXT: one case at a time on stdout; the result is counted from the file.
tell() {
	{
		flock 9
		printf '%s\n' "$2"
		echo "$1" >>"$results/all"
	} 9>"$results/lock"
}

if [ "${1-}" = --one ]; then
	bin=$2 results=$3
	run_case "$4"
	exit 0
fi

bin='' jobs=$(nproc) paths=()
while [ $# -gt 0 ]; do
	case $1 in
	--bin) [ $# -ge 2 ] || usage; bin=$2; shift 2 ;;
	-j) [ $# -ge 2 ] || usage; jobs=$2; shift 2 ;;
	-*) usage ;;
	*) paths+=("$1"); shift ;;
	esac
done
[ -n "$bin" ] && [ ${#paths[@]} -gt 0 ] || usage
bin=$(readlink -f "$bin") && [ -d "$bin" ] || { echo "run-cli.sh: no folder with the tools" >&2; exit 2; }
for path in "${paths[@]}"; do
	[ -e "$path" ] || { echo "run-cli.sh: $path: no such file or folder" >&2; exit 2; }
done

results=$(mktemp -d "${TMPDIR:-/tmp}/run-cli.XXXXXX") || exit 1
trap 'rm -rf "$results"' EXIT
: >"$results/all"
find "${paths[@]}" -name cmd -type f -printf '%h\0' | sort -zu | xargs -0 -r readlink -zf -- >"$results/cases"
xargs -0 -r -n 1 -P "$jobs" -- "$me" --one "$bin" "$results" <"$results/cases"

passed=$(grep -c '^ok$' "$results/all")
failed=$(grep -c '^FAIL$' "$results/all")
skipped=$(grep -c '^skipped$' "$results/all")
cases=$(tr -cd '\0' <"$results/cases" | wc -c)
ran=$((passed + failed + skipped))
if [ "$ran" -lt "$cases" ]; then
	echo "FAIL run-cli: $((cases - ran)) of $cases cases gave no result"
	failed=$((failed + cases - ran))
fi
[ "$cases" -gt 0 ] || echo "run-cli.sh: no case found" >&2
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$cases" -gt 0 ]
