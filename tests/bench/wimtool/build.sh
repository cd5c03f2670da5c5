# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by wimtool.sh: a recipe against the script that is written for the same job today: wimlib-imagex to capture,
# extract and update, hivexregedit for the registry, xmllint for the answer file.

golden=$ram/golden
cp -al "$tree" "$golden" || exit 3
fixture tree hives --files 200 || exit 3
mkdir -p "$golden/Windows/System32"
rm -rf "$golden/Windows/System32/config"
cp -r hives/Windows/System32/config "$golden/Windows/System32/config" || exit 3
mkdir -p payload && echo '@echo off' >payload/SetupComplete.cmd
cat >answer.xml <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
</unattend>
XML
cat >golden.yaml <<YAML
version: 1
source: $golden
steps:
  - registry:
      - { set: 'HKLM\\SOFTWARE\\Contoso', value: Ring, type: dword, data: 7 }
      - { set: 'HKLM\\SYSTEM\\ControlSet001\\Services\\Contoso', value: Start, type: dword, data: 2 }
  - files:
      - { add: payload, to: '\\Windows\\Setup\\Scripts' }
  - answer-file: answer.xml
output: { path: $ram/ours.wim, name: golden }
YAML
cat >script.sh <<SH
set -e
rm -rf taken && mkdir taken
wimlib-imagex capture $golden $ram/theirs.wim golden --no-acls \$1 >/dev/null
wimlib-imagex extract $ram/theirs.wim 1 /Windows/System32/config/SOFTWARE /Windows/System32/config/SYSTEM \\
	--dest-dir=taken --no-acls >/dev/null
printf 'Windows Registry Editor Version 5.00\\r\\n\\r\\n[HKEY_LOCAL_MACHINE\\\\SOFTWARE\\\\Contoso]\\r\\n"Ring"=dword:00000007\\r\\n' >software.reg
printf 'Windows Registry Editor Version 5.00\\r\\n\\r\\n[HKEY_LOCAL_MACHINE\\\\SYSTEM\\\\ControlSet001\\\\Services\\\\Contoso]\\r\\n"Start"=dword:00000002\\r\\n' >system.reg
hivexregedit --merge --prefix 'HKEY_LOCAL_MACHINE\\SOFTWARE' taken/SOFTWARE software.reg
hivexregedit --merge --prefix 'HKEY_LOCAL_MACHINE\\SYSTEM' taken/SYSTEM system.reg
xmllint --noout answer.xml
wimlib-imagex update $ram/theirs.wim 1 >/dev/null <<CMD
add taken/SOFTWARE /Windows/System32/config/SOFTWARE
add taken/SYSTEM /Windows/System32/config/SYSTEM
add payload /Windows/Setup/Scripts
add answer.xml /Windows/Panther/unattend.xml
CMD
wimlib-imagex verify $ram/theirs.wim >/dev/null
sha256sum $ram/theirs.wim >theirs.sum
SH
# not with the default compression: what that makes of the time is told by the captures
pair "build" "rm -f $ram/ours.wim* $ram/theirs.wim; sed 's/name: golden/&, compress: fast/' golden.yaml >fast.yaml" 0 \
	"wimtool build fast.yaml" "capture, merge, update, ..." "bash script.sh --compress=fast"
pair "build, nothing to do" "wimtool build golden.yaml; rm -f $ram/theirs.wim" 0 "wimtool build golden.yaml" "the script again" \
	"bash script.sh --compress=fast"
rm -rf "$golden" "$ram/ours.wim" "$ram/ours.wim.manifest.json" "$ram/theirs.wim"
