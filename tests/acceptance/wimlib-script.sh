#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A script written for wimlib-imagex is run by wimlib-imagex and by wimtool under that name: every command ends the same
# way, and files, lists, names and properties that it leaves are the same.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex setfattr

real=$(command -v wimlib-imagex)
mkdir names theirs ours
ln -s "$BIN/wimtool" names/wimlib-imagex
for verb in append apply capture delete dir export extract info join optimize split update verify; do
	ln -s "$BIN/wimtool" "names/wim$verb"
done

# Prints what a script can see. $imagex is the program, $by the prefix of wimcapture and so on.
script() {
	run() { # the command, and whether it worked
		"$@" >out.txt 2>err.txt
		local status=$?
		echo "$(basename "$1") ${*:2}: $([ $status -eq 0 ] && echo worked || echo failed)"
	}
	fields() { "$imagex" info "$@" | grep -E '^(Version|Compression|Image Count|Boot Index|Part Number|Index|Name|Description|Directory Count|File Count|Total Bytes|Chunk Size):' | sed 's/  */ /g'; }
	files() { "$imagex" dir "$@" | LC_ALL=C sort; }
	tree() { # what is in a folder
		(cd "$1" && find . -printf '%P %y %n %l\n' | sort && find . -type f -exec sha1sum {} + | sort -k 2 && find . -mindepth 1 ! -type l ! -name added -printf '%P %T+\n' | sort) 2>&1
		rm -rf "$1"
	}
	run "$imagex" capture src a.wim
	files a.wim 1
	fields a.wim
	run "$imagex" capture src a.wim 'First image' 'its description' --compress=maximum --check --boot
	fields a.wim 1
	"$imagex" info a.wim | grep -c 'Integrity info'
	run "$imagex" append other a.wim Second --nocheck
	"$imagex" info a.wim | grep -c 'Integrity info'
	run "$imagex" append other a.wim Second
	run "$imagex" append missing a.wim Third
	run "$imagex" append other new.wim Name --create --compress=fast
	fields new.wim
	run "$imagex" apply a.wim 1 t1
	tree t1
	run "$imagex" apply a.wim 'Second' t2
	tree t2
	run "$imagex" apply a.wim t3
	rm -rf t3
	run "$imagex" apply a.wim 9 t3
	rm -rf t3
	for type in none fast xpress lzx maximum; do
		run "$imagex" capture src "$type.wim" --compress=$type --config=config.ini --norpfix
		files "$type.wim" 1
		"$imagex" info "$type.wim" | grep '^Compression'
	done
	run "$imagex" capture src unix.wim --unix-data --rpfix
	run "$imagex" apply unix.wim 1 t4 --unix-data
	(cd t4 && find . ! -type l -printf '%P %m %U %G %y\n' | sort; getfattr -d f 2>/dev/null)
	tree t4
	run "$imagex" export a.wim Second x.wim
	run "$imagex" export a.wim 1 x.wim Renamed 'Another text' --boot
	fields x.wim
	run "$imagex" export a.wim 1 x.wim Renamed
	run "$imagex" export a.wim all all.wim --compress=fast --check
	fields all.wim
	run "$imagex" extract a.wim 1 /dir/hard /f --dest-dir=e1
	tree e1
	run "$imagex" extract a.wim 1 '/dir/*' --dest-dir=e2
	tree e2
	run "$imagex" extract a.wim 1 '/nothing*' --dest-dir=e3
	run "$imagex" extract a.wim 1 '/nothing*' --dest-dir=e3 --nullglob
	run "$imagex" extract a.wim 1 '/nothing' --dest-dir=e3 --no-wildcards
	rm -rf e3
	printf '/f\n/dir/hard\n' >list
	run "$imagex" extract a.wim 1 @list --dest-dir=e4
	tree e4
	"$imagex" extract a.wim 1 /f --to-stdout
	cp a.wim u.wim
	run "$imagex" update u.wim 1 <<-'END'
		# a comment
		add src/text /added/own
		add 'other' "/with space"
		delete --recursive /dir
		delete --force /not/there
		rename /f /renamed
	END
	files u.wim 1
	run "$imagex" update u.wim 1 --command='delete /not/there'
	run "$imagex" update u.wim 1 --command='delete /added'
	run "$imagex" update u.wim 1 --command='rename /nothing /something'
	run "$imagex" update u.wim 1 --command='delete /renamed' --rebuild --check
	files u.wim 1
	"$imagex" info u.wim | grep -c 'Integrity info'
	run "$imagex" apply u.wim 1 t5
	tree t5
	run "$imagex" split a.wim p.swm 0.1
	ls p*.swm
	fields p.swm | grep Part
	run "$imagex" verify p.swm --ref='p*.swm'
	run "$imagex" apply p.swm 1 t6 --ref='p*.swm'
	tree t6
	run "$imagex" apply p.swm 1 t7
	rm -rf t7
	run "$imagex" join j.wim p*.swm
	files j.wim 2
	run "$imagex" join j2.wim p.swm
	run "$imagex" delete j.wim 1 --soft
	fields j.wim
	run "$imagex" optimize j.wim --recompress --compress=maximum --check
	fields j.wim
	run "$imagex" delete j.wim Second
	fields j.wim
	run "$imagex" delete j.wim 5
	cp a.wim i.wim
	run "$imagex" info i.wim 1 'New name' 'New text' --boot
	run "$imagex" info i.wim 2 --image-property FLAGS=Professional --image-property WINDOWS/VERSION/MAJOR=10 --image-property WINDOWS/VERSION/MINOR=0 --image-property WINDOWS/VERSION/BUILD=19045
	fields i.wim
	"$imagex" info i.wim 2 | grep -E '^(Flags|Build|Major)' | sed 's/  */ /g'
	run "$imagex" info i.wim 0 --boot
	run "$imagex" info i.wim 7 Name
	run "$imagex" info i.wim 2 'New name'
	fields i.wim
	"$imagex" info i.wim --header | grep -E '^(Magic|Header Size|Version|Chunk|Total Parts|Image Count|Boot Index)'
	"$imagex" info i.wim --lookup-table | grep -c '^Hash'
	run "$imagex" info i.wim --extract-xml x.xml
	head -c 2 x.xml | od -An -tx1
	run "$imagex" verify i.wim
	printf '%s\n' 'src /' 'other /in/side' >sources
	run "$imagex" capture sources s.wim --source-list
	files s.wim 1
	run "$imagex" dir a.wim 1 --path=/dir
	cat out.txt
	run "$imagex" dir a.wim 1 --path=/nothing
	run "$imagex" nonsense
	run "$imagex" capture src
	run "$imagex" capture src b.wim --nonsense
	"$imagex" capture src - 2>/dev/null | "$imagex" apply - 1 t8 >/dev/null 2>&1
	tree t8
	# further options
	run "$imagex" apply a.wim all t12
	(cd t12 && find . -type f | sort)
	tree t12
	for option in --no-attributes --strict-acls --include-invalid-names; do
		run "$imagex" apply a.wim 1 t13 $option
		tree t13
		run "$imagex" extract a.wim 1 /f --dest-dir=t13 $option
		tree t13
	done
	run "$imagex" dir a.wim 1 --path=/dir --one-file-only
	cat out.txt
	cp a.wim o.wim
	run "$imagex" append other o.wim Third --compress=LZX --rebuild
	run "$imagex" append other o.wim Fourth --pipable
	head -c 5 o.wim
	fields o.wim
	run "$imagex" optimize o.wim --not-pipable
	run "$imagex" append other o.wim Fifth --not-pipable
	run "$imagex" export o.wim 1 o2.wim --recompress
	run "$imagex" export o.wim 2 boot.wim --wimboot
	fields boot.wim
	"$imagex" info boot.wim 1 | grep -c '^WIMBoot compatible: *yes'
	run "$imagex" info o.wim 1 Sixth --include-integrity
	"$imagex" info o.wim | grep -c 'Integrity info'
	run "$imagex" update o.wim 2 --command='delete /own' --include-integrity --wimboot-config=config.ini
	files o.wim 2
	run "$imagex" extract o.wim 2 /Windows/System32/WimBootCompress.ini --to-stdout
	cat out.txt
	run "$imagex" verify o.wim --nocheck
	printf 'X' | dd of=o.wim bs=1 seek=$(($(stat -c %s o.wim) - 5)) conv=notrunc status=none # in the integrity table
	run "$imagex" verify o.wim --nocheck
	run "$imagex" verify o.wim
	rm o.wim
	"$imagex" export a.wim 1 - 2>/dev/null | "$imagex" apply - 1 t10 >/dev/null 2>&1
	tree t10
	run "$imagex" export a.wim all pipe.wim --pipable --check
	fields pipe.wim
	run "$imagex" optimize pipe.wim
	run "$imagex" delete pipe.wim 1 --soft
	head -c 5 pipe.wim
	run "$imagex" optimize pipe.wim --not-pipable
	head -c 5 pipe.wim
	run "$imagex" optimize pipe.wim --pipable
	head -c 5 pipe.wim
	"$imagex" apply - 1 t11 <pipe.wim >/dev/null 2>&1
	tree t11
	# links of Linux: backslashes in their targets, the root itself, and a WIM that learns of it with a later image
	run "$imagex" capture links l.wim --norpfix
	run "$imagex" append links l.wim Fixed --rpfix
	"$imagex" info l.wim | grep -c '^Attributes: .*Relative path junction'
	for image in 1 2; do
		run "$imagex" apply l.wim $image t14
		tree t14
	done
	run "$imagex" capture links lzms.wim --compress=lzms
	fields lzms.wim
	run "$imagex" info l.wim 1 --image-property 'WINDOWS/LANGUAGES/LANGUAGE[1]=en-US' --image-property 'WINDOWS/LANGUAGES/LANGUAGE[2]=de-DE'
	run "$imagex" info l.wim 1 --image-property 'WINDOWS/LANGUAGES/LANGUAGE[4]=fr-FR'
	run "$imagex" info l.wim 1 'Has one' 'and more' --image-property DESCRIPTION=
	"$imagex" info l.wim --extract-xml l.xml
	iconv -f UTF-16 -t UTF-8 l.xml | grep -oE '<(LANGUAGES?|DESCRIPTION|NAME)>[^<]*'
	# options as getopt_long_only takes them
	run "$imagex" capture src g.wim --comp none --chec
	run "$imagex" capture src g.wim -compress=xpress --chunk-size=64KiB --unix
	fields g.wim
	run "$imagex" capture src g.wim --re
	run "$imagex" capture src g.wim --rebuild --no-solid-sort --no-check
	run "$imagex" info g.wim --head
	run "$imagex" info g.wim --nocheck --version
	run "$imagex" dir g.wim ''
	run "$imagex" delete g.wim ''
	# letters count, unless they do not
	run "$imagex" dir g.wim 1 --path=/DIR
	run "$imagex" extract g.wim 1 '/DI*' --dest-dir=e5
	run "$imagex" dir g.wim SRC
	WIMLIB_IMAGEX_IGNORE_CASE=1 run "$imagex" dir g.wim 1 --path=/DIR --one-file-only
	cat out.txt
	WIMLIB_IMAGEX_IGNORE_CASE=0 run "$imagex" dir g.wim 1 --path=/DIR
	run "$imagex" capture src case.wim --config=case.ini
	files case.wim
	run "$imagex" capture odd all-of-it.wim --config=/dev/null
	files all-of-it.wim
	# what an export and optimize make of solid WIMs, and of names
	run "$imagex" capture src so.wim --solid --solid-chunk-size=1M --solid-compress=lzx:20 --check
	run "$imagex" export so.wim 1 so2.wim
	run "$imagex" export so.wim 1 lzx.esd --compress=lzx
	run "$imagex" export lzx.esd 1 plain.esd
	run "$imagex" optimize so.wim --unsafe-compact
	run "$imagex" optimize so.wim --compress=lzx --chunk-size=32K
	run "$imagex" capture src recovery.wim --compress=recovery
	for wim in so.wim so2.wim lzx.esd plain.esd recovery.wim; do
		fields "$wim"
		"$imagex" info "$wim" | grep '^Attributes'
		"$imagex" info "$wim" --blobs | grep -cE '^Solid resource'
	done
	run "$imagex" append other so.wim --compress=none
	run "$imagex" append src so.wim Again --update-of=-1
	run "$imagex" capture src new2.wim --update-of=so.wim:-2
	files new2.wim
	run "$imagex" capture src new2.wim --update-of=so.wim:-9
	run "$imagex" extract so.wim 1 /dir /dir/sub /f --preserve-dir-structure --dest-dir=e6
	tree e6
	run "$imagex" dir so.wim all
	grep -c . out.txt
	"$imagex" info so.wim --xml | head -c 12 | od -An -tx1
	"$imagex" info so.wim 1 | head -n 2
	"$imagex" info so.wim --nocheck | grep -c 'Integrity info'
	# an image with links that were made relative, in a WIM that has none yet
	for option in --nocheck --rebuild; do
		run "$imagex" capture other plain.wim --norpfix
		run "$imagex" export l.wim Fixed plain.wim $option
		"$imagex" info plain.wim | grep '^Attributes'
		run "$imagex" apply plain.wim Fixed t16
		tree t16
	done
	# update: what it adds, and what gives way
	run "$imagex" capture other up.wim
	run "$imagex" update up.wim 1 <<-'END'
		add odd /odd
		add --unix-data odd /unix
		add --dereference odd /followed
		rename /own /sub/copy
	END
	files up.wim
	run "$imagex" apply up.wim 1 t15 --unix-data
	(cd t15 && find . ! -name . -printf '%P %M %U %l\n' | sort)
	rm -rf t15
	for command in 'add odd/file /odd/link' 'add odd/link /odd/file' 'add --no-replace odd/file /unix/file' 'add --no-replace odd/file /unix/new' \
		'rename /odd /unix' 'rename /odd/empty /odd/file' 'rename /odd/file /odd/empty' 'rename /odd/empty /unix/empty' 'rename /odd/file /odd/a:b' \
		'delete /UNIX/FILE' 'add odd/file /UNIX'; do
		run "$imagex" update up.wim 1 --command="$command"
		files up.wim
	done
	run "$imagex" update up.wim 1 --command='add odd /configured' --config=case.ini --no-acls --unsafe-compact
	files up.wim
	run "$imagex" update --rebuild up.wim 1 </dev/null
	run "$imagex" update up.wim 1 --command='delete /'
	run "$imagex" update up.wim 1 --command='delete --recursive /'
	run "$imagex" update up.wim 1 --command='add odd/file /again'
	files up.wim
	# a pipable WIM is changed, and stays one
	run "$imagex" capture other changed.wim --pipable
	run "$imagex" append src changed.wim More
	run "$imagex" update changed.wim 1 --command='add odd/file /new'
	run "$imagex" update changed.wim 1 --command='delete /not/there'
	run "$imagex" info changed.wim 2 Renamed --boot
	fields changed.wim
	"$imagex" info changed.wim | grep '^Attributes'
	files changed.wim 1
	run "$imagex" append src changed.wim Usual --not-pipable
	"$imagex" info changed.wim | grep '^Attributes'
	# patterns, lists and odd names on standard output
	run "$imagex" extract up.wim 1 '/ag*' '/again' --to-stdout
	cat out.txt
	run "$imagex" extract up.wim 1 '/ag?' --to-stdout
	run "$imagex" extract up.wim 1 '/ag?' --to-stdout --nullglob
	run "$imagex" extract changed.wim 1 /sub --to-stdout
	run "${by}capture" src w.wim Short
	run "${by}append" other w.wim Other
	run "${by}info" w.wim 1 Long
	fields w.wim
	run "${by}dir" w.wim 2
	cat out.txt
	run "${by}apply" w.wim 2 t9
	tree t9
	run "${by}verify" w.wim
	run "${by}export" w.wim 1 w2.wim
	run "${by}optimize" w2.wim
	run "${by}split" w2.wim w.swm 5
	run "${by}join" w3.wim w*.swm
	run "${by}delete" w.wim 1
	run "${by}update" w.wim --command='add src/f /g'
	files w.wim
}

mkdir -p src/dir/sub other/sub
echo hello >src/f
ln src/f src/dir/hard
ln -s f src/link
: >src/empty
head -c 150000 /dev/urandom >src/noise
head -c 90000 /dev/urandom >src/dir/sub/second
seq 100000 >src/text
chmod 4750 src/f
setfattr -n user.note -v value src/f
echo tmp >src/x.tmp
echo more >other/more
cp src/noise other/sub/copy
head -c 30000 /dev/urandom >other/own
printf '[ExclusionList]\n*.tmp\n/dir/sub\n' >config.ini
printf '[ExclusionList]\nDIR\n/F\nno*\n' >case.ini
mkdir -p odd/empty
echo odd >odd/file
echo colon >'odd/a:b'
echo backslash >'odd/back\slash'
echo small >odd/twin
echo great >odd/TWIN
ln -s file odd/link
ln odd/file odd/hard
mkfifo odd/pipe
: >odd/pagefile.sys
for place in theirs ours; do
	cp -a src other odd config.ini case.ini $place
	mkdir -p $place/links/dir
	ln -s "$work/$place/links" $place/links/to-root
	ln -s "$work/$place/links/dir" $place/links/dir/to-folder
	ln -s 'back\slash' $place/links/back
	ln -s 'C:\Users' $place/links/windows
	ln -s /no/where $place/links/nowhere
done
find . -path ./names -prune -o -exec touch -h -d '2020-02-02 02:02:02.5' {} +

(cd theirs && imagex=$real by=wim script) 2>theirs.err | sed "s|$work/theirs|@|g" >theirs.log
(cd ours && PATH=$work/names:$PATH imagex=wimlib-imagex by=wim script) 2>ours.err | sed "s|$work/ours|@|g" >ours.log
commands=$(grep -cE ': (worked|failed)$' theirs.log)
[ "$commands" -ge 65 ] && good "$commands commands are run by both" || bad "$commands commands are run by both" <theirs.err
# texts of one and the same file, byte for byte
for what in 'dir FILE 1' 'dir FILE 1 --detailed' 'info FILE' 'info FILE 1' 'info FILE --header' 'info FILE --xml'; do
	for wim in theirs/{unix,so2,up,l,changed,boot}.wim; do
		"$real" ${what/FILE/$wim} >text.theirs 2>&1
		names/wimlib-imagex ${what/FILE/$wim} >text.ours 2>&1
		cmp -s text.theirs text.ours || echo "$what: $wim"
	done
done >texts
check "dir and info print the same bytes" test ! -s texts
[ -s texts ] && cat texts
check "the same works, the same fails" diff <(grep -E ': (worked|failed)$' theirs.log) <(grep -E ': (worked|failed)$' ours.log)
check "the same is printed and left" diff theirs.log ours.log
for wim in ours/*.wim; do
	check "$(basename "$wim"): wimlib-imagex verify" "$real" verify "$wim"
done
finish
