#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# export, delete, optimize, split and join: other programs find each result sound and get the trees back.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex

# sound WIM: for three readers
sound() {
	check "$1: wimlib-imagex verify" wimlib-imagex verify "$1"
	check "$1: 7z t" sevenzip t "$1"
	check "$1: wimtool verify" wimtool verify "$1"
}

# gives WIM IMAGE TREE [REF]: wimlib-imagex apply gives the tree
gives() {
	rm -rf out
	check "$1: wimlib-imagex apply of image $2" wimlib-imagex apply "$1" "$2" out ${4:+--ref="$4"}
	check "$1: image $2 is $3" "$support/cmp_tree.py" "$3" out
}

# metadata WIM IMAGE: what wimlib-imagex knows of each file, without its place in the WIM
metadata() {
	wimlib-imagex dir "$1" "$2" --detailed |
		grep -vE '^(Raw |Offset|Compressed size|Reference Count|Part Number|Solid |Flags)' | sort
}
same_metadata() {
	metadata "$1" "$2" >a.meta
	metadata "$3" "$4" >b.meta
	check "$3: image $4 has the metadata of $1 image $2" cmp a.meta b.meta
}

fixture tree one --files 250 >/dev/null || exit 1
mkdir one/extra
head -c 1500000 /dev/urandom >one/extra/noise
head -c 70000 /dev/urandom >one/extra/small
head -c 40000 /dev/zero >one/extra/zeros
: >one/extra/empty
ln one/extra/noise one/extra/hard
ln -s noise one/extra/link
cp -a one two
rm -rf two/extra
head -c 300000 /dev/urandom >two/other
wimlib-imagex capture one a.wim First --flags=Professional >/dev/null || exit 1
wimlib-imagex append two a.wim Second >/dev/null || exit 1

wimtool export a.wim Second two.wim -q
sound two.wim
gives two.wim 1 two
same_metadata a.wim 2 two.wim 1
for type in none xpress lzx lzms; do
	check "export as $type" wimtool export a.wim all "$type.wim" --compress="$type" --check
	sound "$type.wim"
	gives "$type.wim" 1 one
	same_metadata a.wim 2 "$type.wim" 2
done
check "export as solid" wimtool export a.wim all solid.esd
sound solid.esd
gives solid.esd 1 one
check "a solid resource is made" grep -q 'Solid resource' <(wimlib-imagex info --blobs solid.esd)
check "export of solid as LZX" wimtool export solid.esd all back.wim --compress=lzx
sound back.wim
gives back.wim 2 two
same_metadata a.wim 1 back.wim 1
# of several solid chunks, decoded ahead or not
wimlib-imagex export a.wim 1 chunks.esd --solid --solid-chunk-size=128K >/dev/null || exit 1
for threads in 1 2 5; do
	check "export of solid on $threads threads" wimtool export chunks.esd 1 t$threads.wim --compress=xpress --threads=$threads
	check "$threads threads: the same bytes" cmp -i 208 t1.wim t$threads.wim
done
sound t5.wim
gives t5.wim 1 one

wimtool export a.wim 1 grow.wim -q
cp grow.wim before.wim
check "an image is added to a WIM" wimtool export a.wim 2 grow.wim 'A & B' '<text>' --boot
sound grow.wim
gives grow.wim 1 one
gives grow.wim 2 two
check "what was there is not moved" cmp -i 208 -n $(($(stat -c %s before.wim) - 208)) before.wim grow.wim
wimlib-imagex info grow.wim | grep -E '^(Boot Index|Name|Description|Flags)' | sed 's/  */ /g' >got
printf '%s\n' 'Boot Index: 2' 'Name: First' 'Description: ' 'Flags: Professional' 'Name: A & B' 'Description: <text>' 'Flags: Enterprise' >wanted
check "names and boot index are those given" diff wanted got
check "the same name is refused" test "$(wimtool export a.wim 1 grow.wim >/dev/null 2>&1; echo $?)" = 3

for option in '' --soft; do
	cp a.wim d.wim
	check "delete $option" wimtool delete d.wim First $option --check
	sound d.wim
	gives d.wim 1 two
	cp solid.esd d.esd
	check "delete $option of solid" wimtool delete d.esd 1 $option
	sound d.esd
	gives d.esd 1 two
	check "optimize after delete $option" wimtool optimize d.wim
	check "optimize of solid after delete $option" wimtool optimize d.esd
	sound d.esd
	gives d.esd 1 two
done
check "what only the deleted image had is gone" test "$(stat -c %s d.wim)" -lt "$(($(stat -c %s two.wim) + 4096))"
check "what only the deleted image had is gone from solid" test "$(stat -c %s d.esd)" -lt 900000
cp a.wim o.wim
check "optimize --recompress" wimtool optimize o.wim --recompress --compress=max
sound o.wim
gives o.wim 2 two
cp a.wim all.wim
check "delete all" wimtool delete all.wim all
check "a WIM without images" test "$(wimlib-imagex info all.wim | sed -n 's/^Image Count: *//p')" = 0

check "split" wimtool split a.wim p.swm 0.5
check "split has parts" test -e p2.swm -a -e p3.swm
gives p.swm 1 one 'p*.swm'
gives p.swm 2 two 'p*.swm'
check "wimlib-imagex joins our parts" wimlib-imagex join theirs.wim p*.swm
sound theirs.wim
check "wimtool joins our parts" wimtool join ours.wim p3.swm p.swm p2.swm $(ls p*.swm | grep -vE '^p[23]?.swm')
sound ours.wim
gives ours.wim 1 one
wimlib-imagex split a.wim w.swm 1 >/dev/null
check "wimtool joins the parts of wimlib-imagex" wimtool join w.wim w*.swm --check
sound w.wim
gives w.wim 2 two
check "split of solid" wimtool split solid.esd s.swm 1 --check
gives s.swm 1 one 's*.swm'
check "wimlib-imagex joins what was solid" wimlib-imagex join s.wim s*.swm
sound s.wim
check "export out of parts" wimtool export p.swm 2 part.wim --ref='p*.swm'
sound part.wim
gives part.wim 1 two
check "a part that is missing is named" grep -q 'part 2' <(wimtool join no.wim p.swm 2>&1)
check "nothing was made" test ! -e no.wim
for part in p?*.swm; do
	check "$part is not larger than wanted" test "$(stat -c %s "$part")" -le 524288 -o "$(wimlib-imagex info --blobs "$part" | grep -c '^Hash')" -eq 1
done

# WIMs for pipes: what wimlib-imagex applies from its standard input reads each resource in its order, and its headers
piped() { # WIM IMAGE TREE
	rm -rf out
	check "$1 through a pipe" bash -c 'wimlib-imagex apply - "$2" out <"$1"' - "$1" "$2"
	check "$1 through a pipe: image $2 is $3" "$support/cmp_tree.py" "$3" out
}
pipable() { [ "$(head -c 5 "$1")" = WLPWM ] && [ "$(tail -c 208 "$1" | head -c 5)" = WLPWM ]; }
for from in none xpress lzx lzms solid; do
	source=$from.wim
	[ $from = solid ] && source=solid.esd
	wimtool export $source all - >piped.wim || exit 1
	check "$from: what went to standard output is pipable" pipable piped.wim
	piped piped.wim 1 one
	piped piped.wim 2 two
	check "$from: wimlib-imagex verify" wimlib-imagex verify piped.wim
	check "$from: wimtool verify" wimtool verify piped.wim
done
wimtool export p.swm 2 - --ref='p*.swm' 2>parts.txt | wimlib-imagex apply - 1 parts >/dev/null 2>&1
check "parts of a split WIM into a pipe: both ends end well" test "${PIPESTATUS[*]}" = "0 0"
check "parts of a split WIM through a pipe" "$support/cmp_tree.py" two parts
wimtool export lzx.wim 1 - | wimtool apply - ours -q
check "from wimtool to wimtool" "$support/cmp_tree.py" one ours
wimlib-imagex capture one theirs.wim --pipable --compress=xpress --check >/dev/null 2>&1 || exit 1
wimtool export theirs.wim 1 again.wim --pipable --json >again.json
check "pipable to pipable is copied" grep -q '"bytes_compressed": 0,' again.json
piped again.wim 1 one
check "an image more in a pipable WIM" wimtool export two.wim 1 again.wim Second
piped again.wim 2 two
check "a pipable WIM without an image" wimtool delete again.wim 1
piped again.wim 1 two
check "it is still pipable" pipable again.wim
check "its integrity table is right" wimlib-imagex verify again.wim
check "optimize of a pipable WIM" wimtool optimize again.wim --recompress --compress=lzx
check "it is still pipable" pipable again.wim
piped again.wim 1 two
check "optimize --not-pipable" wimtool optimize again.wim --not-pipable
sound again.wim
gives again.wim 1 two
check "optimize --pipable" wimtool optimize again.wim --pipable
piped again.wim 1 two
check "export --not-pipable into a pipable WIM" wimtool export a.wim 1 again.wim --not-pipable
sound again.wim
gives again.wim 2 one
check "an image of a solid WIM as pipable" wimtool export solid.esd 2 named.esd --pipable
piped named.esd 1 two

# Between both layouts the chunks are copied: those that wimlib made at another level than ours are found again.
copied() { # JSON FROM TO
	check "$2 to $3: nothing is compressed" grep -q '"bytes_compressed": 0,' "$1"
	check "$2 to $3: its chunks are there" "$support/chunk_copied.py" "$2" "$3"
}
for level in lzx:1 lzx:100 xpress:1 lzms:100; do
	rm -f c-*.wim
	wimlib-imagex capture one c-usual.wim --compress=$level >/dev/null || exit 1
	wimtool export c-usual.wim 1 c-piped.wim --pipable --json >to.json
	copied to.json c-usual.wim c-piped.wim
	piped c-piped.wim 1 one
	check "$level: wimlib-imagex verify" wimlib-imagex verify c-piped.wim
	wimtool export c-piped.wim 1 c-back.wim --json >back.json
	copied back.json c-piped.wim c-back.wim
	sound c-back.wim
	gives c-back.wim 1 one
	wimtool export c-usual.wim 1 c-again.wim -q
	check "$level: there and back gives the same bytes" cmp -i 208 c-again.wim c-back.wim
	wimlib-imagex capture one c-theirs.wim --pipable --compress=$level >/dev/null 2>&1 || exit 1
	wimtool export c-theirs.wim 1 c-ours.wim --json >ours.json
	copied ours.json c-theirs.wim c-ours.wim
	sound c-ours.wim
	gives c-ours.wim 1 one
	check "$level: contents that are not smaller are stored" test "$(stat -c %s c-ours.wim)" -le "$(stat -c %s c-theirs.wim)"
	check "$level: optimize --pipable" wimtool optimize c-usual.wim --pipable
	check "$level: optimize keeps the chunks" "$support/chunk_copied.py" c-back.wim c-usual.wim
done
check "an image of a pipable WIM into another one" wimtool export c-piped.wim 1 c-back.wim Second
gives c-back.wim 2 one
check "split of a pipable WIM" wimtool split c-piped.wim c-part.swm 0.5
gives c-part.swm 1 one 'c-part*.swm'
check "its parts are sound" wimlib-imagex verify c-part.swm --ref='c-part*.swm'
check "with --recompress its chunks are others" test "$(wimtool export c-piped.wim 1 c-new.wim --recompress --compress=lzms:1 -q; "$support/chunk_copied.py" c-piped.wim c-new.wim >/dev/null; echo $?)" = 1

# solid resources that lie in another part than the table that names them, as the Media Creation Tool leaves them
wimtool export a.wim 1 both.esd -q
check "export into a solid WIM" wimtool export a.wim 2 both.esd --solid
sound both.esd
for style in set row own; do
	rm -f m1.swm m2.swm mct*.wim mct*.swm
	"$support/split_solid.py" both.esd m1.swm m2.swm $style || exit 1
	check "export of a solid split WIM ($style)" wimtool export m1.swm 2 mct.wim --ref='m*.swm' --compress=lzx
	gives mct.wim 1 two
	check "join of one ($style)" wimtool join mct2.wim m2.swm m1.swm
	gives mct2.wim 1 one
	check "split of one ($style)" wimtool split m1.swm mct.swm 1 --ref='m*.swm'
	check "parts of it are sound ($style)" wimlib-imagex verify mct.swm --ref='mct*.swm'
done
finish
