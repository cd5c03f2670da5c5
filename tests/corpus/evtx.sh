#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Real event logs: number, id and time of every event as evtxexport (libevtx) tells them, and at least all that
# python-evtx reads (which takes long: of files up to PYTHON_MAX bytes); synthetic ones: the planted duplicates.
# docs/formats/evtx.md explains the differences that are listed here.
set -u

here=$(dirname "$(readlink -f "$0")")
corpus=${CORPUS:-$here/../../../shared/corpus}/evtx
kms=${BIN:?}/kms
passed=0 failed=0 skipped=0
python_max=${PYTHON_MAX:-70000}
[ -d "$corpus" ] || { echo "skipped: $corpus is not there"; exit 0; }
command -v evtxexport >/dev/null || { echo "skipped: evtxexport is not installed"; exit 0; }
python=
/usr/bin/python3 -c 'import Evtx.Evtx' 2>/dev/null && python=1 || echo "skipped: python3-evtx is not installed"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Files of which libevtx reads only a part (it gives up at the first record it does not know, or
# does not look behind damage): we must read at least all that it reads.
partial='
evtx__2-vss_0-Microsoft-Windows-RemoteDesktopServices-RdpCoreTS_Operational.evtx
evtx__E_ShadowCopy6_windows_system32_winevt_logs_Microsoft-Windows-CAPI2_Operational.evtx
evtx__E_Windows_system32_winevt_logs_Microsoft-Windows-CAPI2_Operational.evtx
evtx__MSExchange_Management_wec.evtx
evtx__Microsoft-Windows-LanguagePackSetup_Operational.evtx
evtx__sample-with-zero-data-size-event.evtx
evtx__sample_with_a_bad_chunk_magic.evtx
hayabusasa__ID800-4103-4104-WMI_registration_via_PowerLurk.evtx
hayabusasa__ID800-4103-Interactive_PipeShell_over_named_pipe_(server_and_client).evtx
plaso__System2.evtx
'

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1: $2"; }

# "RECORD TIME EVENT" a line, to the second.
by_libevtx() {
	evtxexport -f xml "$1" 2>/dev/null | tr -d '\r' | sed -n \
		-e 's/^ *<EventID[^>]*>\([0-9]*\)<.*/id \1/p' \
		-e 's/.*SystemTime="\([^".]*\).*/time \1/p' \
		-e 's/^ *<EventRecordID>\([0-9]*\)<.*/record \1/p' |
		awk '$1 == "id" { id = $2 } $1 == "time" { sub(/Z$/, "", $2); time = $2 }
		     $1 == "record" { print $2, time, id }'
}

by_us() {
	"$kms" events --all "$1" 2>"$work/stderr" |
		sed -n 's/.*"event":\([0-9]*\).*"record":\([0-9]*\),"time":"\([^"]*\)Z".*/\2 \3 \1/p'
}

compare() {
	local file=$1 name missing
	name=$(basename "$file")
	by_libevtx "$file" | sort >"$work/theirs"
	by_us "$file" | sort >"$work/ours"
	if [[ $partial == *$'\n'$name$'\n'* ]]; then
		missing=$(comm -23 "$work/theirs" "$work/ours" | wc -l)
		if [ "$missing" -eq 0 ] && [ "$(wc -l <"$work/ours")" -gt "$(wc -l <"$work/theirs")" ]; then ok; return; fi
	elif cmp -s "$work/theirs" "$work/ours"; then
		ok
		return
	fi
	bad "$name" "libevtx reads $(wc -l <"$work/theirs") events, kms $(wc -l <"$work/ours")"
	diff "$work/theirs" "$work/ours" | head -5
}

by_python() {
	/usr/bin/python3 "$here/evtx_python.py" "$1" 2>/dev/null
}

compare_python() {
	local file=$1 missing
	[ "$(stat -c %s "$file")" -le "$python_max" ] || return
	by_python "$file" | sort >"$work/theirs"
	by_us "$file" | sort >"$work/ours"
	missing=$(comm -23 "$work/theirs" "$work/ours" | wc -l)
	if [ "$missing" -eq 0 ]; then ok; return; fi
	bad "$(basename "$file")" "python-evtx reads $(wc -l <"$work/theirs") events, $missing of them kms does not"
	comm -23 "$work/theirs" "$work/ours" | head -5
}

# The planted groups are found; records that were made odd on purpose may add names of their own.
duplicates() {
	local file=$1 truth=$2 line cmid names
	"$kms" audit --json "$file" >"$work/audit.json" 2>"$work/stderr"
	[ $? -le 1 ] || { bad "$(basename "$file")" "$(cat "$work/stderr")"; return; }
	{ tr -d ' \n' <"$work/audit.json"; echo; } | sed 's/"findings".*//; s/{"cmid"/\n&/g' |
		sed -n 's/^{"cmid":"\([^"]*\)","verdict":"[a-z-]*clones"/\1 /p' | sort >"$work/groups"
	{ tr -d ' \n' <"$truth"; echo; } | sed 's/{"cmid"/\n&/g' | sed -n 's/^{"cmid":"\([^"]*\)","machines":\[\([^]]*\)\].*/\1 \2/p' >"$work/truth"
	[ -s "$work/truth" ] || { bad "$(basename "$truth")" "no groups in it"; return; }
	while read -r cmid names; do
		line=$(grep "^$cmid " "$work/groups") || { bad "$(basename "$file")" "$cmid is not found"; return; }
		for name in ${names//,/ }; do
			[[ $line == *"\"name\":$name"* ]] || { bad "$(basename "$file")" "$cmid lacks $name"; return; }
		done
	done <"$work/truth"
	if [ "$(basename "$file")" != odd.evtx ] && [ "$(wc -l <"$work/groups")" -ne "$(wc -l <"$work/truth")" ]; then
		bad "$(basename "$file")" "more groups than were planted"
		return
	fi
	ok
}

for packed in "$corpus"/*.evtx.xz "$corpus"/synth/*.evtx.xz; do
	[ -f "$packed" ] || continue
	file=$work/$(basename "$packed" .xz)
	xz -dc "$packed" >"$file" || { bad "$packed" "xz"; continue; }
	compare "$file"
	[ -z "$python" ] || compare_python "$file"
	truth=${packed%.evtx.xz}.json
	[ ! -f "$truth" ] || duplicates "$file" "$truth"
	rm -f "$file"
done
# Logs of Windows Server 2003 and XP, as libevt reads them.
by_libevt() {
	evtexport "$1" 2>/dev/null | tr -d '\r' | awk -F '\t+: ' '
		function hex(text, i, value) {
			for (i = 1; i <= length(text); i++)
				value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
			return value
		}
		$1 == "Event number" { number = $2 }
		$1 == "Creation time" {
			split($2, t, /[ ,]+/)
			month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", t[1]) + 2) / 3
			time = sprintf("%d-%02d-%02dT%s", t[3], month, t[2], t[4])
		}
		$1 == "Computer name" { computer = $2 }
		$1 == "Event identifier" { print number, time, hex(substr($2, 7, 4)), computer }'
}

evt_by_us() {
	"$kms" events --all "$1" 2>"$work/stderr" |
		sed -n 's/.*"event":\([0-9]*\),"record":\([0-9]*\),"time":"\([^"]*\)Z","host":"\([^"]*\)".*/\2 \3 \1 \4/p'
}

for packed in "$corpus"/*.Evt.xz; do
	[ -f "$packed" ] || continue
	command -v evtexport >/dev/null || { echo "skipped: evtexport is not installed"; skipped=$((skipped + 1)); break; }
	xz -dc "$packed" >"$work/log.evt"
	by_libevt "$work/log.evt" | sort >"$work/theirs"
	evt_by_us "$work/log.evt" | sort >"$work/ours"
	if [ -s "$work/ours" ] && cmp -s "$work/theirs" "$work/ours"; then
		ok
	else
		bad "$(basename "$packed")" "libevt reads $(wc -l <"$work/theirs") events, kms $(wc -l <"$work/ours")"
		diff "$work/theirs" "$work/ours" | head -5
	fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
