#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Mounts of a user who is not root: through fusermount3, and for changes through fuse-overlayfs. Run by root, the user
# is nobody. And --foreground.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex fusermount3 fuse-overlayfs setpriv getfattr setfattr

as_user() { "$@"; }
if [ "$(id -u)" -eq 0 ]; then
	as_user() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }
	chmod 755 "$work"
	mkdir user && chown nobody:nogroup user && cd user || exit 1
fi
as_user test -r /dev/fuse -a -w /dev/fuse || { echo "skipped: no /dev/fuse for ordinary users"; exit 0; }
as_user test -x "$BIN/wimtool" -a -r "$support/mount_model.py" || { echo "skipped: an ordinary user cannot read the programs"; exit 0; }
export HOME=$PWD GOLDWIM_STATE_DIR=$PWD/state TMPDIR=$PWD
trap 'for at in mnt state/mounts/*/lower; do as_user fusermount3 -uz "$at" 2>/dev/null; done; cd /; chmod -R u+rwX "$work"; rm -rf "$work" "$log"' EXIT

as_user fixture tree linked --files 200 || exit 1
as_user cp -r --no-dereference --preserve=timestamps,mode linked tree
as_user mkdir mnt
as_user wimlib-imagex capture linked linked.wim --compress=LZX:20 >/dev/null 2>&1
as_user wimlib-imagex capture tree tree.wim --compress=LZX:20 >/dev/null 2>&1

# ---- to look ----
check "mount" as_user wimtool mount linked.wim mnt
check "the image is seen" as_user "$support/cmp_tree.py" linked mnt
check "unmount" as_user wimtool unmount mnt
check "nothing is left of it" test -z "$(ls state/mounts)"

# ---- to change ----
created() { wimlib-imagex dir "$1" 1 --path="$2" --detailed | sed -n 's/^Creation Time *= //p' | head -n 1; }
as_user cp tree.wim kept.wim
ini=$(cd tree && find Windows/INF -type f | sort | head -n 1)
before=$(created kept.wim "/$ini")
check "mount --rw" as_user wimtool mount --rw kept.wim mnt
check "it is fuse-overlayfs" grep -q " $PWD/mnt fuse.fuse-overlayfs " /proc/mounts
as_user mv "mnt/$ini" mnt/Windows/renamed
as_user setfattr -n user.stream -v of-a-user mnt/Windows/renamed
check "unmount --commit" as_user wimtool unmount --commit mnt
check "a renamed file keeps what Windows knows of it" test -n "$before" -a "$(created kept.wim /Windows/renamed)" = "$before"
as_user wimtool mount kept.wim mnt -q
check "its new stream is there, and no other one" \
	test "$(as_user getfattr -d mnt/Windows/renamed | grep =)" = 'user.stream="of-a-user"'
as_user wimtool unmount mnt -q
as_user cp linked.wim names.wim
as_user wimtool mount --rw names.wim mnt -q
name=$(cd linked && find . -type f -links +1 | sort | head -n 1)
as_user bash -c "echo changed >'mnt/$name'"
as_user wimtool unmount --commit mnt -q
check "a change goes to all names of a file" test "$(wimlib-imagex apply names.wim 1 names >/dev/null 2>&1
	find names -samefile "names/$name" | wc -l; cat "names/$name")" = \
	"$(find linked -samefile "linked/$name" | wc -l; echo changed)"
for seed in 1 2; do
	as_user cp tree.wim model.wim
	check "random edits and commits give the tree that was edited: $seed" \
		as_user "$support/mount_model.py" model.wim 4 $seed --no-links
	as_user cp tree.wim model.wim
	check "so they do when servers and commits are killed: $seed" \
		as_user "$support/mount_model.py" model.wim 4 $seed --no-links --kill
done
check "no record is left" test -z "$(ls state/mounts)"

# ---- in the foreground ----
await() { for _ in $(seq 100); do "$@" && return; sleep 0.05; done; return 1; }
for signal in INT TERM HUP; do
	as_user env --default-signal=INT wimtool mount --foreground tree.wim mnt -q 2>err &
	check "--foreground shows the image" await as_user test -d mnt/Windows
	server=$(as_user pgrep -u "$(stat -c %u state)" -f '^wimtool mount --foreground tree.wim mnt -q$' | head -n 1)
	kill -$signal "$server"
	wait $!
	check "SIG$signal ends it without an error" test $? -eq 0 -a ! -s err
	check "and the mount" test -z "$(as_user ls mnt)$(ls state/mounts)"
done
as_user wimtool mount --foreground tree.wim mnt -q &
await as_user test -d mnt/Windows
check "unmount ends it" as_user wimtool unmount mnt
wait $!
check "without an error, too" test $? -eq 0
as_user wimtool mount --rw --foreground tree.wim mnt >out 2>&1
check "it does not go with changes" test $? -eq 2
finish
