#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Real hives (NT 4.0 to Windows 10) and damaged ones: what opens is walked, edited, remapped and read back by
# libhivex (inside the tool), reglookup and, for the smaller ones, regfexport; what is corrupt is refused with a reason.
set -u

hives=${CORPUS:-../shared/corpus}/hives
tool=$BIN/corpus-hives_tool
[ -d "$hives" ] || { echo "skipped: no hives in ${CORPUS:-../shared/corpus}"; exit 0; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

ok() { passed=$((passed + 1)); echo "ok hives: $1"; }
fail() { failed=$((failed + 1)); echo "FAIL hives: $1: $2"; }
check() { if [ "$2" = "$3" ]; then ok "$1"; else fail "$1" "got '$2', expected '$3'"; fi }

# What must be refused, and the kind of the error.
declare -A refused=(
	[corrupt/SAMBadHBinHeader]=format [corrupt/SAM_bad_checksum]=format
	[corrupt/SYSTEM_damaged]=format [corrupt/bad_subkey_list.hiv]=format
	[yarp/BadListHive]=format [yarp/BadSubkeyHive]=format [yarp/InvalidParentHive]=format
	[yarp/GarbageHive]=format [yarp/EffectiveSizeHive]=format [yarp/TruncatedHive]=truncated
	[win81/SYSTEM]=refused [misc/SECURITY_regipy]=refused
)
# Keys and values after replay. Before it libhivex finds 33123, 2590 and 6205 keys in the three of Windows 10; yarp,
# which replays logs, gains 2472, 515 and 33 on the same files.
declare -A replayed=(
	[win10/SYSTEM]='ok 35595 78901' [win10/NTUSER.DAT]='ok 3105 4695' [win10/UsrClass.dat]='ok 6238 12531'
	[yarp/NewDirtyHive1/NewDirtyHive]='ok 5 1' [yarp/OldDirtyHive/OldDirtyHive]='ok 5003 1'
	[yarp/BadBaseBlockHive/BadBaseBlockHive]='ok 5003 1'
)

unpack() {
	mkdir -p "$work/$(dirname "$1")"
	xz -dc "$hives/$1.xz" >"$work/$1" || exit 2
	for log in LOG LOG1 LOG2; do
		[ -f "$hives/$1.$log.xz" ] && xz -dc "$hives/$1.$log.xz" >"$work/$1.$log"
	done
}

# "ok KEYS VALUES" as an independent reader counts them.
by_reglookup() {
	reglookup -H "$1" 2>/dev/null | awk -F, '$2 == "KEY" { k++; next } { v++ } END { print "ok", k + 0, v + 0 }'
}
by_regfexport() {
	regfexport "$1" 2>/dev/null |
		awk '/^Key path:/ { k++ } /^Value: [0-9]/ { v++ } END { print "ok", k + 0, v + 0 }'
}

counts() { cut -d' ' -f1-3 <<<"$1"; }

read_back() {
	check "$1: reglookup after $3" "$(by_reglookup "$2")" "$4"
	[ "$(stat -c %s "$2")" -gt 1200000 ] || check "$1: libregf after $3" "$(by_regfexport "$2")" "$4"
}

try_refused() {
	local out
	out=$("$tool" open "$work/$1" 2>&1)
	check "$1: status of a refusal" $? 3
	check "$1: refused as" "$(cut -d: -f1 <<<"$out")" "refused ${refused[$1]}"
}

try_good() {
	local out
	out=$("$tool" replay "$work/$1" "$work/out" 2>&1) || { fail "$1: open" "$out"; return; }
	read_back "$1" "$work/out" opening "$(counts "$out")"
	[ -z "${replayed[$1]-}" ] || check "$1: recovered" "$(counts "$out")" "${replayed[$1]}"
	if out=$("$tool" lists "$work/$1" 2>&1); then
		ok "$1: hashes of Windows are ours"
	else
		fail "$1: lists" "$out"
	fi
	if out=$("$tool" edit "$work/$1" "$work/out" 2>&1); then
		ok "$1: edited, the rest as before"
		read_back "$1" "$work/out" edit "$(counts "$out")"
	else
		fail "$1: edit" "$out"
	fi
	out=$("$tool" remap "$work/$1" "$work/out" 2>&1) || { fail "$1: remap" "$out"; return; }
	[ "$(cut -d' ' -f4 <<<"$out")" = 0 ] || read_back "$1" "$work/out" remap "$(counts "$out")"
	case $1 in # references counted by a plain search with other tools
	win7/SYSTEM) check "$1: references to adapters" "$(cut -d' ' -f4 <<<"$out")" 836 ;;
	xp/SYSTEM) check "$1: references to adapters" "$(cut -d' ' -f4 <<<"$out")" 203 ;;
	win10/SYSTEM) check "$1: references to adapters" "$(cut -d' ' -f4 <<<"$out")" 536 ;;
	esac
}

# Bins as Windows itself recovered them, but for the time in the first bin's header and (Windows 7) the length of the
# longest value name of a key, which Windows lowered when it loaded the hive.
equals_reference() {
	local differing
	"$tool" replay "$work/$1" "$work/out" >/dev/null || { fail "$1: replay" "failed"; return; }
	xz -dc "$hives/$2.xz" >"$work/reference"
	differing=$(cmp -l "$work/out" "$work/reference" | awk '$1 > 4096 && !($1 > 4116 && $1 <= 4124)' | wc -l)
	if [ "$differing" -le "$3" ]; then
		ok "$1: equals what Windows recovered"
	else
		fail "$1: replay" "$differing bytes differ"
	fi
}

while IFS= read -r file; do
	case $file in *.LOG | *.LOG1 | *.LOG2 | *Recovered*) continue ;; esac
	unpack "$file"
	if [ -n "${refused[$file]-}" ]; then try_refused "$file"; else try_good "$file"; fi
done < <(cd "$hives" && find . -name '*.xz' | sed 's,^\./,,; s,\.xz$,,' | sort)
equals_reference yarp/NewDirtyHive1/NewDirtyHive yarp/NewDirtyHive1/RecoveredHive_Windows10 0
equals_reference yarp/OldDirtyHive/OldDirtyHive yarp/OldDirtyHive/RecoveredHive_Windows7 1

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
