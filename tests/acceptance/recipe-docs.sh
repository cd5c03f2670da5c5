#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every recipe of docs/recipe.md is built, and wimlib-imagex verifies what comes out.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex hivexget
page=$(dirname "$support")/../docs/recipe.md

fixture tree reference --files 300 || exit 1
mkdir -p payload/kiosk payload/office out
echo 'echo done' | tee payload/SetupComplete.cmd payload/kiosk/role.cmd >payload/office/role.cmd
cat >unattend.xml <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
</unattend>
XML
wimlib-imagex capture reference install.wim "Golden image" --compress=none >/dev/null 2>&1 || exit 1
wimlib-imagex export install.wim 1 install.esd --solid >/dev/null 2>&1 || exit 1
mkdir stick && wimlib-imagex split install.wim stick/install.swm 1 >/dev/null 2>&1 && [ -e stick/install2.swm ] || exit 1
export ENROLLMENT_TOKEN=CANARY-TOKEN

# A block begins with a comment that names its file.
awk '/^```yaml$/ { inside = 1; next } /^```$/ { inside = 0; name = "" }
	inside && !name { name = $2 } inside { print > name }' "$page"
recipes=(*.yaml)
check "the page has recipes" test ${#recipes[@]} -ge 6
for recipe in "${recipes[@]}"; do
	check "$recipe is built" wimtool build "$recipe"
	[ "$recipe" != secrets.yaml ] || cp "$log" secrets.log
done
check "as many outputs as the page says" test "$(ls out/*.wim out/*.esd out/*.swm | wc -l)" -eq 10
for output in out/*.wim out/*.esd out/*.swm; do
	check "$output: wimlib-imagex verify" wimlib-imagex verify "$output"
	check "$output has a manifest" test -s "$output.manifest.json"
done
value() {
	rm -rf taken
	wimlib-imagex extract "$1" 1 /Windows/System32/config/SOFTWARE --dest-dir=taken --no-acls >/dev/null 2>&1
	[ "$(hivexget taken/SOFTWARE Contoso "$2")" = "$3" ]
}
check "golden.yaml: no is a text" value out/golden.wim Owner no
check "fleet.yaml: values of the matrix" value out/tokyo-office.wim Role "office in tokyo"
check "secrets.yaml: the token is in the image" value out/secrets.wim EnrollmentToken CANARY-TOKEN
check "secrets.yaml: and nowhere else" bash -c '! grep -l -e CANARY -e 0815 secrets.log out/*.json'
check "stick.yaml: a part that DISM takes" bash -c 'wimlib-imagex info out/install.swm --header | grep -q "Version *= 0x10d00"'
finish
