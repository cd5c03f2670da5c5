# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by bench.sh in an empty folder: images.

[ "$quick" ] && files=1000 || files=4000
fixture tree tree --files "$files" >/dev/null || exit 3
wimlib-imagex capture tree lzx.wim --compress=lzx >/dev/null || exit 3
echo "$(find tree -type f | wc -l) files, $(du -sm --apparent-size tree | cut -f1) MB"
pair "wimtool capture" "rm -f a.wim" 0 "wimtool capture tree a.wim x --force" \
	"wimlib-imagex capture" "wimlib-imagex capture tree a.wim x"
pair "wimtool verify" : 0 "wimtool verify lzx.wim" "wimlib-imagex verify" "wimlib-imagex verify lzx.wim"
pair "wimtool verify" : 0 "wimtool verify lzx.wim" "7z t" "$seven_zip t lzx.wim"
pair "wimtool apply" "rm -rf applied" 0 "wimtool apply lzx.wim 1 applied" \
	"wimlib-imagex apply" "wimlib-imagex apply lzx.wim 1 applied"
