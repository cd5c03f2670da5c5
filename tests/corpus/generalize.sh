#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# sysprep-lite on real SYSTEM hives of NT 4.0 to Windows 10: the verdict, every NIC GUID gone from the bytes, and nothing
# else changed, judged by the small reader in tests/cli/sysprep-lite and by hivex and reglookup.
corpus=$(readlink -m "${CORPUS:-../shared/corpus}")/hives
[ -d "$corpus" ] || { echo "skipped: no hives in ${CORPUS:-../shared/corpus}"; exit 0; }
. "$(dirname "$0")/../support/checks.sh"
need xz hivexml reglookup python3
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

# The other hives of the corpus as hives of a machine: all that opens is planned, changed and proved.
mkdir -p others && xz -dc "$corpus/win7/SYSTEM.xz" >others/SYSTEM
for source in win2008/SAM win2008r2/SAM win2012/SAM win2016/SAM xp/SAM misc/SAM_regipy misc/SAM_winregkb \
	win2008/SECURITY win2008r2/SECURITY win2012/SECURITY win2016/SECURITY xp/SECURITY misc/SECURITY_winregkb \
	misc/software_partial misc/NTUSER_win7.DAT misc/NTUSER_winregkb.DAT misc/BCD xp/NTUSER.DAT; do
	case $source in
	*SAM*) name=SAM ;;
	*SECURITY*) name=SECURITY ;;
	*software*) name=SOFTWARE ;;
	*BCD*) name=BCD ;;
	*) name=DefaultUser ;;
	esac
	cp others/SYSTEM one.SYSTEM
	xz -dc "$corpus/$source.xz" >one.hive
	check "$source: plan, generalize, verify" sh -c "sysprep-lite plan --enable cached-logons -o one.json --hive SYSTEM=one.SYSTEM --hive $name=one.hive &&
		sysprep-lite generalize --plan one.json --hive SYSTEM=one.SYSTEM --hive $name=one.hive &&
		sysprep-lite verify --plan one.json --hive SYSTEM=one.SYSTEM --hive $name=one.hive &&
		hivexml one.hive >one.xml && reglookup -H one.hive >one.txt 2>/dev/null"
	rm -f one.json
done

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
