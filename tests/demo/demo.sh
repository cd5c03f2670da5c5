#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# demo.sh --bin DIR - the main job from a reference tree to an audited log, command by command.
# Every step is checked: the demo ends with exit code 0 only when each did what it is for.
set -u

here=$(cd "$(dirname "$0")" && pwd)
tests=$(dirname "$here")
[ "${1-}" = --bin ] || { echo "usage: demo.sh --bin DIR" >&2; exit 2; }
PATH=$(cd "$2" && pwd):$PATH
export LC_ALL=C.UTF-8 TZ=UTC

work=$(mktemp -d "${TMPDIR:-/tmp}/goldwim-demo.XXXXXX") || exit 3
mounted=
clean_up() {
	[ -n "$mounted" ] && wimtool unmount "$mounted" >/dev/null 2>&1
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 3

bold= plain=
if [ -t 1 ] && [ -z "${NO_COLOR-}" ] && [ "${TERM-}" != dumb ]; then
	bold=$'\033[1m' plain=$'\033[0m'
fi

step() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

die() {
	echo "demo: $*" >&2
	exit 1
}

# run CODE COMMAND... - shows the command line and what it prints, and demands its exit code.
run() {
	local want=$1 got line
	shift
	printf -v line '%q ' "$@"
	printf '%s$ %s%s\n' "$bold" "${line% }" "$plain"
	"$@" >output 2>&1 </dev/null
	got=$?
	cat output
	[ "$got" -eq "$want" ] || die "exit code $got, $want was expected"
	[ "$want" -eq 0 ] || echo "(exit code $got)"
}

# says PATTERN - the last command's output holds it.
says() { grep -Eq -- "$1" output || die "the output does not say: $1"; }
says_not() { ! grep -Eq -- "$1" output || die "the output still says: $1"; }

step "A reference machine: a Windows-like tree, as it would be read from a disk"
run 0 fixture tree reference
run 0 du -sh --apparent-size reference

step "What the image is made of: one recipe"
cp "$tests"/data/unattend/demo-mak.xml autounattend.xml
cp "$tests"/data/unattend/demo-pkeyconfig.xrm-ms pkeyconfig.xrm-ms
mkdir payload && echo '@echo off' >payload/SetupComplete.cmd
cat >golden.yaml <<'YAML'
version: 1
source: reference
steps:
  - registry:
      - set: HKLM\SOFTWARE\Contoso
        value: Ring
        type: dword
        data: 7
  - files:
      - add: payload/SetupComplete.cmd
        to: \Windows\Setup\Scripts\SetupComplete.cmd
  - generalize:
  - answer-file:
      path: autounattend.xml
      pkeyconfig: pkeyconfig.xrm-ms
output:
  path: install.wim
  name: Golden image
YAML
run 0 cat golden.yaml
run 0 wimtool build golden.yaml --plan

step "Was the reference machine generalized? Look before changing anything"
run 1 sysprep-lite scan reference

step "Build it: the answer file is checked before Setup does, and stops the build"
run 1 wimtool build golden.yaml
says '^autounattend\.xml:[0-9]+:[0-9]+: error: .*\[UA301\]$|/autounattend\.xml:[0-9]+:[0-9]+: error: .*\[UA301\]$'
[ ! -e install.wim ] || die "there is an image although the build was stopped"

step "Fix it: the activation key belongs in pass specialize"
run 1 unattend fix --diff --pkeyconfig pkeyconfig.xrm-ms autounattend.xml
run 0 unattend fix --pkeyconfig pkeyconfig.xrm-ms autounattend.xml
run 0 unattend lint --fail-on=error --pkeyconfig pkeyconfig.xrm-ms autounattend.xml
says_not 'UA301'

step "Go on where it stopped, without a mount: steps that are done are not done again"
run 0 wimtool build golden.yaml --resume
says '^4/[0-9]+ generalize .*: done before$'
says 'publish .*: done'
run 0 wimtool info install.wim
says '^Image Count: +1$'
says '^Name: +Golden image$'
run 0 wimtool build golden.yaml
says ': up to date$'

step "What is left that only Windows can change?"
run 1 sysprep-lite scan install.wim:1
says '^nothing left that sysprep-lite can change'

step "Look into it through a mount"
if [ -r /dev/fuse ] && [ -w /dev/fuse ] && command -v fusermount >/dev/null; then
	mkdir mnt
	run 0 wimtool mount install.wim 1 mnt
	mounted=mnt
	run 0 ls mnt/Windows/System32/config
	run 0 wimtool unmount mnt
	mounted=
else
	echo "skipped: nothing can be mounted, because there is no /dev/fuse here that this user may open"
fi

step "Verify the image"
run 0 wimtool verify install.wim

step "After deployment: which computers share a client machine ID?"
cp "$tests"/data/kms/demo-kms.txt kms.txt
run 1 kms audit kms.txt
says '01eb9985-230c-49ad-a8c2-c24914da4739'
for n in 01 02 03 04; do says "TEST-$n(\.contoso\.com)?"; done

step "Done: every step did what it is for"
