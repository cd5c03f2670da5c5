#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Random edits through mounts whose servers and commits are killed: 500 kills. See tests/support/mount_model.py.
# KILLS sets another number.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex
[ -r /dev/fuse ] && [ -w /dev/fuse ] || { echo "skipped: no /dev/fuse for this user"; exit 0; }

export GOLDWIM_STATE_DIR=$work/state TMPDIR=$work
trap 'umount -l "$work"/mnt "$work"/state/mounts/*/lower 2>/dev/null; chmod -R u+rwX "$work"; rm -rf "$work" "$log"' EXIT
fixture tree tree --files 200 || exit 1
killed=0
for seed in $(seq 1 1000); do
	[ "$killed" -lt "${KILLS:-500}" ] || break
	type=$(printf '%s\n' LZX:20 XPRESS none LZMS:5 | sed -n "$((seed % 4 + 1))p")
	wimlib-imagex capture tree run.wim --compress="$type" >/dev/null 2>&1
	"$support/mount_model.py" run.wim 20 "$seed" --kill >out 2>&1 || { bad "seed $seed, $type" <out; break; }
	good "seed $seed, $type: $(head -n 1 out)"
	killed=$((killed + $(sed -n '1s/.* \([0-9]*\) commits killed.*/\1/p' out) + $(sed -n '1s/.* \([0-9]*\) servers killed.*/\1/p' out)))
	[ -z "$(ls state/mounts)$(ls ./*.goldwim-undo 2>/dev/null)" ] || bad "seed $seed leaves something" < <(ls -R state ./*undo)
	rm -f run.wim
done
echo "$killed servers and commits killed"
check "as many as wanted were killed" test "$killed" -ge "${KILLS:-500}"
finish
