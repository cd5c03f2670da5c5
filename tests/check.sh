#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check.sh --build DIR GROUP... - runs groups of tests on the programs in DIR and counts:
#   unit        tests/unit/*/test_*            one count a program's test
#   fuzz        replay of tests/fuzz/corpus    one count a parser
#   cli         tests/cli                      one count a case
#   acceptance  tests/acceptance/*.sh          one count a check
#   proof       tests/proof/*.sh               one count a check; takes long; PROOF=NAME for one script
#   corpus      tests/corpus/*.sh              one count a check; needs CORPUS (default ../shared/corpus)
# The last line is "N passed, N failed, N skipped". Exit code 1 when anything failed or nothing ran.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
build=
[ "${1-}" = --build ] && { build=$2; shift 2; }
case $build in /*) ;; *) build=$top/$build ;; esac
[ -d "$build/bin" ] || { echo "check.sh: $build/bin is not there: make tests" >&2; exit 2; }
export BIN=$build/bin CORPUS=${CORPUS:-$top/../shared/corpus}
export TZ=UTC LC_ALL=C.UTF-8 ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1} UBSAN_OPTIONS=print_stacktrace=1
passed=0 failed=0 skipped=0
log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT

add() { passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3)); }

# A script that ends with "N passed, N failed[, N skipped]". One that ends otherwise has failed.
run_counted() {
	local name=$1 last ok bad skip
	shift
	"$@" 2>&1 </dev/null | tee "$log"
	last=$(grep -E '^([a-z]+: )?[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
	if [ -z "$last" ] && grep -q '^skipped: ' "$log" && ! grep -q '^FAIL' "$log"; then
		add 0 0 1
		return
	fi
	if [ -z "$last" ]; then
		echo "FAIL $name: ended without its count"
		add 0 1 0
		return
	fi
	read -r ok bad skip < <(sed -E 's/^([a-z]+: )?([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?.*/\2 \3 \5/' <<<"$last")
	add "$ok" "$bad" "${skip:-0}"
}

unit() {
	local program name ok bad skip
	for program in "$build"/tests/unit/*/test_*; do
		[ -x "$program" ] && [ -f "$program" ] || continue
		case $program in *.o | *.d | *.ok | *.gcno | *.gcda) continue ;; esac
		name=${program#"$build"/tests/}
		timeout 600 "$program" >"$log" 2>&1 </dev/null
		bad=$?
		ok=$(grep -c '^\[       OK \]' "$log")
		skip=$(grep -c '^\[  SKIPPED \]' "$log")
		if [ "$bad" -eq 0 ] && [ "$ok" -gt 0 ]; then
			echo "ok $name ($ok tests)"
			add "$ok" 0 "$skip"
		else
			echo "FAIL $name (exit $bad)"
			grep -vE '^\[ (RUN|      OK)' "$log" | tail -n 60
			add "$ok" "$(($(grep -c '^\[  FAILED  \] [^0-9]' "$log") / 2 + 1))" "$skip"
		fi
	done
}

fuzz() {
	local program name
	for program in "$BIN"/replay-*; do
		[ -x "$program" ] || continue
		name=${program##*/replay-}
		if [ ! -d "$here/fuzz/corpus/$name" ]; then
			echo "FAIL fuzz/$name: no corpus in tests/fuzz/corpus/$name"
			add 0 1 0
		elif timeout 120 "$program" "$here/fuzz/corpus/$name" >"$log" 2>&1; then
			echo "ok fuzz/$name ($(find "$here/fuzz/corpus/$name" -type f | wc -l) inputs)"
			add 1 0 0
		else
			echo "FAIL fuzz/$name"
			tail -n 40 "$log"
			add 0 1 0
		fi
	done
}

cli() { run_counted cli "$here/support/run-cli.sh" --bin "$BIN" "$here/cli"; }

scripts() {
	local script limit=900
	[ "$1" = proof ] && limit=14400
	for script in "$here/$1"/*.sh; do
		[ -f "$script" ] || continue
		[ "$1" != proof ] || [ -z "${PROOF-}" ] || [ "$PROOF" = "$(basename "$script" .sh)" ] || continue
		run_counted "$1/${script##*/}" timeout "$limit" bash "$script"
	done
}

for group in "$@"; do
	echo "== $group"
	start=$SECONDS
	case $group in
	unit | fuzz | cli) "$group" ;;
	acceptance | corpus | proof) scripts "$group" ;;
	*) echo "check.sh: no group $group" >&2; exit 2 ;;
	esac
	echo "== $group: $((SECONDS - start)) s"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
