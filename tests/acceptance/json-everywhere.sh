#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Each verb with --json prints one JSON object, whatever happens.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex

# json NAME EXIT COMMAND...: runs COMMAND --json; EXIT may be several codes, as 0,1.
json() {
	local name=$1 codes=$2 tool=$3 verb=$4 status
	shift 2
	"$@" --json >out.json 2>err.txt </dev/null
	status=$?
	if [[ ,$codes, == *,$status,* ]] && "$support/check_json.py" result out.json "$tool" "$verb" $status 2>why.txt; then
		good "$name"
	else
		bad "$name" < <(echo "$* --json: exit $status, wanted $codes"; cat why.txt; head -c 1500 out.json; cat err.txt)
	fi
}

fixture tree tree --files 200 && fixture evtx clones.evtx && fixture evtx alone.evtx --clones 0 --events 50 || exit 1
fixture tree done --files 200 --state generalized-oobe || exit 1
wimlib-imagex capture tree image.wim reference >/dev/null 2>&1 || exit 1
cp -a tree copy && sysprep-lite plan -o plan.json tree >/dev/null || exit 1
cp tree/Windows/Panther/unattend.xml rearm.xml
cat >clean.xml <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
</unattend>
XML
cp image.wim mounted.wim
cp image.wim many.wim
wimlib-imagex append done many.wim second >/dev/null 2>&1 && wimlib-imagex split image.wim part.swm 0.1 >/dev/null 2>&1 || exit 1
mkdir mnt mntrw
export GOLDWIM_STATE_DIR=$PWD/state
can_mount=1
[ -w /dev/fuse ] && command -v fusermount3 >/dev/null || can_mount=
echo 'add rearm.xml /Windows/added.xml' >script
printf 'version: 1\nsource: tree\noutput: { path: built.wim }\n' >recipe.yaml

# A run that succeeds, and one with findings where there can be any, for each verb.
declare -A runs=(
	[wimtool info]='0 image.wim' [wimtool list]='0 image.wim 1' [wimtool dir]='0 image.wim 1'
	[wimtool capture]='0 tree captured.wim' [wimtool append]='0 tree image.wim again'
	[wimtool apply]='0 image.wim 1 applied'
	[wimtool extract]='0 image.wim 1 /Windows/INF --dest-dir=extracted' [wimtool verify]='0 image.wim'
	[wimtool mount]='0 mounted.wim 1 mnt' [wimtool mountrw]='0 mounted.wim 1 mntrw' [wimtool unmount]='0 mnt'
	[wimtool mounts]='0' [wimtool commit]='0 mntrw' [wimtool remount]='0 mntrw' [wimtool clean]='0'
	[wimtool update]='0 image.wim 1 --script=script' [wimtool recover]='0 image.wim'
	[wimtool hash]='0 image.wim 1' [wimtool diff]='0 image.wim:1 image.wim:1'
	[wimtool set]='0 image.wim 1 --description=described' [wimtool doctor]='0 image.wim:1'
	[wimtool build]='0 recipe.yaml'
	[wimtool set-timezone]='0 image.wim:1 UTC' [wimtool set-computername]='0 image.wim:1 KIOSK-7'
	[wimtool set-locale]='0 image.wim:1 fr-FR' [wimtool apply-unattend]='0,1 image.wim:1 rearm.xml'
	[wimtool export]='0 image.wim 1 exported.wim' [wimtool delete]='0 many.wim 1' [wimtool optimize]='0 many.wim'
	[wimtool split]='0 image.wim image.swm 1' [wimtool join]="0 joined.wim $(echo part*.swm)"
	[unattend lint]='0 clean.xml' [unattend fix]='0,1 rearm.xml' [unattend explain]='0 UA301' [unattend rules]='0'
	[unattend key]='1 -' [unattend schema]='0 Shell-Setup/ComputerName' [unattend timezone]='0'
	[unattend get]='0 rearm.xml generalize/Security-SPP/SkipRearm'
	[unattend set]='0 rearm.xml generalize/Security-SPP/SkipRearm 0'
	[sysprep-lite scan]='1 tree' [sysprep-lite plan]='0,1 tree' [sysprep-lite generalize]='0 tree --journal=tree.undo'
	[sysprep-lite verify]='1 tree --plan=plan.json' [sysprep-lite compare]='1 tree copy'
	[sysprep-lite undo]='0 tree --journal=tree.undo'
	[sysprep-lite operations]='0' [sysprep-lite timezone]='0 list'
	[kms audit]='1 clones.evtx' [kms ingest]='0 --db store.sqlite clones.evtx' [kms explain]='0 0xC004F038' [kms host-keys]='0'
	[kms products]='0 73111121-5638-40f6-bc11-f1d7b0d64300'
)
declare -A findings=(
	[unattend lint]='0,1 rearm.xml' [sysprep-lite scan]='0,1 done' [kms audit]='0,1 alone.evtx'
	[wimtool verify]='0,1,3 cut.wim' [wimtool diff]='1 image.wim:1 done'
)
head -c 100000 image.wim >cut.wim
unmount_all() {
	local dir
	for dir in mnt mntrw; do
		mountpoint -q $dir && { wimtool unmount $dir || fusermount3 -u $dir; } >/dev/null 2>&1
	done
}

for tool in wimtool unattend sysprep-lite kms; do
	mapfile -t verbs < <("$tool" --help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
	[ ${#verbs[@]} -gt 0 ] && good "$tool lists its commands" || bad "$tool lists its commands" </dev/null
	json_verbs=0
	for verb in "${verbs[@]}"; do
		"$tool" "$verb" --help | grep -q -- ' --json' || continue
		json_verbs=$((json_verbs + 1))
		if [[ -z $can_mount && ($verb = *mount* || $verb = commit) ]]; then
			skip "$tool $verb: no FUSE here"
			continue
		fi
		json "$tool $verb: unknown option" 2 "$tool" "$verb" --no-such-option
		if [ -z "${runs[$tool $verb]-}" ]; then
			bad "$tool $verb: has no example here" <<<"add it to the table in this script"
			continue
		fi
		read -r codes args <<<"${runs[$tool $verb]}"
		read -ra words <<<"$args"
		json "$tool $verb: a run" "$codes" "$tool" "$verb" "${words[@]}"
		if [ -n "${findings[$tool $verb]-}" ]; then
			read -r codes args <<<"${findings[$tool $verb]}"
			read -ra words <<<"$args"
			json "$tool $verb: findings" "$codes" "$tool" "$verb" "${words[@]}"
		fi
		[ ${#words[@]} -eq 0 ] || json "$tool $verb: failure" 2,3 "$tool" "$verb" "${words[@]/#/no-such-folder/}"
	done
	[ "$json_verbs" -gt 0 ] && good "$tool has verbs with --json" || bad "$tool has verbs with --json" </dev/null
done

# Names that are no UTF-8, hold quotes or line ends must not break the object.
odd=$'no\xff "q" \\ \x01\n'
for command in "wimtool info" "unattend lint" "sysprep-lite scan" "kms audit"; do
	read -r tool verb <<<"$command"
	json "$tool $verb: odd file name" 3 "$tool" "$verb" "$odd"
done

unmount_all
check "nothing stays mounted" test -z "$(grep -F " $work/" /proc/mounts)"
finish
