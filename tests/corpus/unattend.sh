#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Real answer files: every one is classified, agreement with xmllint, few errors, fixing adds nothing.
# CORPUS: folder with unattend/ in it; BIN: folder of the tools.
set -u
: "${CORPUS:=../shared/corpus}" "${BIN:=build/debug/bin}"
BIN=$(cd "$BIN" && pwd) || exit 1
here=$(pwd)
if [ ! -d "$CORPUS/unattend" ]; then
	echo "skipped: there is no $CORPUS/unattend"
	exit 0
fi
CORPUS=$(cd "$CORPUS" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cp -r "$CORPUS/unattend" "$work/files"
chmod -R u+w "$work/files"
cd "$work/files" || exit 1
passed=0 failed=0
# check STATUS TEXT: one check, passed when STATUS is 0
check() {
	if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $2"; fi
}

"$BIN/unattend" lint --quiet --json . > "$work/first.json"
[ $? -le 1 ]; check $? "lint of the corpus"
"$BIN/unattend" lint --quiet . > "$work/first.txt"

for f in *.xml; do
	xmllint --noout --nonet "$f" 2> /dev/null
	well_formed=$?
	# UA009 and UA010: a template that is XML but for its marks
	grep -q "^\./$f:.*\[UA00[1234]\]" "$work/first.txt" || { [ $well_formed != 0 ] && grep -q "^\./$f:.*\[UA0\(09\|10\)\]" "$work/first.txt"; }
	told=$?
	[ $((well_formed != 0)) = $((told == 0)) ]; check $? "$f: xmllint thinks otherwise of its XML"
done

for f in *.xml *.inf; do
	"$BIN/unattend" fix --quiet "$f" > /dev/null 2>> "$work/fix.log"
	code=$?
	# A file that is no XML and cannot be mended is no success: 3.
	[ $code -le 1 ] || { [ $code -eq 3 ] && ! xmllint --noout "$f" 2> /dev/null; }
	check $? "fix $f"
done
cp -r . "$work/once"
for f in *.xml *.inf; do
	"$BIN/unattend" fix --quiet "$f" > /dev/null 2>&1
	cmp -s "$f" "$work/once/$f"; check $? "the second fix changes $f"
done
"$BIN/unattend" lint --quiet --json . > "$work/second.json"

python3 - "$work/first.json" "$work/second.json" "$here/docs/corpus.md" <<'EOF'
import collections, json, os, re, sys
first, second = (json.load(open(path)) for path in sys.argv[1:3])
ok = True
here = {"./" + name for name in os.listdir(".") if name.endswith((".xml", ".inf"))}
seen = {f["file"] for f in first["files"]}
if seen != here:
    print("FAIL not classified:", sorted(here ^ seen)[:5]); ok = False
templates = {f["file"] for f in first["files"] if f["template"]}
errors = {f["file"] for f in first["findings"] if f["severity"] == "error"} - templates
share = 100 * len(errors) / (len(here) - len(templates))
print(f"{len(here)} files, {len(templates)} templates; {len(errors)} others with errors ({share:.1f} %)")
if share > 10:
    print("FAIL more than 10 % of the files that are no templates have errors"); ok = False
row = re.compile(r"\| (\S+)(?: \(template\))? \| (UA\d+) \| (\d+):(\d+) \| \S")
listed = {m.groups() for m in map(row.match, open(sys.argv[3])) if m}
found = {(f["file"][2:], f["rule"], str(f["line"]), str(f["column"])) for f in first["findings"] if f["severity"] == "error"}
for where in sorted(listed ^ found):
    print("FAIL docs/corpus.md", "has no reason for" if where in found else "lists what is not found:", *where); ok = False
def counts(result):
    return collections.Counter((f["file"], f["rule"]) for f in result["findings"] if f["severity"] != "style")
before, after = counts(first), counts(second)
for where, n in after.items():
    if n > before[where]:
        print("FAIL fixing added", where); ok = False
print(sum(before.values()), "findings before fixing,", sum(after.values()), "after")
sys.exit(not ok)
EOF
check $? "the corpus as a whole"
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
