#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# sysprep-lite on real SYSTEM hives of NT 4.0 to Windows 10: the verdict, every NIC GUID gone from the bytes, and nothing
# else changed, judged by the small reader in tests/cli/sysprep-lite and by hivex and reglookup.
corpus=$(readlink -m "${CORPUS:-../shared/corpus}")/hives
[ -d "$corpus" ] || { echo "skipped: no hives in ${CORPUS:-../shared/corpus}"; exit 0; }
. "$(dirname "$0")/../support/checks.sh"
need xz hivexml hivexregedit reglookup regfexport python3
cases=$support/../cli/sysprep-lite
config=Windows/System32/config
export PYTHONDONTWRITEBYTECODE=1

# The network adapters that class instances name: read by reglookup, not by us.
nics() {
	reglookup "$1" 2>/dev/null | grep -i '/Class/{4D36E972-E325-11CE-BFC1-08002BE10318}/[0-9]*/NetCfgInstanceId,SZ,' |
		grep -o '{[-0-9A-Fa-f]*},*$' | tr -d '{},' | sort -u
}

for version in nt4 xp win7 win10; do
	mkdir -p $version/$config
	for hive in SYSTEM SOFTWARE SAM SECURITY SYSTEM.LOG1 SYSTEM.LOG2; do
		[ -f "$corpus/$version/$hive.xz" ] && xz -dc "$corpus/$version/$hive.xz" >$version/$config/$hive
	done
	cp -a $version before-$version
	nics $version/$config/SYSTEM >nics-$version
	sysprep-lite scan --json $version >scan.json 2>errors
	check "$version: not generalized, although GeneralizationState may be 7" \
		python3 -c 'import json, sys; r = json.load(open("scan.json")); sys.exit(r["verdict"] != "not generalized" or r["exit_code"] != 1)'
	cp -a $version removed-$version
	check "$version: generalize --nic=remove" sysprep-lite generalize --json --nic=remove removed-$version
	cp "$log" removed.json
	python3 "$cases/guid_scan.py" nics-$version removed-$version/$config/SYSTEM >left.txt
	check "$version: no GUID of an adapter is left" grep -qx 'SYSTEM 0' left.txt
	[ $version = win10 ] ||
		check "$version: only what was told is removed" python3 "$cases/predict.py" removed.json before-$version removed-$version
	check "$version: hivex reads it" sh -c "hivexml removed-$version/$config/SYSTEM >hive.xml"
	check "$version: generalize" sysprep-lite generalize --json $version
	cp "$log" result.json
	python3 "$cases/guid_scan.py" nics-$version $version/$config/SYSTEM >left.txt
	check "$version: no GUID of $(wc -l <nics-$version) adapters is left" grep -qx 'SYSTEM 0' left.txt
	[ $version = win10 ] || # its hive gets two thousand keys from the logs first
		check "$version: only what was told is changed" python3 "$cases/predict.py" result.json before-$version $version
	check "$version: hivex reads it" sh -c "hivexml $version/$config/SYSTEM >hive.xml"
	check "$version: reglookup reads it" sh -c "! reglookup -s $version/$config/SYSTEM 2>&1 >hive.txt | grep '^ERROR'"
	check "$version: the file grew by no more than 4096 bytes" test \
		"$(stat -c %s $version/$config/SYSTEM)" -le $(($(stat -c %s before-$version/$config/SYSTEM) + 4096))
	check "$version: nothing is left to change" sysprep-lite scan --changeable $version
	[ $version = win10 ] ||
		check "$version: no byte of what was removed is left" \
			python3 "$cases/traces.py" result.json before-$version/$config $version/$config
	cp -a before-$version planned-$version
	check "$version: plan" sysprep-lite plan -o plan-$version.json planned-$version
	check "$version: generalize --plan" sysprep-lite generalize --plan plan-$version.json --journal j-$version planned-$version
	check "$version: verify: the plan and nothing else" sysprep-lite verify --plan plan-$version.json planned-$version
	[ $version = nt4 ] || # nothing was to be changed there
		check "$version: undo" sysprep-lite undo --journal j-$version planned-$version
	check "$version: bit for bit as before" diff -rq before-$version planned-$version
done

# Every other hive of the corpus, also odd, dirty and damaged ones, as a hive of a small machine: planned, changed, proved
# and read back by three other programs, or refused with a reason and left as it was.
declare -A refused=(
	[corrupt/SAMBadHBinHeader]=1 [corrupt/SAM_bad_checksum]=1 [corrupt/SYSTEM_damaged]=1 [corrupt/bad_subkey_list.hiv]=1
	[yarp/BadListHive]=1 [yarp/BadSubkeyHive]=1 [yarp/InvalidParentHive]=1 [yarp/GarbageHive]=1
	[yarp/EffectiveSizeHive]=1 [yarp/TruncatedHive]=1 [win81/SYSTEM]=1 [misc/SECURITY_regipy]=1
)

# place SOURCE: the tree "one" with the hive where it belongs; its name and path go to $hive and $path
place() {
	case $1 in
	*/SYSTEM | */SYSTEM_damaged) hive=SYSTEM path=$config/SYSTEM ;;
	*/SAM*) hive=SAM path=$config/SAM ;;
	*/SECURITY*) hive=SECURITY path=$config/SECURITY ;;
	*/BCD) hive=BCD path=Boot/BCD ;;
	*/NTUSER*) hive=DefaultUser path=Users/Default/NTUSER.DAT ;;
	*) hive=SOFTWARE path=$config/SOFTWARE ;;
	esac
	rm -rf one && mkdir -p one/$config "one/$(dirname $path)"
	cp machine.SYSTEM one/$config/SYSTEM
	xz -dc "$corpus/$1.xz" >one/$path
	for log in LOG LOG1 LOG2; do
		[ -f "$corpus/$1.$log.xz" ] && xz -dc "$corpus/$1.$log.xz" >one/$path.$log
	done
	[ $hive != SOFTWARE ] || something_to_change one/$path
	cp -a one before-one
}

# An identifier of an adapter and a value to be removed, put into any hive by libhivex; what it does not open stays.
something_to_change() {
	cat >change.reg <<REG
Windows Registry Editor Version 5.00

[Microsoft]

[Microsoft\Windows NT]

[Microsoft\Windows NT\CurrentVersion]

[Microsoft\Windows NT\CurrentVersion\NetworkCards]

[Microsoft\Windows NT\CurrentVersion\NetworkCards\1]
"ServiceName"="{$(fixture nics | head -1)}"

[Microsoft\Windows]

[Microsoft\Windows\CurrentVersion]

[Microsoft\Windows\CurrentVersion\WindowsUpdate]
"SusClientId"="a5e3ddc2-5587-4279-8d1e-bf2526d3e0c2"
REG
	cp "$1" changed.hive && hivexregedit --merge changed.hive change.reg 2>/dev/null && hivexml changed.hive >/dev/null 2>&1 &&
		cp changed.hive "$1"
	return 0
}

# Keys and values of a hive as two other programs count them; libregf is slow with large ones.
same_counts() {
	[ "$(stat -c %s "$1")" -le 1200000 ] || return 0
	reglookup -H "$1" 2>/dev/null | awk -F, '$2 == "KEY" { k++; next } { v++ } END { print k + 0, v + 0 }' >one.reglookup
	regfexport "$1" 2>/dev/null | awk '/^Key path:/ { k++ } /^Value: [0-9]/ { v++ } END { print k + 0, v + 0 }' >one.regfexport
	cmp one.reglookup one.regfexport
}

# Nothing but what was told is changed, for the strict reader that knows descriptors, classes and times, and no byte of it is left.
strictly() {
	mkdir -p traced/before traced/after && cp before-one/$path traced/before/$hive && cp one/$path traced/after/$hive &&
		python3 "$cases/predict.py" one.result before-one one &&
		python3 "$cases/traces.py" one.result traced/before traced/after
}

# proved SOURCE: what generalize made of the tree "one"
proved() {
	sysprep-lite verify --plan one.json one || return 1
	cmp -s before-one/$path one/$path && return 0 # nothing to change, whatever other programs think of it
	python3 "$support/check_hives.py" changes $hive before-one/$path one/$path one.result &&
		test "$(stat -c %s one/$path)" -le $(($(stat -c %s before-one/$path) + 4096)) &&
		hivexml one/$path >one.xml && same_counts one/$path || return 1
	case $1 in
	*/DuplicateSubkeysHive | */testhive) ;; # two keys of one name, which the strict reader refuses
	*) strictly ;;
	esac
}

fixture spec system | fixture hive machine.SYSTEM || exit 1
while read -r source; do
	rm -rf before-one one.json traced
	place "$source"
	sysprep-lite plan --enable cached-logons -o one.json one >out 2>errors
	status=$?
	if [ -n "${refused[$source]-}" ]; then
		sysprep-lite generalize one >out 2>again
		check "$source: refused with a reason, and left alone" sh -c \
			"[ $status -eq 3 ] && [ \$(grep -c ^sysprep-lite: errors) = 1 ] && cmp errors again && diff -r before-one one"
		continue
	fi
	[ $status -eq 0 ] || { bad "$source: plan" <errors; continue; }
	check "$source: generalize" sh -c 'sysprep-lite generalize --json --plan one.json one >one.result'
	check "$source: as planned, for five readers" proved "$source"
done < <(cd "$corpus" && find . -name '*.xz' | sed 's,^\./,,; s,\.xz$,,' | grep -vE '\.LOG[12]?$|Recovered|(nt4|xp|win7|win10)/(SYSTEM|SOFTWARE)$' | sort)

mkdir -p win81
xz -dc "$corpus/win81/SYSTEM.xz" >win81/SYSTEM
sysprep-lite scan --json --hive SYSTEM=win81/SYSTEM >scan.json 2>errors
check "win81: dirty without its logs, but the verdict is told" \
	python3 -c 'import json, sys; r = json.load(open("scan.json")); sys.exit(r["verdict"] != "not generalized" or r["exit_code"] != 3)'
sysprep-lite generalize --hive SYSTEM=win81/SYSTEM >out 2>errors
[ $? -eq 3 ] && good "win81: generalize refuses it" || bad "win81: generalize refuses it" <errors
for hive in SYSTEM_damaged; do
	xz -dc "$corpus/corrupt/$hive.xz" >$hive
	sysprep-lite scan --hive SYSTEM=$hive >out 2>errors
	[ $? -eq 3 ] && [ "$(wc -l <errors)" = 1 ] && good "$hive is refused with one line" || bad "$hive is refused" <errors
done
finish
