#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""cmp_list.py WIM IMAGE [REF]: what wimtool lists and hashes of an image against wimlib-imagex dir --detailed."""
import json
import re
import subprocess
import sys

EMPTY = "da39a3ee5e6b4b0d3255bfef95601890afd80709"


def shown(path):
    """As wimtool writes a name into JSON: lone surrogates and control characters as \\u{...}."""
    text = path.decode("utf-8", "surrogatepass")
    return "".join("\\u{%x}" % ord(c) if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)


def theirs(wim, image, refs):
    out = subprocess.run(["wimlib-imagex", "dir", wim, image, "--detailed", *refs], stdout=subprocess.PIPE, check=True).stdout
    entries, entry, kind = {}, None, None
    for line in out.split(b"\n"):
        if m := re.match(rb'Full Path +=\s"(.*)"$', line):
            entry = entries[shown(m[1])] = {"streams": 0, "sha1": None, "size": 0, "tag": None, "reparse": None}
        elif m := re.match(rb'Short Name +=\s"(.*)"$', line):
            entry["short"] = shown(m[1])
        elif m := re.match(rb"Attributes += (0x[0-9a-f]+)", line):
            entry["attributes"] = int(m[1], 16)
        elif m := re.match(rb"Security Descriptor|Security ID", line):
            pass
        elif m := re.match(rb"Reparse Tag += (0x[0-9a-f]+)", line):
            entry["tag"] = int(m[1], 16)
        elif m := re.match(rb"Link Count += (\d+)", line):
            entry["links"] = int(m[1])
        elif m := re.match(rb"\t(.*):$", line):
            kind = m[1]
            if kind.startswith(b"Named"):
                entry["streams"] += 1
        elif m := re.match(rb"Hash += 0x([0-9a-f]{40})", line):
            if kind == b"Unnamed data stream":
                entry["sha1"] = m[1].decode()
        elif m := re.match(rb"Uncompressed size = (\d+)", line):
            if kind == b"Unnamed data stream":
                entry["size"] = int(m[1])
    return entries


def run(*words):
    return subprocess.run(["wimtool", *words], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")


def ours(wim, image, refs):
    entries = {}
    for line in run("list", wim, image, "--format=ndjson", *refs).splitlines():
        row = json.loads(line)
        entries[row["path"]] = row
    return entries


def differences(a, b):
    for path in sorted(a.keys() ^ b.keys()):
        yield f"{path!r}: only {'theirs' if path in a else 'ours'}"
    for path in a.keys() & b.keys():
        t, o = a[path], b[path]
        pairs = [("attributes", t["attributes"], o["attributes"]), ("short", t["short"], o.get("short_name", "")),
                 ("tag", t["tag"], o.get("reparse_tag")), ("links", t["links"], o["links"]),
                 ("streams", t["streams"], o["named_streams"])]
        if o["type"] == "file":
            pairs += [("sha1", t["sha1"] or "0" * 40, o["sha1"]), ("size", t["size"], o["size"])]
        for what, left, right in pairs:
            if left != right:
                yield f"{path!r}: {what}: theirs {left}, ours {right}"


def hash_differences(a, wim, image, refs):
    rows = {}
    for line in run("hash", wim, image, "--format=ndjson", *refs).splitlines():
        row = json.loads(line)
        rows[row["path"]] = row
    for path, t in a.items():
        if t["tag"] is not None or t["attributes"] & 0x10:
            continue
        want = EMPTY if not t["sha1"] or t["sha1"] == "0" * 40 else t["sha1"]
        if path not in rows or rows[path]["sha1"] != want or rows[path]["size"] != t["size"]:
            yield f"{path!r}: hash: theirs {want}, ours {rows.get(path)}"


def main():
    wim, image = sys.argv[1:3]
    refs = [f"--ref={ref}" for ref in sys.argv[3:]]
    a, b = theirs(wim, image, refs), ours(wim, image, refs)
    found = list(differences(a, b)) + list(hash_differences(a, wim, image, refs))
    for line in found[:40]:
        print(line)
    print(f"{len(a)} entries, {len(found)} differences")
    sys.exit(1 if found or not a else 0)


main()
