# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by wimtool.sh: reading through a mount beside wimlib's, whose server has one thread and remembers nothing.
# Each measurement has a fresh mount; mounting and unmounting are not measured, but in the commit they are.
# The processor time is that of the readers; the servers' is not in it.

if [ -r /dev/fuse ] && [ -w /dev/fuse ]; then
	export GOLDWIM_STATE_DIR=$PWD/state
	mkdir -p ours theirs
	end="wimtool unmount ours; wimlib-imagex unmount theirs"
	fresh="$end; wimtool mount $lzx ours; wimlib-imagex mount $lzx theirs"
	fresh_solid="$end; wimtool mount $solid ours; wimlib-imagex mount $solid theirs"

	# through_mounts TITLE PROMISED PREPARE COMMAND - DIR in COMMAND is the mount point
	through_mounts() {
		pair "mount: $1" "$3" 0 "${4//DIR/ours} >/dev/null" "wimlib-imagex mount @$2" "${4//DIR/theirs} >/dev/null"
	}
	through_mounts "find and stat" 10 "$fresh" "find DIR -printf '%s %T@\n'"
	through_mounts "read all, 1 reader" 3 "$fresh" "find DIR -type f -print0 | sort -z | xargs -0 cat"
	through_mounts "read all, 2 readers" 4 "$fresh" "find DIR -type f -print0 | sort -z | xargs -0 -n 200 -P 2 cat"
	some='find DIR -type f -size -64k -print0 | sort -z | sort -Rz --random-source=<(yes) | head -z -n'
	through_mounts "400 small files" 6 "$fresh" "$some 400 | xargs -0 cat"
	through_mounts "40 small files, solid" 6 "$fresh_solid" "$some 40 | xargs -0 cat"
	bash -c "$end" >/dev/null 2>&1

	find "$tree" -type f -size +20k -print0 | sort -z | xargs -0 cat 2>/dev/null | head -c 10M | tr a b >ten
	pair "mount --rw, 10 MB, commit" "cp $lzx $ram/changed.wim" 0 \
		"wimtool mount --rw $ram/changed.wim ours && cp ten ours/ten && wimtool unmount --commit ours" \
		"wimlib-imagex mountrw" \
		"wimlib-imagex mountrw $ram/changed.wim 1 theirs --staging-dir=. && cp ten theirs/ten && wimlib-imagex unmount --commit theirs"
	rm -f "$ram/changed.wim"
fi
