#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The same events in every format give the same audit: --json, byte for byte, apart from the name of the input,
# of its format, and the places in it. EVENTS is how many; tests/proof takes more.
# shellcheck source=tests/support/checks.sh
. "$(dirname "$(readlink -f "$0")")/../support/checks.sh"
need python3 iconv zstd
events=${EVENTS:-20000}
fleet=(--events "$events" --hosts 2000 --clones 20 --seed 5)

# Findings stand in the order of their places, which are lines or offsets: they are compared in an order of their own.
cat >plain.py <<'PY'
import json, sys

PLACES = ("path", "file", "format", "line", "offset", "uri", "fingerprint")

def strip(value):
    if isinstance(value, dict):
        return {k: strip(v) for k, v in value.items() if k not in PLACES}
    return [strip(v) for v in value] if isinstance(value, list) else value

data = strip(json.load(sys.stdin))
data["findings"].sort(key=lambda finding: json.dumps(finding, sort_keys=True))
json.dump(data, sys.stdout, indent=1, sort_keys=True)
PY

# audit OUT LOG... - its exit code is 0 or 1.
audit() {
	local out=$1
	shift
	kms audit --json --host kms01.corp.example.com "$@" >all.json
	[ $? -le 1 ] && python3 plain.py <all.json >"$out"
}

same() {
	local name=$1
	shift
	if audit got.json "$@" && cmp -s want.json got.json; then
		good "$name"
	else
		bad "$name" < <(diff want.json got.json)
	fi
}

fixture evtx log.evtx "${fleet[@]}" || exit 2
check "audit of .evtx" audit want.json log.evtx
check "clones are in it" grep -q '"duplicate-cmid"' want.json
same ".evtx, three threads" -j 3 log.evtx
for format in text csv xml wevtutil list json; do
	fixture evtx "log.$format" --format $format "${fleet[@]}" || exit 2
	same "$format" -j 1 "log.$format"
	same "$format, three threads" -j 3 "log.$format"
done
gzip -k log.text && same "text in gzip" log.text.gz
zstd -q log.json -o json.zst && same "JSON in zstd" json.zst
gzip -k log.evtx && same ".evtx in gzip" log.evtx.gz
{ printf '\xff\xfe'; iconv -f UTF-8 -t UTF-16LE log.csv; } >utf16.csv
same "CSV in UTF-16" utf16.csv
same "standard input" - <log.xml
finish
