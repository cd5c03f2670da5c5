#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A disk that is full in the middle of a write: exit code 3, the old WIM byte for byte, and no other file; or, with room
# enough, the new WIM. Each command runs with several amounts of room (STEPS of them).
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex
unshare -m true 2>/dev/null && unshare -m mount -t tmpfs none /mnt 2>/dev/null || { echo 'skipped: unshare or mount is not allowed'; exit 0; }

fixture tree one --files 200 >/dev/null || exit 1
cp -a one two
head -c 900000 /dev/urandom >one/noise
head -c 700000 /dev/urandom >two/other
wimlib-imagex capture one old.wim First --compress=LZX:20 --check >/dev/null 2>&1 || exit 1
wimlib-imagex append two old.wim Second >/dev/null 2>&1 || exit 1
wimlib-imagex split old.wim p.swm 0.9 >/dev/null 2>&1 || exit 1
printf '%s\n' "add $work/two/other /added" "add $work/one/noise /added2" >script
wimtool export old.wim 2 two.wim -q || exit 1
mkdir disk

# full NAME NEEDS-KIB FILE COMMAND...: FILE is on the disk before; the command runs there with 0 to NEEDS-KIB of room
full() {
	local name=$1 needs=$2 file=$3 problems
	shift 3
	problems=$(
		export name needs file steps=${STEPS:-3}
		unshare -m bash -c '
			old=$( [ "$file" ] && sha1sum <"$work/$file" )
			finished=0
			for i in $(seq 0 "$steps"); do
				size=$(( ($(stat -c %s "$work/${file:-script}") + 4095) / 4096 * 4 + needs * i / steps + 8 ))
				mount -t tmpfs -o size=${size}k none "$work/disk" || exit 1
				cd "$work/disk"
				[ "$file" ] && cp "$work/$file" .
				"$@" >"$work/said" 2>&1
				status=$?
				wim=$(ls | head -n 1)
				if [ $status -eq 0 ]; then
					finished=1
					wimtool verify ${wim:-none} --ref="${wim%.*}*" >/dev/null || echo "$size KiB: the result is not sound"
				else
					[ $status -eq 3 ] || echo "$size KiB: exit $status: $(head -n 1 "$work/said")"
					[ "$file" ] && [ "$(sha1sum <"$file")" != "$old" ] && echo "$size KiB: the old file is another one"
					[ "$(ls -A | grep -vxF "${file:--}")" ] && echo "$size KiB: left over: $(ls -A)"
				fi
				cd "$work"
				umount "$work/disk"
			done
			[ $finished -eq 1 ] || echo "never had room enough: $(head -n 1 "$work/said")"
		' bash "$@" 2>&1
	)
	[ "$problems" ] && bad "$name" <<<"$problems" || good "$name"
}
export work
full capture 6000 '' wimtool capture "$work/one" new.wim -q
full append 3000 old.wim wimtool append "$work/two" old.wim Third -q
full update 4000 old.wim wimtool update old.wim 1 --script="$work/script" -q
full export 6000 '' wimtool export "$work/old.wim" all new.wim --compress=xpress -q
full 'export into' 6000 two.wim wimtool export "$work/old.wim" 1 two.wim -q
full delete 6000 old.wim wimtool delete old.wim 1 -q
full 'delete --soft' 1000 old.wim wimtool delete old.wim 1 --soft -q
full optimize 6000 old.wim wimtool optimize old.wim --recompress -q
full set 400 old.wim wimtool set old.wim 1 --name=other -q
full split 6000 '' wimtool split "$work/old.wim" part.swm 0.9 -q
full join 6000 '' wimtool join new.wim "$work"/p*.swm -q
finish
