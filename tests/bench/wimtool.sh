# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by bench.sh in an empty folder: images. The frame makes what all pairs use, once; the pairs are in
# wimtool/*.sh, which may use
#   $tree                        the tree of make-tree.py
#   $none $xpress $lzx $solid    WIMs of it, made by wimlib-imagex
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
for kind in none xpress lzx; do
	wimlib-imagex capture "$tree" "$ram/$kind.wim" --compress=$kind --no-acls >/dev/null || exit 3
done
wimlib-imagex capture "$tree" "$solid" --solid --solid-compress=lzms:20 >/dev/null || exit 3
echo "$(find "$tree" -type f | wc -l) files, $(du -sm --apparent-size "$tree" | cut -f1) MB"
for kind in none xpress lzx solid; do
	echo "  $kind.wim $(($(stat -c %s "$ram/$kind.wim") >> 20)) MB"
done

for part in "$here"/wimtool/*.sh; do
	# shellcheck source=/dev/null
	. "$part"
done
