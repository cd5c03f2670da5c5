# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Pairs that read: verify, apply, extract, list, info, hash, diff.

# promised beside wimlib-imagex
declare -A verify_goal=([none]=3.5 [xpress]=2.3 [lzx]=2.3 [solid]=1.9)
for kind in none xpress lzx solid; do
	wim=$ram/$kind.wim
	pair "verify $kind" : 0 "wimtool verify $wim" "wimlib-imagex verify @${verify_goal[$kind]}" "wimlib-imagex verify $wim" \
		"7z t @1.9" "$seven_zip t $wim" "1 thread @1.85" "wimtool verify --threads=1 $wim"
done
for kind in none xpress lzx solid; do
	wim=$ram/$kind.wim
	pair "apply $kind, memory" "rm -rf $ram/out" 0 "wimtool apply $wim 1 $ram/out" \
		"wimlib-imagex apply @2.3" "wimlib-imagex apply $wim 1 $ram/out" "7z x @2" "$seven_zip x -o$ram/out $wim" \
		"1 thread @1.85" "wimtool apply --threads=1 $wim 1 $ram/out"
done
rm -rf "$ram/out"
for kind in lzx solid; do
	wim=$ram/$kind.wim
	pair "apply $kind, disk" "rm -rf $disk/out; sync" 0 "wimtool apply $wim 1 $disk/out" \
		"wimlib-imagex apply @1.0" "wimlib-imagex apply $wim 1 $disk/out"
done
rm -rf "$disk/out"
one=$(wimtool list "$lzx" 1 | grep '\.sys$' | tail -n 1)
for kind in lzx solid; do
	wim=$ram/$kind.wim
	pair "extract one file, $kind" "rm -rf x" 0 "wimtool extract $wim 1 '$one' --dest-dir=x" \
		"wimlib-imagex extract" "wimlib-imagex extract $wim 1 '$one' --dest-dir=x" "7z x" "$seven_zip x -ox $wim '${one#/}'"
done
pair "list" : 0 "wimtool list $lzx 1" "wimlib-imagex dir" "wimlib-imagex dir $lzx 1" "7z l" "$seven_zip l $lzx"
pair "list --detailed" : 0 "wimtool list --detailed $lzx 1" "wimlib-imagex dir" "wimlib-imagex dir --detailed $lzx 1"
pair "info" : 0 "wimtool info $lzx" "wimlib-imagex info" "wimlib-imagex info $lzx"
pair "hash" : 0 "wimtool hash $lzx 1" "wimlib-imagex dir" "wimlib-imagex dir --detailed $lzx 1"
pair "hash --sha256" : 0 "wimtool hash --sha256 $lzx 1" "apply and sha256sum" \
	"rm -rf $ram/out; wimlib-imagex apply $lzx 1 $ram/out; find $ram/out -type f -print0 | xargs -0 sha256sum; rm -rf $ram/out"
pair "diff" : 0 "wimtool diff $lzx $xpress" "apply both and diff -r" \
	"rm -rf $ram/a $ram/b; wimlib-imagex apply $lzx 1 $ram/a; wimlib-imagex apply $xpress 1 $ram/b; diff -r $ram/a $ram/b; rm -rf $ram/a $ram/b"
