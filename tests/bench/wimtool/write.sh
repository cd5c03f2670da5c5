# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Making WIMs of other WIMs.
a=$ram/a.wim b=$ram/b.wim

pair "export" "rm -f $a $b" 0 "wimtool export $lzx 1 $a" "wimlib-imagex export @5" "wimlib-imagex export $lzx 1 $b"
pair "split" "rm -f $ram/a*.swm $ram/b*.swm" 0 "wimtool split $lzx $ram/a.swm 100" \
	"wimlib-imagex split @5" "wimlib-imagex split $lzx $ram/b.swm 100"
rm -f "$ram"/a*.swm "$ram"/b*.swm
wimtool split "$lzx" "$ram/a.swm" 100 -q || exit 3
pair "join" "rm -f $a $b" 0 "wimtool join $a $ram/a*.swm" "wimlib-imagex join" "wimlib-imagex join $b $ram/a*.swm"
rm -f "$ram"/a*.swm "$ram"/b*.swm
pair "optimize" "cp $lzx $a; cp $lzx $b" 0 "wimtool optimize $a" "wimlib-imagex optimize" "wimlib-imagex optimize $b"
pair "export of solid as LZX" "rm -f $a $b" 0 "wimtool export $solid 1 $a --compress=lzx" \
	"wimlib-imagex export @4.5" "wimlib-imagex export $solid 1 $b --compress=LZX"
pair "the same at level 20" "rm -f $a $b" 0 "wimtool export $solid 1 $a --compress=lzx:20" \
	"wimlib-imagex export LZX:20" "wimlib-imagex export $solid 1 $b --compress=LZX:20"
# new contents that compress as programs do
find "$tree" -type f -size +20k -print0 | sort -z | xargs -0 cat 2>/dev/null | head -c 10M | tr a b >"$ram/new.bin"
old=$(cd "$tree" && find . -type f -size -100k | sort | grep -v " " | head -n 20000 | tail -n 1 | cut -c2-)
for to in "changed $old" "new /new.bin"; do
	pair "update of a ${to%% *} 10 MB file" "cp $lzx $a; cp $lzx $b" 0 \
		"wimtool update $a 1 --command='add $ram/new.bin ${to#* }'" \
		"wimlib-imagex update @5" "wimlib-imagex update $b 1 --command='add $ram/new.bin ${to#* }'"
done
pair "delete --soft" "cp $lzx $a; cp $lzx $b" 0 "wimtool delete $a 1 --soft" \
	"wimlib-imagex delete --soft" "wimlib-imagex delete $b 1 --soft"
rm -f "$a" "$b" "$ram/new.bin"
