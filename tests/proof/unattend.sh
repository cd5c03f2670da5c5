#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The long runs of the answer-file checks: five million damaged texts on which our reader and libxml2 have to agree, and
# fixes of every file of the corpus.
set -u
: "${BIN:?folder with the tools}"
here=$(dirname "$(readlink -f "$0")")
top=$(dirname "$(dirname "$here")")
BIN=$(cd "$BIN" && pwd) CORPUS=${CORPUS:-$top/../shared/corpus}
export BIN CORPUS
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
passed=0 failed=0
cd "$top" || exit 1
if MUTATIONS=${MUTATIONS:-5000000} "$BIN/../tests/unit/unattend/test_xml_certain" >"$log" 2>&1; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
	echo "FAIL our reader and libxml2 disagree"
	tail -n 20 "$log"
fi
grep -E '^[0-9]+ texts' "$log"
FIX_SHARE=1 bash "$top/tests/acceptance/unattend-fix.sh" >"$log" 2>&1
grep -E '^FAIL|runs over the corpus|^skipped' "$log"
read -r ok bad < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed.*/\1 \2/p' "$log" | tail -n 1)
passed=$((passed + ${ok:-0})) failed=$((failed + ${bad:-1}))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
