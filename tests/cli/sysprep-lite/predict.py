# SPDX-License-Identifier: GPL-3.0-or-later
"""predict.py RESULT.json BEFORE AFTER: each hive of the folder AFTER is exactly the one of BEFORE with the
edits and replaced identifiers that `generalize --json` told, and nothing else."""
import json
import os
import re
import struct
import sys
import uuid

from regf_reader import Hive

CONFIG = "Windows/System32/config/"
FILES = {"SYSTEM": CONFIG + "SYSTEM", "SOFTWARE": CONFIG + "SOFTWARE", "SAM": CONFIG + "SAM",
         "SECURITY": CONFIG + "SECURITY", "DEFAULT": CONFIG + "DEFAULT",
         "S-1-5-20": "Windows/ServiceProfiles/NetworkService/NTUSER.DAT"}
MARKER = "SETUP\\GOLDWIM"


def replace_text(text, pairs):
    for old, new in pairs:
        text = re.sub(re.escape(old), new, text, flags=re.I)
    return text


def replace_bytes(data, pairs):
    for old, new in pairs:
        data = data.replace(uuid.UUID(old).bytes_le, uuid.UUID(new).bytes_le)
        for codec in "ascii", "utf-16-le":
            data = re.sub(re.escape(old.encode(codec)), lambda m: new.encode(codec), data, flags=re.I)
    return data


def fold(data, pairs):
    """The new identifiers in lower case: the case style is checked elsewhere."""
    for _, new in pairs:
        for codec in "ascii", "utf-16-le":
            data = re.sub(re.escape(new.encode(codec)), lambda m: new.encode(codec), data, flags=re.I)
    return data


def check_hive(name, before, after, edits, pairs):
    old, new = Hive(before), Hive(after)
    named = set()
    for edit in edits:
        key = edit["key"].upper()
        if edit["action"] == "delete-key":
            for path in [p for p in old.keys if p == key or p.startswith(key + "\\")]:
                del old.keys[path]
            named.add(key.rsplit("\\", 1)[0])
            continue
        named.add(key)
        values = old.keys[key].values
        if edit["action"] == "delete-value":
            del values[edit["value"]]
        elif edit["new"]["type"] == 4:
            values[edit["value"]] = (4, struct.pack("<I", int(edit["new"]["shown"].split()[0])))
        else:
            sys.exit("no prediction for " + repr(edit))
    expected = {}
    for path, key in old.keys.items():
        moved = replace_text(path, pairs).upper()
        values = {replace_text(v, pairs).lower(): (kind, replace_bytes(data, pairs))
                  for v, (kind, data) in key.values.items()}
        changed = path in named or moved != path or any(
            values.get(v.lower()) != d for v, d in key.values.items())
        expected[moved] = (key, values, changed)
    got = {p: k for p, k in new.keys.items() if not (name == "SYSTEM" and p.startswith(MARKER))}
    if name == "SYSTEM":
        assert MARKER in new.keys, "no marker"
    assert set(got) == set(expected), set(got) ^ set(expected)
    for path, (key, values, changed) in expected.items():
        now = got[path]
        have = {v.lower(): (kind, fold(data, pairs)) for v, (kind, data) in now.values.items()}
        want = {v: (kind, fold(data, pairs)) for v, (kind, data) in values.items()}
        assert have == want, (path, set(have) ^ set(want), [v for v in want if have.get(v) != want[v]])
        assert (now.flags, now.sd, now.cls) == (key.flags, key.sd, key.cls), path
        if not changed and not (name == "SYSTEM" and path in ("", "SETUP")):
            children_changed = any(p.startswith(path + "\\") and c for p, (_, _, c) in expected.items())
            assert now.mtime == key.mtime or children_changed or path in named, (path, "time")
    return len(got)


def main():
    result = json.load(open(sys.argv[1]))
    pairs = [(i["old"].strip("{}").lower(), i["new"].strip("{}").lower()) for i in result["identifiers"]]
    for name, path in FILES.items():
        before, after = (os.path.join(folder, path) for folder in sys.argv[2:4])
        edits = [e for e in result["edits"] if e.get("hive") == name]
        if not os.path.exists(before):
            continue
        if open(before, "rb").read() == open(after, "rb").read():
            assert not edits, name
            continue
        check_hive(name, before, after, edits, pairs)
        print(name, "as predicted")


main()
