#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The SARIF of kms audit, sysprep-lite scan and compare, and wimtool doctor is what the schema of OASIS and
# sarif-multitool want, with findings and without (unattend lint: report-formats.sh).
# shellcheck source=tests/support/checks.sh
. "$(dirname "$0")/../support/checks.sh"

multitool=$("$support/sarif-multitool.sh" 2>npm.log) || { echo "skipped: sarif-multitool: $(tail -n 1 npm.log)"; exit 0; }
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
# the python that Debian's python3-jsonschema is for
python=python3
"$python" -c 'import jsonschema' 2>/dev/null || python=/usr/bin/python3

by_schema() {
	"$python" - "$multitool/sarif-2.1.0.json" "$1" <<'P'
import json, sys, jsonschema
schema, log = (json.load(open(name, encoding="utf-8")) for name in sys.argv[1:])
wrong = [e.message for e in jsonschema.validators.validator_for(schema)(schema).iter_errors(log)]
sys.exit(str(wrong[:3]) if wrong else 0)
P
}

# By sarif-multitool nothing is wrong but that the tool has no page on the web, and that what is found in logs, hives and
# images has no line.
by_multitool() {
	"$multitool/Sarif.Multitool" validate "$1" >told 2>&1 && grep -q 'Analysis completed successfully' told &&
		! { grep -E '(error|warning) [A-Z]+[0-9]+' told | grep -vE 'informationUri|SARIF2017'; }
}

# sarif NAME LEAST COMMAND... - at least LEAST results ("0" means none at all)
sarif() {
	local name=$1 least=$2 n
	shift 2
	"$@" >"$name.sarif" 2>"$name.err"
	n=$("$python" -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["runs"][0]["results"]))' "$name.sarif")
	if [ "$least" -eq 0 ]; then check "$name: no results" test "$n" = 0; else check "$name: results" test "${n:-0}" -ge "$least"; fi
	check "$name: schema" by_schema "$name.sarif"
	check "$name: sarif-multitool" by_multitool "$name.sarif" || cat told
}

fixture evtx cloned.evtx --events 400 --clones 6 >/dev/null || exit 3
sarif kms-audit 1 kms audit --format=sarif --enable=all cloned.evtx
fixture tree one --files 300 >/dev/null && cp -a one two || exit 3
sarif scan 3 sysprep-lite scan --format=sarif one
sarif compare 1 sysprep-lite compare --format=sarif one two
sarif doctor 1 wimtool doctor --format=sarif --require kb915331 one
mkdir nothing
sarif doctor-nothing 0 wimtool doctor --format=sarif nothing
finish
