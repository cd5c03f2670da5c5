#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What wimtool lists, hashes, verifies and applies is what wimlib-imagex does, for WIMs of every kind. IMAGES says how
# many (60 are all); LARGE adds a file of 5 GB and an image of 200,000 files.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex python3

images=${IMAGES:-10}
kinds=(
	"--compress=none" "--compress=xpress" "--compress=lzx:20" "--compress=lzms:20"
	"--compress=xpress --chunk-size=4K" "--compress=xpress --chunk-size=16K" "--compress=xpress --chunk-size=64K"
	"--compress=lzx:20 --chunk-size=64K" "--compress=lzx:20 --chunk-size=2M" "--compress=lzms:20 --chunk-size=1M"
	"--solid --solid-compress=lzms:20 --solid-chunk-size=128K" "--solid --solid-compress=lzms:20"
	"--solid --solid-compress=lzx:20 --solid-chunk-size=32K" "--solid --solid-compress=xpress:20 --solid-chunk-size=64K"
	"--pipable --compress=none" "--pipable --compress=xpress" "--pipable --compress=lzx:20"
	"--compress=lzx:20 --check" "--compress=none --check" "split"
)

# Both write into a folder of one name, since some links lead into it.
apply_both() {
	local wim=$1
	shift
	rm -rf out theirs ours
	wimlib-imagex apply "$wim" 1 out "$@" >/dev/null 2>&1 && mv out theirs || return 1
	wimtool apply "$wim" 1 out -q "$@" >/dev/null 2>&1 && mv out ours || return 1
	"$support/cmp_tree.py" theirs ours
}

same_attributes() { diff <(cd theirs && getfattr -hR -d -m - . 2>/dev/null) <(cd ours && getfattr -hR -d -m - . 2>/dev/null); }
same_modes() { diff <(cd theirs && find . -printf '%p %m %U %G %y %l\n' | sort) <(cd ours && find . -printf '%p %m %U %G %y %l\n' | sort); }
same_holes() {
	local file
	for file in $(cd theirs && find . -name holes); do
		[ "$(stat -c %b "theirs/$file")" -ge "$(stat -c %b "ours/$file")" ] || return 1
	done
}

make_image() {
	local i=$1 kind=${kinds[$(($1 % ${#kinds[@]}))]}
	rm -rf tree ./*.wim ./*.swm
	if [ $((i / ${#kinds[@]} % 3)) -eq 1 ]; then
		"$support/win_wim.py" made.wim "$i" || return 1
		if [ "$kind" = split ]; then
			wimlib-imagex split made.wim a.swm 1 >/dev/null
		else
			[ "${kind#*:20}" = "$kind" ] || kind=${kind/:20/}
			kind=${kind/--solid-compress=lzms:20/} kind=${kind//--solid-chunk-size=[0-9]*[KM]/}
			wimlib-imagex export made.wim 1 a.wim $kind >/dev/null 2>&1
		fi
		return
	fi
	"$support/odd_tree.py" tree "$i" || return 1
	if [ "$kind" = split ]; then
		wimlib-imagex capture tree whole.wim --unix-data --compress=lzx:20 >/dev/null 2>&1 &&
			wimlib-imagex split whole.wim a.swm 1 >/dev/null
	else
		wimlib-imagex capture tree a.wim --unix-data $kind >/dev/null 2>&1
	fi
}

step=$((60 / images)) options=()
for ((n = 0; n < 60; n += step)); do
	what="image $n (${kinds[$((n % ${#kinds[@]}))]})"
	check "$what: made" make_image "$n" || continue
	wim=a.wim refs=() list_refs=()
	[ -e a.swm ] && wim=a.swm refs=("--ref=a*.swm") list_refs=("a*.swm")
	check "$what: verify" wimtool verify "$wim" "${refs[@]}"
	check "$what: list and hash" "$support/cmp_list.py" "$wim" 1 "${list_refs[@]}"
	check "$what: apply" apply_both "$wim" "${refs[@]}"
	check "$what: holes" same_holes
	options=(--unix-data)
	check "$what: apply --unix-data" apply_both "$wim" "${refs[@]}" --unix-data
	check "$what: extended attributes" same_attributes
	check "$what: owners and modes" same_modes
	check "$what: apply --norpfix" apply_both "$wim" "${refs[@]}" --norpfix
	chmod -R u+rwX out theirs ours tree 2>/dev/null
done

if [ "${LARGE-}" ]; then
	rm -rf tree theirs ours ./*.wim
	mkdir tree && { yes "a line that compresses" | head -c 5368709120; echo end; } >tree/five-gigabytes
	check "5 GB: captured" wimlib-imagex capture tree a.wim --compress=xpress
	check "5 GB: verify" wimtool verify a.wim
	check "5 GB: list and hash" "$support/cmp_list.py" a.wim 1
	check "5 GB: apply" wimtool apply a.wim 1 ours
	check "5 GB: equal" cmp tree/five-gigabytes ours/five-gigabytes
	rm -rf tree ours a.wim
	mkdir tree
	(cd tree && for d in $(seq 200); do mkdir "d$d" && (cd "d$d" && seq 1000 | split -l 1 -a 3 -d - f); done)
	check "200,000 files: captured" wimlib-imagex capture tree a.wim --compress=xpress
	check "200,000 files: verify" wimtool verify a.wim
	check "200,000 files: list and hash" "$support/cmp_list.py" a.wim 1
	check "200,000 files: apply" wimtool apply a.wim 1 ours
	check "200,000 files: equal" "$support/cmp_tree.py" tree ours
	check "200,000 files: 1,000 of one content" test "$(find ours -type f | wc -l)" = 200000
fi
finish
