#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Four times as much takes less than ten times as long: names in one folder, names of one file, files of one content, lines of
# scripts and lists, parts, patterns. NAMES is the larger number (60,000; ext4 takes 65,000 names of a file); DISK (6) the gigabytes of a sparse file.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex python3

names=${NAMES:-60000}
export TIMEFORMAT=%U

# The time of a command in milliseconds, without the kernel's, which is not ours and goes up and down; 0 when it fails.
cpu_ms() {
	{ time "$@" >/dev/null 2>"$log" </dev/null || { echo 0; return; }; } 2>times
	awk 'END { printf "%d\n", $1 * 1000 }' times
}

# grows WHAT COMMAND... with %N for the number; less than a twentieth of a second says nothing.
grows() {
	local what=$1 small large
	shift
	small=$(cpu_ms "${@//%N/$((names / 4))}")
	large=$(cpu_ms "${@//%N/$names}")
	if [ "$large" -gt 0 ] && [ "$large" -lt $((${limit:-10} * (small > 50 ? small : 50))) ]; then
		good "$what: $small ms, four times as much $large ms"
	else
		bad "$what: $small ms, four times as much $large ms" <"$log"
	fi
}

update_copy() {
	cp "$1" copy.wim && wimtool update copy.wim 1 --script="$2"
}

for n in $((names / 4)) "$names"; do
	python3 - "$support" "$n" <<'P' || exit 1
import random, sys
sys.path.insert(0, sys.argv[1])
from win_wim import Entry, write_wim
n = int(sys.argv[2])
order = list(range(n))
random.Random(n).shuffle(order)
write_wim(f"folder-{n}.wim", Entry("", children=[Entry(f"file {i * 7919 % n:06}", b"%d" % i) for i in range(n)]))
write_wim(f"links-{n}.wim", Entry("", children=[Entry(f"link {i}", b"one file", link=1) for i in range(n)]))
write_wim(f"same-{n}.wim", Entry("", children=[Entry(f"copy {i}", b"one content") for i in range(n)]))
open("one", "w").write("1\n")
for name, line in (("delete", "delete '/file {0:06}'"), ("rename", "rename '/file {0:06}' '/new {0:06}'"), ("add", "add one /added/{0:06}"),
                   ("list", "/file {0:06}")):
    open(f"{name}-{n}", "w").writelines(line.format(i) + "\n" for i in order)
open(f"patterns-{n}", "w").write("[ExclusionList]\n" + "".join(f"/nothing/{i}*\n" for i in range(n // 10)))
P
	wimlib-imagex split "folder-$n.wim" "parts-$n.swm" 0.05 >/dev/null 2>&1 || exit 1
done
mkdir files && (cd files && seq 2000 | split -l 1 -a 4 -d - f)

grows "list" wimtool list --detailed folder-%N.wim
grows "list of links" wimtool list --detailed links-%N.wim
grows "verify" wimtool verify links-%N.wim
grows "diff, all renamed" bash -c 'wimtool diff folder-%N.wim same-%N.wim || [ $? = 1 ]'
grows "update, delete" update_copy folder-%N.wim delete-%N
# names are moved within a sorted list, which is quadratic: 60,000 of them take a second
limit=16 grows "update, rename" update_copy folder-%N.wim rename-%N
grows "update, add" update_copy folder-%N.wim add-%N
grows "apply" bash -c 'rm -rf out && wimtool apply folder-%N.wim 1 out'
grows "apply, links" bash -c 'rm -rf out && wimtool apply links-%N.wim 1 out'
grows "apply, one content" bash -c 'rm -rf out && wimtool apply same-%N.wim 1 out'
grows "extract of a list" bash -c 'rm -rf out && wimtool extract folder-%N.wim 1 @list-%N --dest-dir=out'
grows "parts" wimtool list parts-%N.swm --ref='parts-%N*.swm'
grows "patterns" wimtool capture files new.wim --force --config=patterns-%N

rm -rf out ./*.wim ./*.swm
mkdir sparse && truncate -s "${DISK:-6}G" sparse/disk && echo end >>sparse/disk && cp --sparse=always sparse/disk sparse/again
check "sparse: captured" wimtool capture sparse a.wim -q
check "sparse: wimlib-imagex verify" wimlib-imagex verify a.wim
check "sparse: apply" wimtool apply a.wim 1 out -q
check "sparse: equal" cmp sparse/disk out/disk
check "sparse: no zeros written" test "$(du -sk out | cut -f 1)" -lt 1000
finish
