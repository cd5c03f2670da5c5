#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# wimtool build, judged by wimlib-imagex, 7-Zip, hivex, xmllint, sha256sum and python3-jsonschema.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex hivexget xmllint
tests=$(dirname "$support")

fixture tree reference --files 400 && cp -a reference kept || exit 1
cat >unattend.xml <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
  <settings pass="specialize">
    <component name="Microsoft-Windows-Shell-Setup" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
      <ComputerName>KIOSK-7</ComputerName>
      <TimeZone>W. Europe Standard Time</TimeZone>
    </component>
  </settings>
</unattend>
XML
sed 's/W. Europe Standard Time/Europe\/Berlin/' unattend.xml >wrong.xml
mkdir out payload && echo 'echo first' >payload/SetupComplete.cmd
cat >golden.yaml <<'YAML'
version: 1
source: reference
steps:
  - registry:
      - set: HKLM\SOFTWARE\Contoso
        value: Ring
        type: dword
        data: 7
      - { set: 'HKLM\SOFTWARE\Contoso', value: Name, data: "Zürich no 012" }
      - { set: 'HKLM\SOFTWARE\Contoso', value: Parts, type: multi, data: [one, two] }
      - { set: 'HKLM\SOFTWARE\Contoso', value: Raw, type: binary, data: 00 01 fe }
      - { set: 'HKLM\SOFTWARE\Contoso', value: Token, data: "${env:TOKEN}" }
      - { set: 'HKLM\SOFTWARE\Contoso', value: Pin, data: CANARY-PIN, secret: true }
      - { set: 'HKLM\SYSTEM\CurrentControlSet\Services\Contoso', value: Start, type: dword, data: 0x2 }
      - delete: HKLM\SOFTWARE\RegisteredApplications
  - files:
      - { add: payload, to: '\Windows\Setup\Scripts' }
      - remove: C:\Windows\INF
      - { remove: /no/such/file, optional: true }
      - { move: /Windows/win.ini, to: /Windows/win.old }
  - answer-file: unattend.xml
  - generalize:
  - time-zone: Asia/Tokyo
  - computer-name: Kiosk-7
  - locale: ja-JP
output:
  path: out/golden.wim
  name: Golden image
  description: 012
  flags: Enterprise
  check: true
  properties: { WINDOWS/EDITIONID: Enterprise }
YAML
[ -f reference/Windows/win.ini ] || echo '[fonts]' >reference/Windows/win.ini
rm -rf kept && cp -a reference kept
export TOKEN=CANARY-TOKEN

mapfile -t recipes < <(find "$tests"/data/recipe -name '*.yaml' | sort)
if /usr/bin/python3 -c 'import jsonschema, yaml' 2>/dev/null; then
	check "${#recipes[@]} recipes: parser and JSON Schema agree" \
		"$support/check_recipes.py" "$tests/../docs/recipe.schema.json" "${recipes[@]}"
else
	skip "no python3-jsonschema or python3-yaml here"
fi

# The whole way from a folder.
wimtool build golden.yaml --plan >plan.txt 2>&1
check "build from a folder" wimtool build golden.yaml
check "the source is as it was" "$support/cmp_tree.py" reference kept
check "only the image and its manifest are there" test "$(ls -A out | tr '\n' ' ')" = "golden.wim golden.wim.manifest.json "
check "wimlib-imagex verify" wimlib-imagex verify out/golden.wim
check "7z t" sevenzip t out/golden.wim
check "name, description, integrity" \
	test "$(wimlib-imagex info out/golden.wim --check | grep -cE '^(Name: +Golden image|Description: +012|Flags: +Enterprise|Edition ID: +Enterprise|Attributes: .*Integrity info)')" = 5
take() {
	rm -rf taken
	wimlib-imagex extract "$1" 1 /Windows/System32/config/{SOFTWARE,SYSTEM,DEFAULT} /Windows/Panther/unattend.xml \
		'/Windows/Setup/Scripts/*.cmd' --nullglob --dest-dir=taken --no-acls >/dev/null 2>&1
}
value() { [ "$(hivexget "taken/$1" "$2" "$3" | tr '\0' '\n' | tr -d '\n')" = "$4" ] || { hivexget "taken/$1" "$2" "$3"; return 1; }; }
take out/golden.wim
check "registry: dword" value SOFTWARE Contoso Ring 7
check "registry: text" value SOFTWARE Contoso Name "Zürich no 012"
check "registry: from the environment" value SOFTWARE Contoso Token CANARY-TOKEN
check "registry: secret" value SOFTWARE Contoso Pin CANARY-PIN
check "registry: multi and binary" test "$(hivexregedit --export taken/SOFTWARE '\Contoso' | grep -cE '"(Parts"=hex\(7\):6f,00,6e,00,65,00,00,00,74,00,77,00,6f,00,00,00,00,00|Raw"=hex\(3\):00,01,fe)')" = 2
check "registry: current control set" value SYSTEM 'ControlSet001\Services\Contoso' Start 2
check "registry: deleted key" bash -c '! hivexget taken/SOFTWARE RegisteredApplications'
check "time zone" value SYSTEM 'ControlSet001\Control\TimeZoneInformation' TimeZoneKeyName "Tokyo Standard Time"
check "computer name" value SYSTEM 'ControlSet001\Control\ComputerName\ComputerName' ComputerName KIOSK-7
check "locale" value DEFAULT 'Control Panel\International' LocaleName ja-JP
check "answer file" cmp taken/unattend.xml unattend.xml
check "answer file is XML" xmllint --noout taken/unattend.xml
check "added file" cmp taken/SetupComplete.cmd payload/SetupComplete.cmd
wimlib-imagex dir out/golden.wim 1 >names.txt
check "moved, removed" bash -c 'grep -qx /Windows/win.old names.txt && ! grep -qiE "^/Windows/(win.ini|INF)$" names.txt'
mapfile -t nics < <(fixture nics)
check "no old network GUID is left" "$support/check_hives.py" left taken/SYSTEM taken/SOFTWARE -- "${nics[@]}"
/usr/bin/python3 - >expected.txt <<'PY'
import hashlib, json
m = json.load(open("out/golden.wim.manifest.json"))
o = m["outputs"][0]
assert hashlib.sha256(open("out/golden.wim", "rb").read()).hexdigest() == o["sha256"]
assert [s["step"] for s in m["steps"]] == ["source", "registry", "files", "answer-file", "generalize", "time-zone",
    "computer-name", "locale", "properties", "export", "verify", "digest", "publish"], m["steps"]
assert all(s["status"] == "done" and len(s["key"]) == 64 for s in m["steps"])
files = [i for i in m["inputs"] if i["kind"] == "file"]
assert files and all(i["sha256"] == hashlib.sha256(open(i["path"], "rb").read()).hexdigest() for i in files), files
assert all(len(i["contents"]) == 64 for i in m["inputs"] if i["kind"] != "file"), m["inputs"]
PY
[ $? -eq 0 ] && good "the manifest tells hash, steps, inputs" || bad "the manifest tells hash, steps, inputs" <expected.txt

# Nothing changed: nothing is written. Something changed: it is built anew.
before=$(stat -c '%i %Y %Z' out/golden.wim)
check "a second build is up to date" bash -c 'wimtool build golden.yaml | grep -qx "$PWD/out/golden.wim: up to date"'
check "and leaves the file alone" test "$(stat -c '%i %Y %Z' out/golden.wim)" = "$before"
echo 'echo second' >payload/SetupComplete.cmd
wimtool build golden.yaml --json >result.json 2>errors.txt
[ $? -eq 0 ] && take out/golden.wim && cmp -s taken/SetupComplete.cmd payload/SetupComplete.cmd &&
	good "a changed input is built in" || bad "a changed input is built in" <errors.txt
printf 'x' | dd of=out/golden.wim bs=1 seek=300 conv=notrunc status=none
check "a damaged output is built anew" bash -c 'wimtool build golden.yaml -q && wimlib-imagex verify out/golden.wim'

# Secrets are nowhere but in the image.
wimtool build golden.yaml --force --progress=json -v >talk.txt 2>events.txt
cat plan.txt talk.txt events.txt result.json out/*.json <(wimtool build golden.yaml --plan --json) \
	<(wimtool build golden.yaml --plan --format=ndjson) >all.txt
grep -n CANARY all.txt >found.txt && bad "no secret is shown" <found.txt || good "no secret is shown"
/usr/bin/python3 - <<'PY' && good "events: a begin and an end for each step, a result" || bad "events" <events.txt
import json
events = [json.loads(line) for line in open("events.txt")]
steps = lambda kind: [e["step"] for e in events if e["event"] == kind and "number" in e]
assert steps("begin") == steps("end") and len(steps("begin")) == 13, (steps("begin"), steps("end"))
assert events[-1]["event"] == "result"
PY

# Findings stop it; nothing is left.
sed 's/unattend.xml/wrong.xml/; s/golden.wim/stopped.wim/' golden.yaml >stopped.yaml
wimtool build stopped.yaml >stopped.txt 2>&1
status=$?
[ $status -eq 1 ] && [ ! -e out/stopped.wim ] && grep -q UA403 stopped.txt && good "a wrong answer file stops the build" ||
	bad "a wrong answer file stops the build: exit $status" <stopped.txt
sed -i 's/answer-file: wrong.xml/answer-file: { path: wrong.xml, fix: unsafe }/' stopped.yaml
check "mended it goes on" wimtool build stopped.yaml --resume
take out/stopped.wim
check "with the mended answer file" grep -q 'W. Europe Standard Time' taken/unattend.xml
check "the scratch folder is gone" test -z "$(find out -name '.*')"

# From a WIM of two images, from an ESD, into parts and into an ESD.
wimlib-imagex capture reference two.wim First --compress=none >/dev/null 2>&1
wimlib-imagex append payload two.wim Second >/dev/null 2>&1
"$support/wim_decorate.py" two.wim decorated.wim 2>/dev/null || cp two.wim decorated.wim
wimlib-imagex export two.wim 1 one.esd --solid >/dev/null 2>&1
cat >wim.yaml <<'YAML'
version: 1
source: { path: decorated.wim, image: First }
matrix: { into: [plain, parts, esd] }
steps:
  - registry: [ { set: 'HKLM\SOFTWARE\Contoso', value: Into, data: "${into}" } ]
output: { path: "out/${into}.wim", name: "Into ${into}" }
YAML
check "three images from a WIM, two at once" wimtool build wim.yaml -j2
for into in plain parts esd; do
	check "$into: wimlib-imagex verify" wimlib-imagex verify out/$into.wim
	take out/$into.wim
	check "$into: its value" value SOFTWARE Contoso Into $into
done
kept() {
	wimlib-imagex dir "$1" 1 --detailed | grep -E '^(Full Path|Short Name|Attributes|Security Descriptor|Creation Time|Reparse)'
}
kept decorated.wim >kept.before; kept out/plain.wim >kept.after
check "descriptors, attributes, times, short names are those of the source" cmp kept.before kept.after
sed 's/decorated.wim, image: First/one.esd/; s/\[plain, parts, esd\]/[again]/; s/name: "Into ${into}"/solid: true, compress: lzms/' \
	wim.yaml >esd.yaml
check "an ESD from an ESD" wimtool build esd.yaml
check "wimlib-imagex verify" wimlib-imagex verify out/again.wim
# parts of a split WIM, in a folder whose name looks like a pattern
mkdir 'p[a]*' && wimlib-imagex split decorated.wim 'p[a]*/a.swm' 1 >/dev/null 2>&1 && [ -e 'p[a]*/a2.swm' ] || exit 1
cat >'p[a]*/parts.yaml' <<'YAML'
version: 1
source: { path: a.swm, image: First, ref: 'a*.swm' }
steps: [ { registry: [ { set: 'HKLM\SOFTWARE\Contoso', value: Into, data: parts } ] } ]
output: { path: ../out/joined.wim }
YAML
sed "s/, ref: 'a\*.swm'//" 'p[a]*/parts.yaml' >'p[a]*/alone.yaml'
sed "s/a\*.swm/b*.swm/" 'p[a]*/parts.yaml' >'p[a]*/nothing.yaml'
sed "s/a.swm, image: First/..\/reference/" 'p[a]*/parts.yaml' >'p[a]*/folder.yaml'
fails() { # RECIPE MESSAGE
	wimtool build "p[a]*/$1.yaml" >said.txt 2>&1
	[ $? -eq 3 ] && grep -q "$2" said.txt && [ ! -e out/joined.wim ]
}
check "a part without the others" fails alone 'part 1 of .* of a split WIM; "ref: PATTERN"'
check "a pattern that nothing has" fails nothing 'b\*.swm: no file has such a name'
check "parts of a folder" fails folder 'a folder has no parts'
check "the plan tells the pattern" bash -c 'wimtool build "p[a]*/parts.yaml" --plan | grep -q "ref .*/a\*.swm"'
check "an image out of parts" wimtool build 'p[a]*/parts.yaml'
check "wimlib-imagex verify" wimlib-imagex verify out/joined.wim
take out/joined.wim
check "its value" value SOFTWARE Contoso Into parts
kept out/joined.wim >kept.after
check "descriptors, attributes, times, short names are those of the source" cmp kept.before kept.after
n=$(ls 'p[a]*'/a*.swm | wc -l)
check "each part is an input of the manifest" test "$(grep -c '"path": ".*/a[0-9]*.swm"' out/joined.wim.manifest.json)" -eq "$n"
check "the parts are as they were: up to date" bash -c 'wimtool build "p[a]*/parts.yaml" | grep -q "up to date"'
wimlib-imagex export decorated.wim First more.wim >/dev/null 2>&1 && head -c 2000000 /dev/urandom >noise &&
	wimlib-imagex update more.wim --command='add noise /noise' >/dev/null 2>&1 && rm 'p[a]*'/a*.swm &&
	wimlib-imagex split more.wim 'p[a]*/a.swm' 1 >/dev/null 2>&1 || exit 1
last=$(ls 'p[a]*'/a*.swm | sort -V | tail -n 1)
check "other parts: built anew" bash -c 'wimtool build "p[a]*/parts.yaml" | grep -q "1/.*source.*: done"'
rm "$last"
check "a part fewer: not taken for up to date" bash -c '! wimtool build "p[a]*/parts.yaml"'
check "the output is the old one" wimlib-imagex verify out/joined.wim
check "it is solid" bash -c 'wimlib-imagex info out/again.wim --header | grep -q "Version *= 0xe00"'
sed 's/\[plain, parts, esd\]/[split]/; s/into}.wim"/into}.swm", split: 1M, compress: none/' wim.yaml >split.yaml
check "split parts" wimtool build split.yaml
check "several of them" test "$(ls out/split*.swm | wc -l)" -gt 1
check "wimlib-imagex joins them" wimlib-imagex join joined.wim out/split*.swm
check "and verifies the whole" wimlib-imagex verify joined.wim
take joined.wim
check "its value" value SOFTWARE Contoso Into split
sed -i 's/split: 1M/split: 100M/' split.yaml
check "fewer parts the next time" wimtool build split.yaml
check "old parts are gone" test "$(ls out/split*.swm | wc -l)" -eq 1

# An output that would take the place of what the image is made of, or become a part of it.
sum_before=$(sha256sum decorated.wim unattend.xml 2>/dev/null; find reference -type f -exec sha256sum {} + | sort | sha256sum)
ln -s decorated.wim linked.wim && ln decorated.wim second-name.wim && mkdir reference/inside && mkfifo pipe.wim || exit 1
unfit() { # NAME SOURCE STEPS OUTPUT MESSAGE [OPTION...]
	local name=$1 status
	printf 'version: 1\nsource: %s\n%boutput: { path: %s }\n' "$2" "$3" "$4" >unfit.yaml
	wimtool build unfit.yaml "${@:6}" >said.txt 2>&1
	status=$?
	[ $status -eq 3 ] && [ "$(wc -l <said.txt)" -eq 1 ] && grep -q "$5" said.txt && good "$name" ||
		bad "$name: exit $status" <said.txt
}
whole='{ path: decorated.wim, image: First }' place='would take the place of what the image is made of'
unfit "the output is the source" "$whole" '' decorated.wim "$place"
unfit "another name of it" "$whole" '' second-name.wim "$place"
unfit "a link to it" "$whole" '' linked.wim "$place"
unfit "the output is the recipe" "$whole" '' unfit.yaml "$place"
unfit "the output is an answer file" "$whole" 'steps: [ answer-file: unattend.xml ]\n' unattend.xml "$place"
wimlib-imagex split decorated.wim set.swm 1 >/dev/null 2>&1 && [ -e set2.swm ] || exit 1
unfit "a part of the output is a part of the source" "{ path: set.swm, image: First, ref: 'set*.swm' }" '' \
	'set.swm, split: 1M' "$place"
unfit "the output lies in the source" reference '' reference/inside/x.wim 'lies in .*/reference, which goes into the image'
unfit "it lies in a folder that is added" "$whole" 'steps: [ files: [ { add: reference, to: /r } ] ]\n' \
	reference/x.wim 'lies in .*/reference, which goes into the image'
unfit "the scratch folder lies in the source" reference '' x.wim 'outside for the scratch folder' --scratch=reference/inside
unfit "the output is a pipe" "$whole" '' pipe.wim 'no regular file'
unfit "no image is named" decorated.wim '' x.wim '"image: NAME" of the source names it'
unfit "the image is named as elsewhere" decorated.wim:First '' x.wim 'source: { path: .*/decorated.wim, image: First }'
rmdir reference/inside; rm pipe.wim linked.wim second-name.wim
check "nothing was changed by that" test "$sum_before" = \
	"$(sha256sum decorated.wim unattend.xml 2>/dev/null; find reference -type f -exec sha256sum {} + | sort | sha256sum)"
check "and nothing is left of it" test -z "$(find . -name '.*goldwim-build')"

# The lines of a plan are commands.
wimtool build wim.yaml --plan --format=ndjson >lines.txt
/usr/bin/python3 -c 'import json, sys; [print(json.loads(l)["command"]) for l in sys.stdin]' <lines.txt >commands.txt
check "three lines, three commands" test "$(wc -l <commands.txt)" -eq 3
check "each runs, and finds its output up to date" bash -c '[ "$(bash commands.txt | grep -c "up to date")" -eq 3 ]'

# Kills: a slice; the long run is in tests/proof.
cat >kill.yaml <<'YAML'
version: 1
source: reference
steps:
  - registry: [ { set: 'HKLM\SOFTWARE\Contoso', value: Ring, type: dword, data: 7 } ]
  - files: [ { add: payload, to: '\Windows\Setup\Scripts' }, { remove: '\Windows\INF' }, { move: /Windows/win.ini, to: /Windows/win.old } ]
  - answer-file: unattend.xml
  - generalize:
  - time-zone: UTC
output: { path: killed/golden.wim, check: true }
YAML
mkdir killed
sed 's/data: 7/data: 6/' kill.yaml >old.yaml
wimtool build old.yaml -q && mv killed/golden.wim old.wim && mv killed/golden.wim.manifest.json old.manifest.json || exit 1
check "kills leave the old image, the new one or none, and resume completes" \
	"$support/kill_build.py" kill.yaml killed/golden.wim "${KILLS:-24}"
cat "$log"
if [ "${KILL_CALLS-}" ] && command -v cc >/dev/null; then
	cc -shared -fPIC -D_GNU_SOURCE -o kill_at.so "$support/kill_at_main.c" -ldl
	check "kills at each call that changes a file" "$support/kill_build.py" kill.yaml killed/golden.wim "$work/kill_at.so"
	cat "$log"
fi
finish
