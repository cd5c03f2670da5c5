#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What `unattend lint` prints in the formats of other programs is what these formats want: SARIF 2.1.0 by the schema of
# OASIS and by sarif-multitool, JUnit, checkstyle and GitLab by the schemas in tests/data/schemas, workflow commands of
# GitHub; all of them member by member against the findings of --json. The fixes of SARIF are carried out by a program
# that knows SARIF alone.
set -u
: "${BIN:?folder with the tools}"
[ -x "$BIN/unattend" ] || { echo "skipped: no unattend in $BIN"; exit 0; }
here=$(dirname "$(readlink -f "$0")")
schemas=$(dirname "$here")/data/schemas fixtures=$(dirname "$here")/data/unattend
multitool=$("$(dirname "$here")/support/sarif-multitool.sh" 2>npm.log) || { echo "skipped: sarif-multitool: $(tail -n 1 npm.log)"; multitool=; }
rm -f npm.log
# the python that Debian's python3-jsonschema is for
python=python3
"$python" -c 'import jsonschema' 2>/dev/null || python=/usr/bin/python3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir 'sub folder'
cat >'sub folder/bäd.xml' <<'X'
<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
	<settings pass="oobesystem">
		<component name="Microsoft-Windows-Shell-Setup" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e36" language="neutral" versionScope="nonSxS">
			<OOBE><HideEULAPage>yes</HideEULAPage></OOBE>
			<TimeZone>"CET" &lt;&amp;</TimeZone>
			<Nonsense/>
		</component>
	</settings>
</unattend>
X
printf '[GuiUnattended]\nTimeZone=CET\n' >sysprep.inf
printf '<unattend xmlns="urn:schemas-microsoft-com:unattend"/>\n' >clean.xml
"$python" - "$BIN/unattend" "$schemas" "$fixtures" "$multitool" <<'PYTHON'
import glob, json, os, re, shutil, subprocess, sys, urllib.parse, xml.etree.ElementTree as ET
import jsonschema

tool, schemas, fixtures, multitool = sys.argv[1:5]
passed = failed = 0
def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAIL", what)

def lint(form, *paths):
    run = subprocess.run([tool, "lint", f"--format={form}", *paths], capture_output=True)
    return run.returncode, run.stdout.decode("utf-8")

def valid_xml(name, text):
    open(name + ".out", "w", encoding="utf-8").write(text)
    run = subprocess.run(["xmllint", "--noout", "--schema", os.path.join(schemas, name + ".xsd"), name + ".out"], capture_output=True)
    check(run.returncode == 0, f"{name}: {run.stderr.decode()[:600]}")

def valid_json(schema, value, what):
    schema = json.load(open(schema, encoding="utf-8"))
    wrong = list(jsonschema.validators.validator_for(schema)(schema).iter_errors(value))
    check(not wrong, f"{what}: {wrong[:1]}")

# A warning is only that the tool has no page on the web.
def valid_sarif(text, what):
    if not multitool:
        return
    valid_json(os.path.join(multitool, "sarif-2.1.0.json"), json.loads(text), what + ", schema of SARIF")
    open("lint.sarif", "w", encoding="utf-8").write(text)
    run = subprocess.run([os.path.join(multitool, "Sarif.Multitool"), "validate", "lint.sarif"], capture_output=True,
                         env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"})
    told = [l for l in run.stdout.decode().splitlines() if re.search(r"(error|warning) [A-Z]+\d+", l) and "informationUri" not in l]
    check(run.returncode == 0 and b"Analysis completed successfully" in run.stdout and not told, f"{what}, sarif-multitool: {told[:2] or run.stdout[-300:]}")

# The schemas have to be able to refuse.
for name, broken in (("junit", "<testsuites><testsuite name='a' tests='1'><testcase name='x'/></testsuite></testsuites>"),
                     ("checkstyle", "<checkstyle version='4.3'><file name='a'><error line='0' severity='bad' message='m' source='s'/></file></checkstyle>")):
    open("broken.out", "w").write(broken)
    check(subprocess.run(["xmllint", "--noout", "--schema", os.path.join(schemas, name + ".xsd"), "broken.out"], capture_output=True).returncode != 0, f"{name}.xsd refuses nothing")
gitlab = json.load(open(os.path.join(schemas, "gitlab-code-quality.schema.json")))
check(not jsonschema.Draft7Validator(gitlab).is_valid([{"description": "a", "location": {"path": "b"}}]), "the schema of gitlab refuses nothing")
os.remove("broken.out")

def findings(*paths):
    run = subprocess.run([tool, "lint", "--json", *paths], capture_output=True)
    return json.loads(run.stdout)["findings"]

FILES = ["sub folder/bäd.xml", "sysprep.inf", "clean.xml"]
wanted = findings(*FILES)
check(len(wanted) >= 4, "the fixture has findings")

# SARIF 2.1.0: required are version and runs; in a run tool.driver.name; in a result message; in a rule id
code, text = lint("sarif", *FILES)
sarif = json.loads(text)
valid_sarif(text, "sarif")
valid_sarif(lint("sarif", "clean.xml")[1], "sarif, no findings")
valid_sarif(lint("sarif", os.path.abspath(FILES[0]))[1], "sarif, absolute path")
check(code == 1, "exit code of sarif")
check(sarif.get("version") == "2.1.0", "version")
check(sarif.get("$schema", "").endswith("sarif-schema-2.1.0.json") or "sarif-2.1.0" in sarif.get("$schema", ""), "$schema")
check(set(sarif) <= {"$schema", "version", "runs", "inlineExternalProperties", "properties"}, "members of the log")
check(isinstance(sarif.get("runs"), list) and len(sarif["runs"]) == 1, "one run")
run = sarif["runs"][0]
RUN = {"tool", "results", "artifacts", "invocations", "columnKind", "originalUriBaseIds", "automationDetails", "properties",
       "defaultEncoding", "language", "versionControlProvenance", "taxonomies"}
check(set(run) <= RUN, f"members of the run: {set(run) - RUN}")
check(run.get("columnKind", "unicodeCodePoints") in ("utf16CodeUnits", "unicodeCodePoints"), "columnKind")
driver = run["tool"]["driver"]
check(driver.get("name") == "unattend" and re.match(r"\d+\.\d+\.\d+", driver.get("semanticVersion", driver.get("version", ""))), "driver")
rules = driver.get("rules", [])
ids = [r["id"] for r in rules]
check(len(ids) == len(set(ids)), "rule ids are different")
for rule in rules:
    check(re.fullmatch(r"UA\d{3}", rule["id"]) is not None, f"id {rule['id']}")
    check(rule.get("shortDescription", {}).get("text", "").strip() != "", f"{rule['id']}: shortDescription.text")
    check(rule.get("defaultConfiguration", {}).get("level", "warning") in ("none", "note", "warning", "error"), f"{rule['id']}: level")
    check("helpUri" not in rule or re.match(r"https?://", rule["helpUri"]), f"{rule['id']}: helpUri")
check(isinstance(run.get("results"), list) and len(run["results"]) == len(wanted), "as many results as findings")
prints = []
for r, f in zip(run["results"], wanted):
    name = f"{f['rule']} at {f['file']}:{f['line']}"
    check(r["message"].get("text", "") == f["message"] or f["message"] in r["message"].get("text", ""), f"{name}: message.text")
    check(r.get("ruleId") == f["rule"], f"{name}: ruleId")
    check(ids[r["ruleIndex"]] == r["ruleId"] if "ruleIndex" in r else True, f"{name}: ruleIndex")
    level = {"error": "error", "warning": "warning", "info": "note", "style": "note"}[f["severity"]]
    check(r.get("level", "warning") == level, f"{name}: level {r.get('level')}")
    place = r["locations"][0]["physicalLocation"]
    uri = place["artifactLocation"]["uri"]
    check(urllib.parse.unquote(uri) == f["file"] and re.fullmatch(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+", uri) is not None, f"{name}: uri {uri}")
    region = place.get("region", {})
    check(region.get("startLine", 1) == (f["line"] or 1) and region.get("startLine", 1) >= 1, f"{name}: startLine")
    check(region.get("startColumn", 1) >= 1 and region.get("startColumn", 1) == (f.get("column") or 1), f"{name}: startColumn")
    prints.append(json.dumps(r.get("partialFingerprints", r.get("fingerprints", {})), sort_keys=True))
    check(all(isinstance(v, str) for v in r.get("partialFingerprints", {}).values()), f"{name}: fingerprints are texts")
check(len(set(prints)) == len(prints), "fingerprints are different")
check(lint("sarif", *FILES)[1] == text, "the same again")

code, text = lint("junit", *FILES)
valid_xml("junit", text)
valid_xml("junit", lint("junit", "clean.xml")[1])
root = ET.fromstring(text)
check(root.tag in ("testsuites", "testsuite"), "junit: root")
suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
for suite in suites:
    cases = suite.findall("testcase")
    check(suite.get("name") and suite.get("tests") == str(len(cases)), "junit: name and tests")
    check(suite.get("failures") == str(len(suite.findall("testcase/failure"))), "junit: failures")
    check(all(c.get("name") and c.get("classname") for c in cases), "junit: names of cases")
check(len(root.findall(".//failure")) >= 1, "junit: failures are there")

code, text = lint("checkstyle", *FILES)
valid_xml("checkstyle", text)
valid_xml("checkstyle", lint("checkstyle", "clean.xml")[1])
root = ET.fromstring(text)
errors = root.findall("file/error")
check(root.tag == "checkstyle" and all(f.get("name") in FILES for f in root.findall("file")), "checkstyle: files")
check(len(errors) == len(wanted), "checkstyle: as many as findings")
check(all(e.get("severity") in ("error", "warning", "info", "ignore") and e.get("message") and int(e.get("line", 1)) >= 1 and
          re.search(r"UA\d{3}", e.get("source", "")) for e in errors), "checkstyle: errors")

code, text = lint("gitlab", *FILES)
items = json.loads(text)
valid_json(os.path.join(schemas, "gitlab-code-quality.schema.json"), items, "gitlab")
valid_json(os.path.join(schemas, "gitlab-code-quality.schema.json"), json.loads(lint("gitlab", "clean.xml")[1]), "gitlab, no findings")
valid_json(os.path.join(schemas, "gitlab-code-quality.schema.json"), json.loads(lint("gitlab", ".")[1]), "gitlab, a folder")
check(isinstance(items, list) and len(items) == len(wanted), "gitlab: as many as findings")
check(all(i["description"] and i["check_name"] and i["fingerprint"] and i["severity"] in ("info", "minor", "major", "critical", "blocker")
          and i["location"]["path"] in FILES and i["location"]["lines"]["begin"] >= 1 for i in items), "gitlab: members")
check(len({i["fingerprint"] for i in items}) == len(items), "gitlab: fingerprints are different")

# GitLab and SARIF want names without "./"
check('"./' not in lint("gitlab", ".")[1] + lint("sarif", ".")[1], "names below the folder have no ./")

# ---- the fixes of SARIF: what they say is carried out on the bytes, and the finding is gone
def encode(raw, text):
    for bom, name in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if raw.startswith(bom):
            return text.encode(name)
    return text.encode("utf-8")

def mend(path, fix):
    raw = open(path, "rb").read()
    assert len(fix["artifactChanges"]) == 1
    for part in sorted(fix["artifactChanges"][0]["replacements"], key=lambda r: -r["deletedRegion"]["byteOffset"]):
        region = part["deletedRegion"]
        at, end = region["byteOffset"], region["byteOffset"] + region["byteLength"]
        assert end <= len(raw)
        raw = raw[:at] + encode(raw, part.get("insertedContent", {}).get("text", "")) + raw[end:]
    open(path, "wb").write(raw)

os.mkdir("mended")
n_fixes = 0
OPTIONS = ["--enable=all", "--target=win11-24h2"]
for name in sorted(glob.glob(fixtures + "/bad-*.*") + glob.glob(fixtures + "/odd-*.*")):
    copy = os.path.join("mended", os.path.basename(name))
    shutil.copy(name, copy)
    def results():
        run = subprocess.run([tool, "lint", "--format=sarif", *OPTIONS, copy], capture_output=True)
        return json.loads(run.stdout)["runs"][0]["results"] if run.returncode < 2 else []
    for result in [r for r in results() if "fixes" in r]:
        before = sum(r["ruleId"] == result["ruleId"] for r in results())
        mend(copy, result["fixes"][0])
        after = sum(r["ruleId"] == result["ruleId"] for r in results())
        check(after < before, f"{name}: the fix of {result['ruleId']} in SARIF changes nothing")
        n_fixes += 1
        shutil.copy(name, copy)
check(n_fixes >= 40, f"only {n_fixes} findings of the fixtures have a fix in SARIF")
if multitool:
    run = subprocess.run([tool, "lint", "--format=sarif", *OPTIONS, "mended"], capture_output=True)
    valid_sarif(run.stdout.decode("utf-8"), "sarif of all fixtures")

code, text = lint("github", *FILES)
lines = [l for l in text.splitlines() if l]
check(len(lines) == len(wanted) and all(re.match(r"::(error|warning|notice) file=[^,]+,line=\d+(,col=\d+)?(,[a-zA-Z]+=[^,:]*)*::.", l) for l in lines), "github: commands")
print(f"{passed} passed, {failed} failed, {0 if multitool else 1} skipped")
sys.exit(failed > 0)
PYTHON
