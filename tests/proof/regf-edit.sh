#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SEQUENCES (10000) random sequences of edits on random hives, from seed FIRST (0) on: each result is read by our reader,
# by a second one in the test, by libhivex, reglookup and regfexport, and equal to a plain model.
. "$(dirname "$0")/../support/checks.sh"
need reglookup regfexport cc
test=$(dirname "$BIN")/tests/unit/sysprep-lite/test_regf_edit
sequences=${SEQUENCES:-10000} first=${FIRST:-0} step=100 jobs=$(nproc)

# regfexport switches the buffer of its output off: a system call for every word
printf '#include <stdio.h>\nint setvbuf(FILE *f, char *b, int m, size_t n)\n{\n\t(void)f, (void)b, (void)m, (void)n;\n\treturn 0;\n}\n' >buffered.c
cc -shared -fPIC -o buffered.so buffered.c || exit 1
export REGF_OUTSIDE=1 REGFEXPORT="LD_PRELOAD=$work/buffered.so regfexport" test step

seq "$first" "$step" $((first + sequences - 1)) | xargs -P "$jobs" -I{} sh -c \
	'REGF_FIRST={} REGF_SEQUENCES=$step "$test" >from-{}.log 2>&1 || echo {}' >failed
while read -r from; do
	bad "sequences from $from" < <(grep -a 'sequence\|ERROR' "from-$from.log" | tail -n 5)
done <failed
for from in $(seq "$first" "$step" $((first + sequences - 1))); do
	grep -qx "$from" failed && continue
	if grep -q 'PASSED  . 1 test' "from-$from.log"; then
		good "$step sequences from $from"
	else
		bad "sequences from $from did not end" <"from-$from.log"
	fi
done
finish
