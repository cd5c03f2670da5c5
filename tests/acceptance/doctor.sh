#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Versions that wimtool doctor reads out of program files, judged by pefile.
. "$(dirname "$0")/../support/checks.sh"
/usr/bin/python3 -c 'import pefile' 2>/dev/null || { echo "skipped: no python3-pefile here"; exit 0; }

mkdir made
for machine in x86 amd64 arm64; do
	fixture pe made/$machine.dll 6.1.7600.20655 wimgapi.dll --machine $machine \
		--text '6.1.7600.20655 (win7_ldr.100226-1909)' --flags 2 || exit 1
	fixture pe made/$machine-plain.dll 65535.0.1.65535 $'\u00e4' --machine $machine --no-version || exit 1
done
check "program files made here" "$support/check_pe.py" made/*.dll

# Whatever real ones this machine has: Mono's libraries, installers that Python carries, ...
mapfile -t real < <(find /usr/lib /usr/share \( -name '*.dll' -o -name '*.exe' \) -type f -size -20M 2>/dev/null | head -n 40)
if [ ${#real[@]} -gt 0 ]; then
	check "${#real[@]} real program files" "$support/check_pe.py" "${real[@]}"
	tail -n 1 "$log"
else
	skip "no program files of Windows below /usr"
fi

# Damage of all sorts gives one line and exit code 3, or a result; never more.
cp made/x86.dll victim
size=$(stat -c %s victim)
wrong=0
for i in $(seq 1 150); do
	cp made/x86.dll victim
	at=$((i * 7919 % size))
	printf "\\x$(printf %02x $((i * 37 % 256)))" | dd of=victim bs=1 seek=$at conv=notrunc status=none
	[ $((i % 3)) -ne 0 ] || truncate -s $((at + 2)) victim
	wimtool doctor victim >out 2>err </dev/null
	status=$?
	[ $status -eq 0 ] && [ ! -s err ] && continue
	[ $status -eq 3 ] && [ "$(wc -l <err)" -eq 1 ] && continue
	wrong=$((wrong + 1))
	echo "at $at: exit $status"; cat err
done
[ $wrong -eq 0 ] && good "150 damaged files" || bad "150 damaged files" </dev/null
finish
