#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# sysprep-lite generalize on a folder: the same promises as for an image, on the files themselves.
. "$(dirname "$0")/../support/checks.sh"
need hivexml reglookup regfexport

config=Windows/System32/config
fixture tree tree --files 300 && fixture tree clone --files 300 --seed 2 --clone-of 1 || exit 1
mapfile -t nics < <(fixture nics)
[ ${#nics[@]} -eq 3 ] || exit 1
chmod 640 tree/$config/SYSTEM
cp -a tree before

# keys HIVE: the number of keys, when three readers agree on it.
keys() {
	local a b c
	a=$(hivexml "$1" | grep -o '<node ' | wc -l)
	b=$(reglookup -t KEY "$1" 2>/dev/null | grep -c ',KEY,')
	c=$(regfexport "$1" | grep -c '^Key: ')
	echo "keys: hivex $a, reglookup $b, libregf $c"
	[ "$a" -gt 3 ] && [ "$a" -eq "$b" ] && [ "$a" -eq "$c" ]
}

# smb HIVE: the GUID of the file server.
smb() {
	reglookup -p /ControlSet001/Services/LanmanServer/Parameters/Guid "$1" 2>/dev/null | tail -n 1
}

check "dry run" sysprep-lite generalize --dry-run tree
check "dry run changes nothing" "$support/cmp_tree.py" before tree
sysprep-lite generalize --json tree >result.json 2>errors.txt
[ $? -eq 0 ] && good "generalize" || bad "generalize" < <(cat errors.txt result.json)
for hive in SYSTEM SOFTWARE; do
	check "$hive is read in full by three readers" keys tree/$config/$hive
	check "$hive: only what the plan names is changed" \
		"$support/check_hives.py" changes $hive before/$config/$hive tree/$config/$hive result.json
done
check "no old GUID is left in any hive" "$support/check_hives.py" left tree/$config/* -- "${nics[@]}"
printf '%s\n' "${nics[@]}" >nics.txt
find tree | grep -iFf nics.txt >left.txt && bad "no file is named by an old GUID" <left.txt ||
	good "no file is named by an old GUID"
check "the mode of a replaced hive is kept" test "$(stat -c %a tree/$config/SYSTEM)" = 640
"$support/check_names.py" before tree result.json >names.txt && good "only the names of the plan are new or gone" ||
	bad "only the names of the plan are new or gone" <names.txt
sysprep-lite generalize --json tree >again.json 2>&1
check "a second run has nothing to do" "$support/check_json.py" plan again.json empty
cp -a tree once
check "a third run" sysprep-lite generalize tree
check "it changes no byte and no time" "$support/cmp_tree.py" once tree

# Two clones of one machine must become two machines.
check "generalize a clone of the same machine" sysprep-lite generalize clone
for tree in before tree clone; do smb $tree/$config/SYSTEM; done >servers.txt
[ "$(grep -c BINARY servers.txt)" -eq 3 ] && [ "$(sort -u servers.txt | wc -l)" -eq 3 ] &&
	good "both have server GUIDs of their own" || bad "both have server GUIDs of their own" <servers.txt

cp -a before undone
check "generalize with a journal" sysprep-lite generalize --journal=undone.journal undone
cmp -s before/$config/SYSTEM undone/$config/SYSTEM && bad "it changes the tree" </dev/null || good "it changes the tree"
check "undo" sysprep-lite undo --journal=undone.journal undone
for hive in SYSTEM SOFTWARE SAM SECURITY DEFAULT; do
	check "undo gives back $hive byte for byte" cmp before/$config/$hive undone/$config/$hive
done
check "undo gives back the names" diff <(cd before && find . | sort) <(cd undone && find . | sort)

check "scan --changeable is clean afterwards" sysprep-lite scan --changeable tree
fixture tree done --files 200 --state generalized-oobe || exit 1
sysprep-lite scan done >scan.txt 2>&1
grep -q '^done: generalized' scan.txt && good "a generalized tree is recognised" ||
	bad "a generalized tree is recognised" <scan.txt
for state in complete undeployable none; do
	rm -rf other
	fixture tree other --files 200 --state $state
	sysprep-lite scan other >scan.txt 2>&1
	[ $? -eq 1 ] && ! grep -q '^other: generalized' scan.txt && good "state $state is not generalized" ||
		bad "state $state is not generalized" <scan.txt
done
finish
