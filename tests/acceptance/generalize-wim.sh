#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# sysprep-lite generalize IMAGE.wim:1, judged by other programs.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex hivexml reglookup regfexport

config=/Windows/System32/config
hives=(SYSTEM SOFTWARE SAM SECURITY DEFAULT)

# Fetches the hives of the image into a folder.
take_hives() {
	wimlib-imagex extract "$1" 1 "${hives[@]/#/$config/}" /Windows/ServiceProfiles/NetworkService/NTUSER.DAT \
		--dest-dir="$2" --no-acls >/dev/null 2>&1
}

# What an edit of the contents must keep: all but hash, sizes, place, write time.
kept() {
	wimlib-imagex dir "$1" 1 --detailed |
		grep -E '^(Full Path|Short Name|Attributes|Security Descriptor|Creation Time|Link Group|Link Count|Reparse)' |
		sed -E 's/^(Link Group ID +=) 0x[0-9a-f]*[1-9a-f][0-9a-f]*$/\1 some/'
}

readers_agree() {
	local a b c
	a=$(hivexml "$1" | grep -o '<node ' | wc -l)
	b=$(reglookup -t KEY "$1" 2>/dev/null | grep -c ',KEY,')
	c=$(regfexport "$1" | grep -c '^Key: ')
	echo "keys: hivex $a, reglookup $b, libregf $c"
	[ "$a" -gt 3 ] && [ "$a" -eq "$b" ] && [ "$a" -eq "$c" ]
}

fixture tree tree --files 2000 || exit 1
ln tree$config/SOFTWARE tree/Windows/System32/SOFTWARE.linked || exit 1
wimlib-imagex capture tree plain.wim reference --compress=none >/dev/null 2>&1 || exit 1
"$support/wim_decorate.py" plain.wim image.wim || exit 1
mapfile -t nics < <(fixture nics)
[ ${#nics[@]} -eq 3 ] || exit 1
mkdir before after
take_hives image.wim before || exit 1
kept image.wim >kept.before

"$support/check_hives.py" left before/SYSTEM before/SOFTWARE -- "${nics[@]}" >/dev/null &&
	bad "the hives hold the GUIDs before" </dev/null || good "the hives hold the GUIDs before"
sysprep-lite scan image.wim:1 >scan.txt 2>&1
[ $? -eq 1 ] && good "scan has findings before" || bad "scan has findings before" <scan.txt
sysprep-lite generalize --json image.wim:1 >result.json 2>errors.txt
[ $? -eq 0 ] && good "generalize" || bad "generalize" < <(cat errors.txt result.json)
check "the result tells what was changed" "$support/check_json.py" plan result.json full
take_hives image.wim after

check "wimlib-imagex verify" wimlib-imagex verify image.wim
check "7z t" sevenzip t image.wim
check "wimtool verify" wimtool verify image.wim
for hive in "${hives[@]}" NTUSER.DAT; do
	check "$hive is read in full by three readers" readers_agree after/"$hive"
done
check "no old GUID is left in any hive" "$support/check_hives.py" left after/* -- "${nics[@]}"
for hive in SYSTEM SOFTWARE; do
	check "$hive: only what the plan names is changed" \
		"$support/check_hives.py" changes $hive before/$hive after/$hive result.json
done
cmp -s before/SYSTEM after/SYSTEM && bad "SYSTEM was replaced" </dev/null || good "SYSTEM was replaced"
for hive in SAM SECURITY DEFAULT; do
	"$support/check_json.py" untouched result.json $hive || continue
	check "$hive has no edit in the plan and is the same" cmp before/$hive after/$hive
done

wimlib-imagex dir image.wim 1 >names.txt
printf '%s\n' "${nics[@]}" >nics.txt
grep -iFf nics.txt names.txt >left.txt && bad "no file is named by an old GUID" <left.txt ||
	good "no file is named by an old GUID"

kept image.wim >kept.after
check "descriptor, attributes, creation time, links are kept" \
	"$support/check_kept.py" kept.before kept.after "${hives[@]/#/$config/}"
wimlib-imagex extract image.wim 1 /Windows/System32/SOFTWARE.linked --dest-dir=linked --no-acls >/dev/null 2>&1
check "the other name of a hard-linked hive shows the new contents" cmp linked/SOFTWARE.linked after/SOFTWARE

sysprep-lite generalize --json image.wim:1 >again.json 2>&1
check "a second run has nothing to replace" "$support/check_json.py" plan again.json empty
check "nothing is left beside the WIM" test "$(ls image.wim*)" = image.wim
finish
