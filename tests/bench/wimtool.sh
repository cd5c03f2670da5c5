# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by bench.sh in an empty folder: images. The frame makes what all pairs use, once; the pairs are in
# wimtool/*.sh, which may use
#   $tree                        the tree of make-tree.py
#   $none $xpress $lzx $solid    WIMs of it, made by wimlib-imagex while its captures are measured
#   $ram $disk                   folders to write into: in memory, and beside the work folder on its file system

disk=$PWD/disk
ram=$disk
mkdir -p "$disk"
need_mb=16000
[ "$quick" ] && need_mb=1500
if [ "$(stat -fc %T /dev/shm 2>/dev/null)" = tmpfs ] && [ "$(df -m --output=avail /dev/shm | tail -n 1)" -gt "$need_mb" ]; then
	ram=$(mktemp -d /dev/shm/goldwim-bench.XXXXXX) || exit 3
	trap 'rm -rf "$work" "$ram"' EXIT
else
	echo "no $need_mb MB in /dev/shm: \"memory\" is the disk"
fi
tree=$ram/tree none=$ram/none.wim xpress=$ram/xpress.wim lzx=$ram/lzx.wim solid=$ram/solid.wim

"$here/make-tree.py" ${quick:+--small} "$tree" || exit 3
echo "$(find "$tree" -type f | wc -l) files, $(du -sm --apparent-size "$tree" | cut -f1) MB"

# capture_pair KIND TITLE OPTIONS NAME THEIR-OPTIONS - makes KIND.wim, which is theirs.
capture_pair() {
	local keep="cd $ram; [ ! -e a.wim ] || mv a.wim ours.wim; [ ! -e b.wim ] || mv b.wim $1.wim"
	pair "$2" "$keep" 0 "wimtool capture $tree $ram/a.wim x $3" "$4" "wimlib-imagex capture $tree $ram/b.wim x --no-acls $5"
	bash -c "$keep"
	awk -v a="$(stat -c %s "$ram/ours.wim")" -v b="$(stat -c %s "$ram/$1.wim")" 'BEGIN {
		printf "  %d bytes, wimlib-imagex %d: %+.2f %%\n", a, b, (a / b - 1) * 100 }'
}
capture_pair none "capture, none" --compress=none "wimlib-imagex capture" --compress=none
capture_pair xpress "capture, XPRESS" --compress=xpress "wimlib-imagex capture" --compress=XPRESS
capture_pair level "capture, same level" --compress=lzx:20 "wimlib-imagex, LZX:20 @1.0" --compress=LZX:20
capture_pair lzx "capture" "" "wimlib-imagex capture @6" ""
rm -f "$ram/ours.wim" "$ram/level.wim"
# libwim compresses for both of us: no pair, and a level that takes two minutes of the usual five
wimlib-imagex capture "$tree" "$solid" x --no-acls --solid --solid-compress=lzms:5 >/dev/null || exit 3

for part in "$here"/wimtool/*.sh; do
	# shellcheck source=/dev/null
	. "$part"
done
