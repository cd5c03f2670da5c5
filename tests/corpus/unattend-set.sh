#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `unattend set` on real answer files: the value is there afterwards, the file is as well-formed as before, and of what
# was there at most one line is changed. A refusal leaves the file as it was.
set -u
CORPUS=${CORPUS:-../shared/corpus}
: "${BIN:?folder with the tools}"
[ -d "$CORPUS/unattend" ] || { echo "skipped: no answer files in $CORPUS/unattend"; exit 0; }
[ -x "$BIN/unattend" ] || { echo "skipped: no unattend in $BIN"; exit 0; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

python3 - "$BIN/unattend" "$CORPUS/unattend" "$work/unattend.xml" <<'PYTHON'
import difflib, glob, subprocess, sys

tool, corpus, path = sys.argv[1:4]
SETTINGS = [("specialize/Shell-Setup/ComputerName", "PC-1"), ("oobeSystem/Shell-Setup/OOBE/HideEULAPage", "true"),
            ("windowsPE/Setup/UserData/AcceptEula", "true"), ("generalize/Security-SPP/SkipRearm", "0"),
            ("oobeSystem/Shell-Setup/UserAccounts/LocalAccounts/LocalAccount[Name=zz]/Group", "Users")]

def run(*arguments):
    return subprocess.run([tool, *arguments], capture_output=True)

def well_formed(name):
    return subprocess.run(["xmllint", "--noout", name], capture_output=True).returncode == 0

def fault(name, raw, setting, value):
    """What is wrong; None when nothing is, "" for a refusal."""
    done = run("set", path, setting, value)
    new = open(path, "rb").read()
    if done.returncode:
        if new != raw:
            return "refused, and changed all the same"
        return "" if done.returncode in (2, 3) and done.stderr.count(b"\n") == 1 else f"exit code {done.returncode}"
    before, after = raw.split(b"\n"), new.split(b"\n")
    steps = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    if sum(end - start for kind, start, end, _, _ in steps if kind != "equal") > 1:
        return "more than one line is changed"
    if well_formed(name) and not well_formed(path):
        return "not well-formed any more"
    shown = run("get", path, setting).stdout.decode("utf-8", "replace").strip()
    return None if shown == value else f"get says {shown!r}"

passed = failed = refused = 0
for number, name in enumerate(sorted(glob.glob(corpus + "/*.xml"))):
    raw = open(name, "rb").read()
    setting, value = SETTINGS[number % len(SETTINGS)]
    open(path, "wb").write(raw)
    wrong = fault(name, raw, setting, value)
    passed, failed, refused = passed + (wrong is None), failed + bool(wrong), refused + (wrong == "")
    if wrong:
        print(f"FAIL {name}: {setting}: {wrong}")
print(f"{refused} refused (several architectures, damaged, or an item to choose)")
if refused > passed // 10:
    failed += 1
    print("FAIL too many are refused")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
PYTHON
