#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Images as folders: what is seen equals what wimlib-imagex applies and mounts; changes through the mount give, for
# wimlib-imagex, the tree that was edited; killed servers and commits lose nothing.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex setfattr getfattr
[ -r /dev/fuse ] && [ -w /dev/fuse ] || { echo "skipped: no /dev/fuse for this user"; exit 0; }

export GOLDWIM_STATE_DIR=$work/state TMPDIR=$work
unmount_all() {
	local at
	for at in $(awk -v work="$work/" 'index($2, work) == 1 { print $2 }' /proc/mounts | tac); do
		umount -l "$at" 2>/dev/null || fusermount3 -uz "$at" 2>/dev/null
	done
}
trap 'unmount_all; chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work" "$log"' EXIT
mkdir mnt mnt2 theirs
equal() { "$support/cmp_tree.py" "$@"; }

# ---- an image with all that a WIM can hold and Linux can make ----
fixture tree tree --files 300 || exit 1
(
	cd tree || exit 1
	ln -s ../Windows/win.ini Users/relative
	ln -s "$work/tree/Windows" Users/absolute
	ln -s /etc/outside Users/outside
	ln -s nowhere Users/broken
	mkfifo pipe
	chmod 640 Windows/INF/* 2>/dev/null
	head -c 3000000 /dev/zero | tr '\0' z >Windows/long.txt
	fixture fill Windows/stored.bin 1M
	: >Windows/empty.txt
	touch -d '1999-01-02 03:04:05.1234567' "Users/ü ñ 文.txt"
)
wimlib-imagex capture tree plain.wim --compress=none --unix-data --rpfix >/dev/null 2>&1 || exit 1
"$support/wim_decorate.py" plain.wim decorated.wim

# Named streams come in through a mount; wimlib-imagex sees them.
check "mount for changes" wimtool mount --rw decorated.wim mnt
setfattr -n user.Zone.Identifier -v '[ZoneTransfer]' mnt/Windows/stored.bin
setfattr -n user.second -v 2 mnt/Windows/stored.bin
setfattr -n user.on.folder -v x mnt/Windows/INF
check "attributes of users become named streams" wimtool unmount --commit mnt
wimlib-imagex dir decorated.wim 1 --detailed --path=/Windows/stored.bin >facts 2>&1
check "wimlib-imagex sees both streams" test "$(grep -c 'Named data stream' facts)" -eq 2
check "and the descriptor that the file had" grep -q 'Security Descriptor = 01000480' facts
check "wimlib-imagex verify" wimlib-imagex verify decorated.wim

wimlib-imagex capture tree XPRESS.wim --compress=XPRESS --chunk-size=4K --unix-data --rpfix >/dev/null 2>&1
for type in LZX:20 LZMS:10; do
	wimlib-imagex export decorated.wim 1 "${type%:*}.wim" --compress=$type >/dev/null 2>&1
done
wimlib-imagex export decorated.wim 1 solid.wim --solid --solid-compress=LZMS:5 --solid-chunk-size=256K >/dev/null 2>&1
wimlib-imagex export decorated.wim 1 pipable.wim --compress=LZX:20 --pipable >/dev/null 2>&1
cp decorated.wim none.wim
wimlib-imagex split LZX.wim part.swm 0.6 >/dev/null 2>&1

# What find and getfattr say of a mount; wimlib-imagex has no size for links.
describe() {
	(cd "$1" && find . \( -type l -printf '%m %U %G %n l %T@ %p %l\n' \) -o -printf '%m %U %G %n %s %y %T@ %p\n' |
		sed "s|$work/[a-z]*/|ROOT/|" | sort
		find . ! -type l -print0 | sort -z | xargs -0 getfattr -d -e hex -- 2>/dev/null)
}
for wim in none XPRESS LZX LZMS solid pipable part; do
	file=$wim.wim ref=()
	[ $wim = part ] && file=part.swm ref=("--ref=part*.swm")
	wimlib-imagex apply $file 1 applied "${ref[@]}" >/dev/null 2>&1
	check "$wim: mount" wimtool mount $file mnt "${ref[@]}" || continue
	rm -f applied/Users/absolute  # leads into the target
	cp -a mnt seen 2>/dev/null
	rm -f seen/Users/absolute
	check "$wim: equals what wimlib-imagex applies" equal applied seen --no-dir-times --no-link-times
	wimtool unmount mnt -q
	[ $wim = pipable ] || {
		wimtool mount $file mnt "${ref[@]}" --unix-data -q
		wimlib-imagex mount $file theirs "${ref[@]}" --unix-data >/dev/null 2>&1
		describe mnt >a
		describe theirs >b
		check "$wim: names, modes, times, links and streams as wimlib-imagex mounts them" diff a b
		wimlib-imagex unmount theirs >/dev/null 2>&1
		wimtool unmount mnt -q
	}
	rm -rf applied seen
done

# ---- facts of Windows ----
wimtool mount LZX.wim mnt -q
wimlib-imagex dir LZX.wim 1 --detailed --path=/Windows/long.txt >facts 2>/dev/null
sed -n 's/^Security Descriptor = //p' facts >want
getfattr -n system.ntfs_acl -e hex mnt/Windows/long.txt 2>/dev/null | sed -n 's/^system.ntfs_acl=0x//p' >got
check "the security descriptor is an attribute" diff want got
sed -n 's/^Short Name *= "\(.*\)"/\1/p' facts >want
getfattr -n system.ntfs_dos_name --only-values mnt/Windows/long.txt 2>/dev/null >got; echo >>got
check "so is the short name" diff want got
check "a stream is read by its name" test "$(getfattr -n user.second --only-values mnt/Windows/stored.bin)" = 2
check "nothing can be written" test "$(touch mnt/new 2>&1 | grep -c 'Read-only')" -eq 1
check "names have their case" test ! -e mnt/WINDOWS
wimtool unmount mnt -q
wimtool mount LZX.wim mnt --ignore-case --streams-interface=windows -q
check "with --ignore-case they have none" cmp mnt/WINDOWS/Long.TXT tree/Windows/long.txt
check "a stream is a file with a colon" test "$(cat mnt/Windows/stored.bin:second)" = 2
check "and no attribute then" test -z "$(getfattr -d mnt/Windows/stored.bin)"
wimtool unmount mnt -q
wimtool mount LZX.wim mnt --streams-interface=none -q
check "or there are no streams" test -z "$(getfattr -d mnt/Windows/stored.bin; ls mnt/Windows/stored.bin:second 2>/dev/null)"
wimtool unmount mnt -q

# ---- many readers ----
(cd tree && find . -type f -print0 | sort -z | xargs -0 sha1sum) >want
for wim in LZX solid; do
	wimtool mount $wim.wim mnt --cache=1M -q
	for i in 1 2 3 4; do
		(cd mnt && find . -type f ! -name pipe -print0 | sort -Rz | xargs -0 sha1sum | sort -k2) >got.$i &
	done
	wait
	sort -k2 want >want.sorted
	check "$wim: four readers at once see the same" \
		bash -c 'for i in 1 2 3 4; do cmp want.sorted got.$i || exit 1; done'
	wimtool unmount mnt -q
done

# ---- refusals ----
refuse() {
	local name=$1 words=$2
	shift 2
	"$@" >out 2>&1 </dev/null
	[ $? -eq 3 ] && [ "$(wc -l <out)" -eq 1 ] && grep -q "$words" out && good "$name" || bad "$name" <out
}
wimtool mount LZX.wim mnt -q
refuse "a mount point that is in use" 'is mounted here already' wimtool mount LZX.wim mnt
check "the image twice" wimtool mount LZX.wim mnt2
wimtool unmount mnt2 -q
wimtool unmount mnt -q
refuse "a mount point that is not there" 'cannot be reached' wimtool mount LZX.wim nowhere
refuse "a mount point that is not empty" 'not empty' wimtool mount LZX.wim tree
refuse "a part without the others" 'other parts' wimtool mount part.swm mnt
refuse "a split WIM for changes" 'split WIM' wimtool mount --rw part.swm mnt --ref='part*.swm'
exec 7<>LZX.wim
flock -n 7
refuse "a WIM that another program is changing, for changes" 'another program' wimtool mount --rw LZX.wim mnt
check "but it can be read" wimtool mount LZX.wim mnt
wimtool unmount mnt -q
exec 7>&-
for bad in dotdot cyclic duplicate_names; do
	[ -f "${CORPUS:-}/wim/$bad.wim" ] || { skip "$bad.wim: no corpus"; continue; }
	refuse "hostile: $bad" "$bad.wim" wimtool mount "$CORPUS/wim/$bad.wim" mnt
done
check "no record is left of what was refused" test -z "$(ls state/mounts)"

# ---- damage ----
# (of a file that is read in one request: those are checked before a byte goes out)
mkdir damaged && head -c 100000 /dev/urandom >damaged/stored.bin
wimlib-imagex capture damaged damaged.wim --compress=none >/dev/null 2>&1
python3 - <<'PY'
data = open("damaged/stored.bin", "rb").read()
wim = bytearray(open("damaged.wim", "rb").read())
wim[wim.index(data[:4096]) + 70000] ^= 1
open("damaged.wim", "wb").write(wim)
PY
wimtool mount damaged.wim mnt -q
dd if=mnt/stored.bin of=read bs=2M count=1 iflag=direct 2>out
check "damaged data is an error" test "$(grep -c 'Input/output error' out)" -eq 1
check "and a line in the log" grep -q 'stored.bin: .*damaged' state/mounts/*/log
wimtool unmount mnt -q

# ---- changes ----
fixture tree small --files 200
wimlib-imagex capture small model.wim --compress=LZX:20 >/dev/null 2>&1
cp model.wim one.wim
check "random edits and commits give the tree that was edited" "$support/mount_model.py" one.wim 4 11
cp model.wim two.wim
check "so they do when servers and commits are killed" "$support/mount_model.py" two.wim 4 12 --kill
check "no record is left" test -z "$(ls state/mounts)"
check "7z t" sevenzip t two.wim

cp model.wim three.wim
wimtool mount --rw three.wim mnt -q
echo hello >mnt/new
check "commit as a further image" wimtool commit mnt --append='second <one>'
check "and once more into the first" wimtool unmount --commit mnt
wimlib-imagex info three.wim 2 | sed -n 's/^Name: *//p' >got
check "the name is the one given" diff got <(echo 'second <one>')
check "wimlib-imagex verify" wimlib-imagex verify three.wim
check "both images have the file" bash -c '[ "$(wimlib-imagex extract three.wim 1 /new --to-stdout) \
	$(wimlib-imagex extract three.wim 2 /new --to-stdout)" = "hello 	hello" ] || \
	[ "$(for i in 1 2; do wimlib-imagex extract three.wim $i /new --to-stdout; done | sort -u)" = hello ]'

wimlib-imagex append small three.wim 'of two' 'about the other' >/dev/null 2>&1
wimtool mount --rw three.wim 3 mnt -q
echo hello >mnt/new
check "an image that is not the first as a further one" wimtool commit mnt --append=fourth
wimtool unmount --discard mnt -q
wimlib-imagex info three.wim 4 | sed -n 's/^Description: *//p' >got
check "it has the properties of the one that was mounted" diff got <(echo 'about the other')

cp model.wim four.wim
wimtool mount --rw four.wim mnt -q
echo mine >mnt/mine
echo theirs >script.txt
wimtool update four.wim 1 --command='add script.txt /theirs' -q
refuse "an image that another program has changed since" 'another program has changed it' wimtool commit mnt
check "a further image keeps the changes" wimtool commit mnt --append=mine
wimtool unmount --discard mnt -q
check "wimlib-imagex verify" wimlib-imagex verify four.wim

mkdir -p linked/a linked/b linked/c && echo shared >linked/b/name && ln linked/b/name linked/c/name
wimlib-imagex capture linked linked.wim --compress=none >/dev/null 2>&1
wimtool mount --rw linked.wim mnt -q
ln mnt/c/name mnt/a/new
echo fresh >mnt/fresh
mv mnt/fresh mnt/b/name
check "one name of a file is replaced, another one gets a further name" wimtool unmount --commit mnt -q
wimlib-imagex apply linked.wim 1 linked.out >/dev/null 2>&1
check "the names that stay are one file" test linked.out/a/new -ef linked.out/c/name
check "the one that was replaced is another" test "$(cat linked.out/a/new linked.out/b/name | tr '\n' ' ')" = "shared fresh "

# ---- what a server keeps open, and where it keeps things ----
wimlib-imagex export three.wim 1 staged.esd --solid >/dev/null 2>&1
mkdir scratch && refuse "a staging folder that is not there" 'staging-dir=nowhere' wimtool mount staged.esd mnt --staging-dir=nowhere
refuse "a staging folder that is a file" 'staging-dir=one.wim: is no folder' wimtool mount staged.esd mnt --staging-dir=one.wim
exec 7>lock
flock 7
TMPDIR=/nowhere wimtool mount staged.esd mnt --staging-dir=scratch -q
exec 7>&-
check "the lock of a script is not held by the server" flock -n lock true
opened() { readlink "/proc/$(wimtool mounts --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["result"]["mounts"][0]["server"])')"/fd/*; }
check "decoded data of a solid WIM is in the staging folder" bash -c 'grep -q "/scratch/" <<<"$1"' - "$(opened)"
wimtool unmount mnt -q
(
	export GOLDWIM_STATE_DIR=relative
	wimtool mount --rw three.wim 1 mnt -q && echo elsewhere >mnt/elsewhere && wimtool unmount --commit mnt -q
)
check "a state folder may be named from the current one" \
	test "$(wimlib-imagex extract three.wim 1 /elsewhere --to-stdout 2>/dev/null)" = elsewhere

# ---- the image under a mount ----
wimtool mount --rw three.wim 3 mnt -q
cp three.wim three.before
refuse "the image that is mounted for changes is not deleted" 'is mounted for changes on .*/mnt (wimtool unmount' wimtool delete three.wim 3
refuse "nor softly, nor with all others" 'is mounted for changes' wimtool delete three.wim all --soft
check "nothing was written" cmp three.wim three.before
check "another one is" wimtool delete three.wim 4
echo kept >mnt/kept-change
check "and the changes can be committed" wimtool unmount --commit mnt -q
check "into the image that was mounted" test "$(wimlib-imagex extract three.wim 3 /kept-change --to-stdout 2>/dev/null)" = kept

# ---- options ----
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$work"
	other() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }
	for how in '' --rw; do
		wimtool mount LZX.wim mnt $how -q
		check "others are not let in $how" test -z "$(other cat mnt/Windows/long.txt 2>/dev/null | head -c 1)"
		wimtool unmount mnt -q
		wimtool mount LZX.wim mnt $how --allow-other -q
		check "--allow-other $how lets them in" other cmp mnt/Windows/long.txt mnt/Windows/long.txt
		wimtool unmount mnt -q
	done
else
	skip "--allow-other: not root, or no setpriv"
fi
cp model.wim six.wim
wimtool mount --rw six.wim mnt -q
echo added >mnt/added
check "unmount --commit --new-image" wimtool unmount --commit --new-image mnt
check "there is an image more" test "$(wimlib-imagex info six.wim | sed -n 's/^Image Count: *//p')" -eq 2
check "the first one is as it was" test -z "$(wimlib-imagex dir six.wim 1 | grep -x /added)"
check "the change is in the new one" test "$(wimlib-imagex extract six.wim 2 /added --to-stdout 2>/dev/null)" = added
check "wimlib-imagex verify" wimlib-imagex verify six.wim
for option in --lazy --force; do
	wimtool mount LZX.wim mnt -q
	exec 8<mnt/Windows/long.txt
	refuse "unmount with a file open" 'files are open there' wimtool unmount mnt
	check "unmount $option with a file open" wimtool unmount $option mnt
	check "nothing is mounted any more" bash -c '! mountpoint -q mnt && [ -z "$(ls mnt)" ]'
	check "the open file can be read to its end" bash -c 'cmp - tree/Windows/long.txt <&8'
	exec 8<&-
done
check "no record is left" test -z "$(ls state/mounts)"

# ---- what others leave, what is broken ----
# The first mount that there is loses its server.
kill_server() {
	local server i
	server=$(wimtool mounts --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["result"]["mounts"][0]["server"])')
	kill -9 "$server"
	for i in $(seq 200); do
		wimtool mounts | sed -n 3p | grep -q '^  ok$' || return
		sleep 0.05
	done
}
mkdir apart dead
cp model.wim apart/wimlib.wim
wimlib-imagex mountrw apart/wimlib.wim 1 dead >/dev/null 2>&1
echo lost >dead/lost
server=$(pgrep -f "mountrw apart/wimlib.wim 1 dead")
kill -9 "$server"
while kill -0 "$server" 2>/dev/null; do sleep 0.05; done
refuse "the mount point of a dead mount by wimlib" 'has died' wimtool mount LZX.wim dead
check "unmount --force clears it" wimtool unmount --force dead
check "recover puts its folder away" bash -c 'wimtool recover apart/wimlib.wim | grep -q "1 folder of killed mounts" && [ "$(ls apart)" = wimlib.wim ]'
check "nothing is lost by it" grep -rqx lost state/recovered
check "clean leaves it" bash -c 'wimtool clean | grep -q "killed mounts of wimlib"'
check "clean --discard removes it" bash -c 'wimtool clean --discard -q && [ ! -e state/recovered ]'

wimtool mount --rw model.wim mnt -q
wimtool mount LZX.wim mnt2 -q
echo change >mnt/change
kill_server
check "recover names the mount that holds changes" bash -c 'wimtool recover model.wim | grep -q "wimtool remount $PWD/mnt"'
check "clean keeps it" bash -c 'wimtool clean | grep -q "its changes are kept"'
check "remount brings the changes back" bash -c 'wimtool remount -q && [ "$(cat mnt/change)" = change ]'
kill_server
check "clean --discard drops them and leaves the live mount" \
	bash -c 'wimtool clean --discard -q && [ "$(ls state/mounts | wc -l)" -eq 1 ] && [ -e mnt2/Windows ] && ! mountpoint -q mnt'
check "unmount --commit of a read-only mount" wimtool unmount --commit mnt2
mkdir state/mounts/broken
check "mounts tells of a folder without a record" bash -c 'wimtool mounts 2>&1 | grep -q broken'
check "clean removes it" bash -c 'wimtool clean -q && [ -z "$(ls state/mounts)" ]'
check "no WIM was changed by all that" cmp model.wim apart/wimlib.wim

cp model.wim five.wim
wimtool mount --rw five.wim mnt -q
rm -rf mnt/Windows
check "unmount --commit --rebuild --check" wimtool unmount --commit --rebuild --check mnt
check "the WIM is smaller" test "$(stat -c %s five.wim)" -lt "$(stat -c %s model.wim)"
check "and agrees with its integrity table" wimlib-imagex verify five.wim
check "mount --check" wimtool mount --check five.wim mnt
wimtool unmount mnt -q
printf X | dd of=five.wim bs=1 seek=5000 conv=notrunc status=none
refuse "mount --check of a WIM that differs from its table" 'integrity' wimtool mount --check five.wim mnt

# libwim of Debian brings libfuse 2, our server libfuse 3: each must be bound to its own.
LD_BIND_NOW=1 LD_DEBUG=bindings wimtool --version >/dev/null 2>bindings
check "our calls go to libfuse3" bash -c 'grep "symbol .fuse_" bindings | grep -q "wimtool .*libfuse3"'
check "no call goes to the other library" \
	bash -c '! grep "symbol .fuse_" bindings | grep -E "wimtool \[[0-9]+\] to [^ ]*libfuse\.so|libwim[^ ]* \[[0-9]+\] to [^ ]*libfuse3"'
finish
