# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the scripts of tests/acceptance. BIN is the folder with the tools and fixture.
#   check NAME COMMAND...    "ok NAME" when the command succeeds, else "FAIL NAME" and what it printed
#   good NAME / bad NAME     the same for something decided by the script; bad shows its standard input, which
#                            must not be a pipe: the count would be lost
#   need COMMAND...          ends with a skipped line when a program is missing
#   finish                   prints the count; to be called last
# The current folder is a fresh one that is removed at the end.
set -u

support=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
BIN=$(cd "${BIN:-$support/../../build/debug/bin}" && pwd) || exit 2
PATH=$BIN:$PATH
export LC_ALL=C.UTF-8 TZ=UTC TERM=dumb
unset NO_COLOR SOURCE_DATE_EPOCH
passed=0 failed=0 skipped=0
work=$(mktemp -d "${TMPDIR:-/tmp}/goldwim-accept.XXXXXX") || exit 2
log=$(mktemp "${TMPDIR:-/tmp}/goldwim-accept.XXXXXX") || exit 2
trap 'chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work" "$log"' EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 2

good() {
	passed=$((passed + 1))
	echo "ok $1"
}

bad() {
	failed=$((failed + 1))
	echo "FAIL $1"
	head -n 40 | cut -c 1-300 | sed 's/^/    /'
}

skip() {
	skipped=$((skipped + 1))
	echo "skipped: $1"
}

check() {
	local name=$1 status
	shift
	"$@" >"$log" 2>&1 </dev/null
	status=$?
	if [ "$status" -eq 0 ]; then
		good "$name"
	else
		bad "$name" < <(echo "exit status $status of: $*"; cat "$log")
	fi
	return "$status"
}

finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
	exit
}

need() {
	local program
	for program; do
		command -v "$program" >/dev/null && continue
		echo "skipped: no $program here"
		exit 0
	done
}

# 7z is called 7zz in the package 7zip.
sevenzip() {
	if command -v 7zz >/dev/null; then 7zz "$@"; else 7z "$@"; fi
}
