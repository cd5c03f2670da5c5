#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Input that no tool can use: one line on stderr, exit code 3, within 2 s and 64 MB.
. "$(dirname "$0")/../support/checks.sh"
need /usr/bin/time wimlib-imagex

# refuses NAME COMMAND...
refuses() {
	local name=$1 status seconds kilobytes
	shift
	timeout 20 /usr/bin/time -q -o usage.txt -f '%e %M' "$@" >out.txt 2>err.txt </dev/null
	status=$?
	read -r seconds kilobytes < <(tail -n 1 usage.txt)
	if [ "$status" -eq 3 ] && [ "$(wc -l <err.txt)" -eq 1 ] && grep -q "^$1: ." err.txt &&
		[ "${seconds%.*}" -lt 2 ] && [ "$kilobytes" -lt 65536 ]; then
		good "$name"
	else
		bad "$name" < <(echo "$*: exit $status, $seconds s, $kilobytes KB, stderr:"; cat err.txt)
	fi
}

fixture tree tree --files 200 || exit 1
wimlib-imagex capture tree good.wim reference >/dev/null 2>&1 || exit 1
size=$(stat -c %s good.wim)
mkdir folder
: >empty
fixture bad-wim-2tb claims-2tb && fixture jpeg picture.jpg || exit 1
fixture not-xml not-xml.xml && fixture fill noise 8K || exit 1
head -c 100 good.wim >cut-header
head -c $((size / 2)) good.wim >cut-middle
head -c $((size - 1)) good.wim >cut-last-byte
echo 'delete /Windows/INF' >script
twolines=$'two\nlines'
notutf8=$'not-utf8-\xff'
long=$(printf 'x%.0s' {1..5000})
truncate -s 3G sparse
mkfifo fifo
mkdir mnt

wims=(missing folder empty cut-header cut-middle cut-last-byte claims-2tb noise picture.jpg sparse fifo
	/dev/zero '' "$twolines" "$notutf8" "$long")
for input in "${wims[@]}"; do
	name=$(printf %.40q "$input")
	refuses "wimtool info: $name" wimtool info "$input"
	refuses "wimtool list: $name" wimtool list "$input" 1
	refuses "wimtool verify: $name" wimtool verify "$input"
	refuses "wimtool apply: $name" wimtool apply "$input" 1 applied
	refuses "wimtool extract: $name" wimtool extract "$input" 1 /Windows --dest-dir=extracted
	refuses "wimtool cat: $name" wimtool cat "$input" 1 /Windows/Panther/unattend.xml
	refuses "wimtool update: $name" wimtool update "$input" 1 --script=script
	refuses "wimtool hash: $name" wimtool hash "$input" 1
	refuses "wimtool diff: $name" wimtool diff "$input" good.wim
	[ "$input" = folder ] || refuses "wimtool diff, second: $name" wimtool diff good.wim "$input"
	refuses "wimtool set: $name" wimtool set "$input" 1 --name=other
	refuses "wimtool append: $name" wimtool append tree "$input" second
	refuses "sysprep-lite scan: $name" sysprep-lite scan "$input:1"
	refuses "wimtool doctor: $name" wimtool doctor "$input:1"
	refuses "wimtool set-timezone: $name" wimtool set-timezone "$input:1" UTC
	refuses "wimtool apply-unattend: $name" wimtool apply-unattend "$input:1" tree/Windows/Panther/unattend.xml
	refuses "sysprep-lite plan: $name" sysprep-lite plan "$input:1"
	refuses "sysprep-lite compare: $name" sysprep-lite compare "$input:1" "$input:1"
	refuses "sysprep-lite compare --nodes: $name" sysprep-lite compare --nodes="$input" --nodes="$input"
	refuses "sysprep-lite verify: $name" sysprep-lite verify --plan="$input" "$input:1"
	refuses "sysprep-lite generalize --plan: $name" sysprep-lite generalize --plan="$input" "$input:1"
	refuses "sysprep-lite generalize: $name" sysprep-lite generalize "$input:1"
	refuses "wimtool mount: $name" wimtool mount "$input" 1 mnt
	refuses "wimtool mountrw: $name" wimtool mountrw "$input" 1 mnt
done
refuses "wimtool unmount: nothing is mounted" wimtool unmount mnt
refuses "wimtool hash: no such image" wimtool hash good.wim 7
refuses "wimtool set: no such image" wimtool set good.wim 7 --name=other
refuses "wimtool recover: missing" wimtool recover missing
refuses "wimtool recover: folder" wimtool recover folder
refuses "wimtool capture: missing" wimtool capture missing new.wim
refuses "wimtool list: no such image" wimtool list good.wim 7
refuses "wimtool cat: no such file" wimtool cat good.wim 1 /no/such/file

for input in missing empty picture.jpg not-xml.xml noise sparse fifo /dev/zero '' "$twolines" "$notutf8" "$long"; do
	name=$(printf %.40q "$input")
	refuses "unattend lint: $name" unattend lint "$input"
	refuses "wimtool build: $name" wimtool build "$input"
	refuses "unattend fix: $name" unattend fix "$input"
done
refuses "unattend fix: folder" unattend fix folder
refuses "wimtool build: folder" wimtool build folder
for source in missing empty claims-2tb cut-middle noise picture.jpg fifo /dev/zero; do
	printf 'version: 1\nsource: "%s"\noutput: { path: built.wim }\n' $source >recipe.yaml
	refuses "wimtool build: source $source" wimtool build recipe.yaml
done

for input in missing folder empty picture.jpg noise fifo /dev/zero '' "$twolines" "$notutf8" "$long"; do
	name=$(printf %.40q "$input")
	refuses "kms audit: $name" kms audit "$input"
	refuses "kms events: $name" kms events "$input"
done

# Hives: each kind of damage in SYSTEM of a tree.
spoil() {
	rm -rf spoilt
	cp -a tree spoilt
	local hive=spoilt/Windows/System32/config/SYSTEM
	case $1 in
	checksum) fixture bad-hive $hive ;;
	dirty) fixture spec system | fixture hive $hive --dirty ;; # and no log beside it
	cut) head -c 20000 tree/Windows/System32/config/SYSTEM >$hive ;;
	empty) : >$hive ;;
	jpeg) cp picture.jpg $hive ;;
	missing) rm $hive ;;
	folder) rm $hive && mkdir $hive ;;
	esac
}
for damage in checksum dirty cut empty jpeg missing folder; do
	spoil $damage
	# A hive that was not written to the end can still be looked at; scan says so.
	[ $damage = dirty ] || refuses "sysprep-lite scan: SYSTEM hive, $damage" sysprep-lite scan spoilt
	refuses "sysprep-lite plan: SYSTEM hive, $damage" sysprep-lite plan spoilt
	cp -a spoilt untouched
	refuses "sysprep-lite generalize: SYSTEM hive, $damage" sysprep-lite generalize spoilt
	check "sysprep-lite generalize leaves the tree: $damage" "$support/cmp_tree.py" --no-dir-times spoilt untouched
	rm -rf untouched
done

for input in cut-header cut-middle cut-last-byte claims-2tb; do
	check "$input was not changed" test "$(stat -c %s $input)" -le "$size"
done
rest=$(ls -d applied extracted new.wim built.wim ./*.goldwim-undo ./.*goldwim* 2>/dev/null)
[ -z "$rest" ] && good "nothing is left behind" || bad "nothing is left behind" <<<"$rest"
finish
