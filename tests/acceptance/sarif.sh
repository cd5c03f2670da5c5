#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What `unattend lint` prints in the formats of other programs has the members that their formats want:
# SARIF 2.1.0 (OASIS), JUnit, checkstyle, Code Climate as GitLab reads it, workflow commands of GitHub.
set -u
: "${BIN:?folder with the tools}"
[ -x "$BIN/unattend" ] || { echo "skipped: no unattend in $BIN"; exit 0; }
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
python3 - "$BIN/unattend" <<'PYTHON'
import json, re, subprocess, sys, urllib.parse, xml.etree.ElementTree as ET

tool = sys.argv[1]
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

def findings(*paths):
    run = subprocess.run([tool, "lint", "--json", *paths], capture_output=True)
    return json.loads(run.stdout)["findings"]

FILES = ["sub folder/bäd.xml", "sysprep.inf", "clean.xml"]
wanted = findings(*FILES)
check(len(wanted) >= 4, "the fixture has findings")

# SARIF 2.1.0: required are version and runs; in a run tool.driver.name; in a result message; in a rule id
code, text = lint("sarif", *FILES)
sarif = json.loads(text)
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
root = ET.fromstring(text)
errors = root.findall("file/error")
check(root.tag == "checkstyle" and all(f.get("name") in FILES for f in root.findall("file")), "checkstyle: files")
check(len(errors) == len(wanted), "checkstyle: as many as findings")
check(all(e.get("severity") in ("error", "warning", "info", "ignore") and e.get("message") and int(e.get("line", 1)) >= 1 and
          re.search(r"UA\d{3}", e.get("source", "")) for e in errors), "checkstyle: errors")

code, text = lint("gitlab", *FILES)
items = json.loads(text)
check(isinstance(items, list) and len(items) == len(wanted), "gitlab: as many as findings")
check(all(i["description"] and i["check_name"] and i["fingerprint"] and i["severity"] in ("info", "minor", "major", "critical", "blocker")
          and i["location"]["path"] in FILES and i["location"]["lines"]["begin"] >= 1 for i in items), "gitlab: members")
check(len({i["fingerprint"] for i in items}) == len(items), "gitlab: fingerprints are different")

code, text = lint("github", *FILES)
lines = [l for l in text.splitlines() if l]
check(len(lines) == len(wanted) and all(re.match(r"::(error|warning|notice) file=[^,]+,line=\d+(,col=\d+)?(,[a-zA-Z]+=[^,:]*)*::.", l) for l in lines), "github: commands")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
PYTHON
