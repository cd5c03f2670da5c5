#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What capture and append write, beside what wimlib-imagex writes of the same folder.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex setfattr

details() { # WIM IMAGE: all that wimlib-imagex knows, less places in the file and the numbers of link groups
	wimlib-imagex dir "$1" "$2" --detailed |
		grep -vE '^(Raw |Offset|Compressed size|Solid |Flags|Link Group ID|Last Access Time|Reference Count)'
}
xml() { wimlib-imagex info --xml "$1" | iconv -f utf-16 -t utf-8 | tr -d '\n' | sed -E 's/<(CREATION|LASTMODIFICATION)TIME>.{0,90}<\/\1TIME>//g; s/TOTALBYTES>[0-9]*<\/TOTALBYTES><\/WIM/WIM/'; }
same_as_wimlib() { # NAME WIM IMAGE THEIRS
	details "$2" "$3" >ours.txt
	details "$4" "$3" >theirs.txt
	[ -s theirs.txt ] || echo none >theirs.txt
	check "$1: metadata as wimlib-imagex writes it" diff theirs.txt ours.txt
	xml "$2" >ours.xml
	xml "$4" >theirs.xml
	check "$1: XML as wimlib-imagex writes it" diff -a theirs.xml ours.xml
	check "$1: wimlib-imagex verify" wimlib-imagex verify "$2"
	check "$1: 7z t" sevenzip t "$2"
	check "$1: wimtool verify" wimtool verify "$2"
}

fixture tree src --files 300 >/dev/null || exit 1
mkdir -p src/dir/sub src/Ünï 'src/with space'
echo hello >src/f
ln src/f src/dir/hard
: >src/empty
ln -s f src/link
ln -s dir src/to-dir
ln -s "$PWD/src/f" src/inside
ln -s /etc/hostname src/outside
ln -s nothing src/dangling
truncate -s 100000 src/sparse
head -c 200001 /dev/urandom >src/noise
cp src/noise src/dir/copy
setfattr -n user.note -v value src/f
chmod 4711 src/f
mkfifo src/fifo
touch -d '1999-12-31 23:59:59.123456789' src/dir/sub

for options in '' --norpfix --unix-data --dereference '--compress=none --check --boot'; do
	case $options in --dereference) mv src/dangling .; esac
	wimlib-imagex capture src theirs.wim $options --flags=Server >/dev/null 2>&1
	check "capture $options" wimtool capture src ours.wim --force $options --flags=Server
	same_as_wimlib "capture $options" ours.wim 1 theirs.wim
	[ -e dangling ] && mv dangling src
done

cp ours.wim more.wim
cp theirs.wim theirs-more.wim
mkdir other
cp -a src/dir other/
echo more >other/more
check "append" wimtool append other more.wim Other 'a description' --unix-data
wimlib-imagex append other theirs-more.wim Other 'a description' --unix-data >/dev/null 2>&1
same_as_wimlib append more.wim 2 theirs-more.wim
check "append keeps the integrity table" grep -q 'Integrity info' <(wimlib-imagex info more.wim)
check "append stores what is there once" test "$(($(stat -c %s more.wim) - $(stat -c %s ours.wim)))" -lt 60000

cat >config.ini <<'INI'
; what is left out
[ExclusionList]
*.dll
\Windows\System32\config
'\with space'
/dir/s?b
"\Program Files*"
[ExclusionException]
\Windows\System32\config\SOFTWARE
f
[CompressionExclusionList]
*.zip
[PrepopulateList]
x
INI
check "capture --config" wimtool capture src config.wim --config=config.ini
wimlib-imagex capture src theirs-config.wim --config=config.ini >/dev/null 2>&1
check "--config leaves out what wimlib-imagex leaves out" diff <(wimlib-imagex dir theirs-config.wim | sort) <(wimlib-imagex dir config.wim | sort)
sed '/^\[Comp/,$d' config.ini | iconv -t utf-16 >utf16.ini
wimtool capture src utf16.wim --config=utf16.ini -q 2>/dev/null
check "--config in UTF-16" diff <(wimlib-imagex dir theirs-config.wim | sort) <(wimlib-imagex dir utf16.wim | sort)
mkdir page && touch page/pagefile.sys page/HIBERFIL.SYS page/kept
wimtool capture page page.wim -q
check "the page file of Windows is left out" diff <(printf '/\n/kept\n') <(wimlib-imagex dir page.wim)

# a file that did not change is not read: it may be unreadable, or hold other bytes
wimtool capture src before.wim -q 2>/dev/null
cp -a src after
stamp=$(stat -c %y after/noise)
head -c 200001 /dev/zero >after/noise
touch -d "$stamp" after/noise
echo changed >after/f
check "capture --update-from" wimtool capture after after.wim --update-from=before.wim:1
check "an unchanged file comes from the WIM" cmp src/noise <(wimlib-imagex extract after.wim 1 /noise --to-stdout 2>/dev/null)
check "a changed one from the folder" cmp after/f <(wimlib-imagex extract after.wim 1 /f --to-stdout 2>/dev/null)
check "it is a whole WIM" wimtool verify after.wim
check "append --update-of" wimtool append after before.wim again --update-of=1
check "with the same contents" cmp src/noise <(wimlib-imagex extract before.wim 2 /noise --to-stdout 2>/dev/null)
check "capture --delta-from" wimtool capture other delta.wim --delta-from=ours.wim
check "a delta holds what is new only" test "$(stat -c %s delta.wim)" -lt 60000
check "a delta is applied with its base" wimlib-imagex apply delta.wim 1 from-delta --ref=ours.wim
check "and gives the folder" "$support/cmp_tree.py" other from-delta

printf '%s\n' 'src /' '# a comment' '"other" "/new folder/other"' >list.txt
wimtool capture list.txt list.wim --source-list --norpfix -q 2>/dev/null
wimlib-imagex capture list.txt theirs-list.wim --source-list --norpfix >/dev/null 2>&1
check "--source-list" diff <(wimlib-imagex dir theirs-list.wim) <(wimlib-imagex dir list.wim)
rm -rf piped
wimtool capture other - -q 2>/dev/null | wimlib-imagex apply - 1 piped >/dev/null 2>&1
check "a WIM through a pipe" "$support/cmp_tree.py" other piped

# the same bytes, whatever is different around it
twin() { # NAME: the same tree, made in another order
	mkdir "$1"
	(cd src && find . -print0 | sort -z $2 | tar -c --format=posix --no-recursion --null -T -) | tar -xp -C "$1"
	# tar does not always give folders their time back
	(cd src && find . -type d -exec touch -r {} "../$1/{}" \;)
}
runs=${REPRODUCIBLE_RUNS:-6}
sums=
for i in $(seq "$runs"); do
	tree=twin$((i % 3))
	case $i in
	1) twin twin1 '' ;;
	2) twin twin2 -r ;;
	3) cp -a src twin0 ;;
	esac
	sums+=$(
		umask $((i % 2 ? 22 : 77))
		export SOURCE_DATE_EPOCH=1700000000 TZ=$([ $((i % 2)) = 0 ] && echo Asia/Tokyo || echo UTC)
		wimtool capture $tree repro.wim name --reproducible --force --threads=$((i % 5 + 1)) -q 2>/dev/null
		sha256sum <repro.wim
	)$'\n'
done
check "$runs captures give one SHA-256" test "$(sort -u <<<"${sums%$'\n'}" | wc -l)" -eq 1
check "which is that of a WIM" wimlib-imagex verify repro.wim
rm -rf out
wimlib-imagex apply repro.wim 1 out >/dev/null 2>&1
check "with the contents of the tree" diff -r --no-dereference --exclude=inside --exclude=fifo src out

# A file that becomes shorter meanwhile: long enough to be read while it is compressed.
mkdir busy && seq 9000000 >busy/log
wimtool capture busy busy.wim --compress=max >said 2>&1 &
sleep 0.4
truncate -s 5 busy/log
wait $!
[ $? -eq 3 ] && grep -q '^wimtool: busy.wim: busy/log: changed while it was read (' said && [ ! -e busy.wim ] &&
	good "a file that shrinks while it is read is named" || bad "a file that shrinks while it is read is named" <said
finish
