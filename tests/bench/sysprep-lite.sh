# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by bench.sh in an empty folder: generalizing an image of 1 GB with hives of real size, in place, beside the
# same edits of values by other tools on a mounted image, and on hives taken out and put back. The floor is what
# any way has to do: take the two hives out, and append two that are new.
[ "$quick" ] && fill=60M || fill=300M
fixture tree tree --files 4000 >/dev/null || exit 3
fixture grow tree/Windows/System32/config/SOFTWARE 'Classes\CLSID' 70M || exit 3
fixture grow tree/Windows/System32/config/SYSTEM 'ControlSet001\Control\Grown' 12M --seed 2 || exit 3
mkdir tree/Data
for i in 1 2 3; do fixture fill "tree/Data/$i" "$fill" --seed "$i" || exit 3; done
wimlib-imagex capture tree lzx.wim --compress=lzx >/dev/null || exit 3
config=/Windows/System32/config
sysprep-lite plan --format=reg -o plan.reg lzx.wim:1 >/dev/null || exit 3
for hive in SYSTEM SOFTWARE; do
	cp "tree$config/$hive" "$hive.new" && printf '\1' | dd of="$hive.new" bs=1 seek=200 conv=notrunc status=none
	# of the blocks of the .reg file those of one hive, behind its first line
	iconv -f utf-16 -t utf-8 plan.reg | tr -d '\r' | awk -v hive="$hive" 'BEGIN { RS = ""; ORS = "\n\n" }
		NR == 1 || index($0, "HKEY_LOCAL_MACHINE\\" hive "\\") == 2 || index($0, "HKEY_LOCAL_MACHINE\\" hive "\\") == 3' |
		grep -v '^;' >"$hive.reg"
done
rm -r tree
echo "image of $(du -m lzx.wim | cut -f1) MB, hives of $(stat -c %s SYSTEM.new) and $(stat -c %s SOFTWARE.new) bytes, $(cat SYSTEM.reg SOFTWARE.reg | grep -c '"=-\|^\[-') edits of values and keys"

merge="for h in SYSTEM SOFTWARE; do hivexregedit --merge --prefix 'HKEY_LOCAL_MACHINE\\'\$h DIR/\$h \$h.reg || exit 1; done"
add="printf 'add DIR/SYSTEM $config/SYSTEM\nadd DIR/SOFTWARE $config/SOFTWARE\n'"
fresh="cp lzx.wim g.wim; rm -rf hives mnt; mkdir hives mnt"
if [ -w /dev/fuse ]; then
	pair "sysprep-lite generalize" "$fresh" 0 "sysprep-lite generalize g.wim:1" "mountrw, hivexregedit, commit" \
		"wimlib-imagex mountrw g.wim 1 mnt && { ${merge//DIR/mnt$config}; } && wimlib-imagex unmount mnt --commit"
else
	echo "skipped: mountrw (no /dev/fuse here)"
fi
pair "sysprep-lite generalize" "$fresh" 0 "sysprep-lite generalize g.wim:1" "extract, hivexregedit, update" \
	"wimlib-imagex extract g.wim 1 $config/SYSTEM $config/SOFTWARE --dest-dir=hives --no-acls && { ${merge//DIR/hives}; } && ${add//DIR/hives} | wimlib-imagex update g.wim 1"
pair "sysprep-lite generalize" "$fresh" 0 "sysprep-lite generalize g.wim:1" "floor: read and append hives" \
	"wimtool extract g.wim 1 $config/SYSTEM $config/SOFTWARE --dest-dir=hives && printf 'add SYSTEM.new $config/SYSTEM\nadd SOFTWARE.new $config/SOFTWARE\n' | wimtool update g.wim 1"
