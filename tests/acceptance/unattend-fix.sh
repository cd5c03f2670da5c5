#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Fixes change what they are about and nothing else: for each rule that has one, `git diff` of its fixture has the lines
# that tests/data/unattend/fixes.tsv says (written by hand after reading each patch), the patch of fix --diff taken by
# git apply gives the same bytes, XML stays XML, the finding is gone, and a second fix changes nothing. The same for
# files of the corpus, where each changed line belongs to an element with a finding (FIX_SHARE=1: for all of them).
set -u
: "${BIN:?folder with the tools}"
[ -x "$BIN/unattend" ] || { echo "skipped: no unattend in $BIN"; exit 0; }
here=$(dirname "$(readlink -f "$0")")
data=$(dirname "$here")/data/unattend
corpus=$(readlink -f "${CORPUS:-../shared/corpus}")/unattend
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
git init -q . && git config user.email a@example.com && git config user.name a && git config core.autocrlf false
git config core.safecrlf false
python3 - "$BIN/unattend" "$data" "$corpus" <<'PYTHON'
import glob, json, os, re, shutil, subprocess, sys, xml.parsers.expat

tool, data, corpus = sys.argv[1:4]
passed = failed = 0
def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAIL", what)
def run(*a, **k):
    return subprocess.run(a, capture_output=True, **k)
def git(*a):
    return run("git", *a)
def commit(name):
    git("add", "-A"), git("commit", "-qm", name)
def well_formed(path):
    return run("xmllint", "--noout", "--nonet", path).returncode == 0
def findings(path, *options):
    done = run(tool, "lint", "--no-config", "--json", *options, path)
    return json.loads(done.stdout)["findings"] if done.returncode < 2 else []

# ---- the fixtures
options = {}
for line in open(os.path.join(data, "findings.tsv")):
    if line.startswith("bad-"):
        name, option, _ = line.rstrip("\n").split("\t")
        options[name] = ["--target", option[7:]] if option.startswith("target=") else ["--pkeyconfig", os.path.join(data, "demo-pkeyconfig.xrm-ms")] if option == "pkeyconfig" else []
fixes = dict(line.rstrip("\n").split("\t", 1) for line in open(os.path.join(data, "fixes.tsv")) if not line.startswith("#"))
rules = [r for r in json.loads(run(tool, "rules", "--json").stdout)["rules"] if r["fix"]]
for path in glob.glob(data + "/bad-*"):
    shutil.copy(path, ".")
commit("fixtures")
for rule in rules:
    name = next((f for f in sorted(os.listdir(".")) if f.startswith("bad-" + rule["id"])), None)
    if not name:
        check(rule["id"] in ("UA310", "UA407", "UA519", "UA523", "UA808"), f"{rule['id']} has a fix and no fixture")
        continue
    flags = ["--unsafe", "--severity", rule["id"] + "=warning", *options[name]]
    before, was_xml = open(name, "rb").read(), well_formed(name)
    patch = run(tool, "fix", "--quiet", "--diff", "--show-secrets", *flags, name).stdout
    check(open(name, "rb").read() == before, f"{name}: --diff changes the file")
    done = run(tool, "fix", "--quiet", *flags, name)
    after = open(name, "rb").read()
    check(done.returncode == 0, f"{name}: fix ends with {done.returncode}: {done.stderr[:200]}")
    stat = git("diff", "--numstat", "--", name).stdout.decode().split()[:2]
    check(fixes.get(name) == "\t".join(stat), f"{name}: lines added and deleted: {stat}, wanted {fixes.get(name)}")
    check(not any(f["rule"] == rule["id"] for f in findings(name, *flags[1:])), f"{name}: {rule['id']} is still there")
    check(well_formed(name) or not was_xml, f"{name}: no XML any more")
    run(tool, "fix", "--quiet", *flags, name)
    check(open(name, "rb").read() == after, f"{name}: a second fix changes it")
    git("checkout", "-q", "--", name)
    if stat != ["-", "-"]:  # UTF-16 is binary for git
        applied = run("git", "apply", "-", input=patch)
        check(applied.returncode == 0 and open(name, "rb").read() == after, f"{name}: git apply: {applied.stderr[:200]}")
    git("checkout", "-q", "--", name)

# ---- the corpus
MOVERS = {"UA002", "UA003", "UA104", "UA110", "UA116", "UA123", "UA202", "UA213", "UA301", "UA306", "UA307", "UA309", "UA314", "UA502", "UA507", "UA509",
          "UA510", "UA815", "UA119", "UA221"}
def elements(raw):
    """(first line, last line) of each element, smallest first"""
    spans, open_, parser = [], [], xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: open_.append(parser.CurrentLineNumber)
    parser.EndElementHandler = lambda tag: spans.append((open_.pop(), parser.CurrentLineNumber))
    try:
        parser.Parse(raw, True)
    except xml.parsers.expat.ExpatError:
        return None
    return sorted(spans, key=lambda s: s[1] - s[0])

def concerned(spans, line):
    starts = [s for s in spans if s[0] == line] or [s for s in spans if s[0] <= line <= s[1]][:1] or [(line, line)]
    return range(starts[0][0] - 1, max(s[1] for s in starts) + 2)

def hunks(name):
    parts = re.split(rb"^@@ -(\d+)(?:,(\d+))? .*\n", git("diff", "-U0", "--", name).stdout, flags=re.M)[1:]
    return [(int(at), int(n or 1), text) for at, n, text in zip(parts[0::3], parts[1::3], parts[2::3])]

# A prefix that an added attribute needs is declared at the component.
def only_declares(text):
    lines = re.sub(rb' xmlns:wcm="[^"]*"', b"", text).splitlines()
    return len(lines) == 2 and lines[0][1:] == lines[1][1:]

share = int(os.environ.get("FIX_SHARE", "6"))  # of the files of the corpus one in so many; 1: all
n_files = n_fixed = 0
for path in sorted(glob.glob(corpus + "/*.xml") + glob.glob(corpus + "/*.inf"))[::share]:
    for level in ((), ("--unsafe",)):
        shutil.copyfile(path, "file" + os.path.splitext(path)[1])
        name = "file" + os.path.splitext(path)[1]
        git("add", "-A"), git("commit", "-qm", path, "--allow-empty")
        was_xml, before, label = well_formed(name), findings(name), f"{os.path.basename(path)} {' '.join(level)}"
        raw = open(name, "rb").read()
        patch = run(tool, "fix", "--quiet", "--diff", "--show-secrets", *level, name).stdout
        done = run(tool, "fix", "--quiet", "--json", *level, name)
        after = open(name, "rb").read()
        n_files += 1
        check(done.returncode in (0, 1) or not was_xml, f"{label}: fix ends with {done.returncode}: {done.stderr[:200]}")
        if after == raw:
            continue
        steps = {s["rule"] for f in json.loads(done.stdout)["files"] for s in f["steps"] if s["fixed"]}
        n_fixed += 1
        check(well_formed(name) or not was_xml, f"{label}: no XML any more after {steps}")
        count = lambda found: {r: sum(f["rule"] == r for f in found) for r in {f["rule"] for f in found if f["severity"] != "style"}}
        old, new = count(before), count(findings(name))
        worse = {r for r in new if new[r] > old.get(r, 0)}
        # once it is XML, rules look at it for the first time
        check(not worse or any(f["rule"] in ("UA001", "UA002", "UA003", "UA008") for f in before), f"{label}: fixing {steps} added {worse}")
        spans = elements(raw)
        if spans is not None and not steps & MOVERS:
            lines = {n for f in before for n in concerned(spans, f["line"])}
            strange = [at for at, n, text in hunks(name) if not any(at + k in lines for k in range(max(1, n))) and not only_declares(text)]
            check(not strange, f"{label}: {steps} changes lines {strange} in which nothing was found")
        git("checkout", "-q", "--", name)
        applied = run("git", "apply", "-", input=patch)
        check(applied.returncode == 0 and open(name, "rb").read() == after, f"{label}: git apply: {applied.stderr[:200]}")
        shutil.copyfile(path, name)
if n_files:
    print(f"{n_files} runs over the corpus, {n_fixed} of them changed their file")
else:
    print(f"skipped: there is no {corpus}")
print(f"{passed} passed, {failed} failed, {0 if n_files else 1} skipped")
sys.exit(failed > 0)
PYTHON
