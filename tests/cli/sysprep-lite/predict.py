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
         "S-1-5-20": "Windows/ServiceProfiles/NetworkService/NTUSER.DAT",
         "DefaultUser": "Users/Default/NTUSER.DAT", "BCD": "Boot/BCD"}
MARKER = "SETUP\\GOLDWIM"


class Mapping:
    """Old identifiers to new ones, in every form; new ones come out in lower case (the style is checked elsewhere)."""

    def __init__(self, identifiers):
        self.pairs = [(i["old"].strip("{}").lower(), i["new"].strip("{}").lower()) for i in identifiers]
        news = [(new, new) for _, new in self.pairs]
        self.texts = dict(self.pairs + news)
        # Any GUID, looked up afterwards: an alternation of all of them takes minutes on a real hive.
        digits = "-".join("[0-9a-f]{%d}" % n for n in (8, 4, 4, 4, 12))
        self.text = re.compile(digits, re.I)
        self.coded = {t.encode(c): n.encode(c) for t, n in self.texts.items() for c in ("ascii", "utf-16-le")}
        wide = "-\0".join("(?:[0-9a-f]\0){%d}" % n for n in (8, 4, 4, 4, 12))
        self.bytes = re.compile(("%s|%s" % (digits, wide)).encode(), re.I)
        self.binary = [(uuid.UUID(old).bytes_le, uuid.UUID(new).bytes_le) for old, new in self.pairs]

    def of_text(self, text):
        return self.text.sub(lambda m: self.texts.get(m.group().lower(), m.group()), text)

    def of_data(self, data):
        for old, new in self.binary:
            data = data.replace(old, new)
        if len(data) < 36 or b"-" not in data:
            return data
        return self.bytes.sub(lambda m: self.coded.get(m.group().lower(), m.group()), data)


def check_hive(name, before, after, edits, mapping):
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
            values[edit["value"]] = (edit["new"]["type"], bytes.fromhex(edit["new"]["data"]))
    expected = {}
    for path, key in old.keys.items():
        moved = mapping.of_text(path).upper()
        values = {mapping.of_text(v).lower(): (kind, mapping.of_data(data)) for v, (kind, data) in key.values.items()}
        changed = path in named or moved != path or any(values.get(v.lower()) != d for v, d in key.values.items())
        expected[moved] = (key, values, changed)
    above_changed = set()
    for path, (_, _, changed) in expected.items():
        while changed and "\\" in path:
            path = path.rsplit("\\", 1)[0]
            above_changed.add(path)
    got = {p: k for p, k in new.keys.items() if not (name == "SYSTEM" and p.startswith(MARKER))}
    if name == "SYSTEM":
        assert MARKER in new.keys, "no marker"
    assert set(got) == set(expected), set(got) ^ set(expected)
    for path, (key, values, changed) in expected.items():
        now = got[path]
        have = {v.lower(): (kind, mapping.of_data(data)) for v, (kind, data) in now.values.items()}
        assert have == values, (path, set(have) ^ set(values), [v for v in values if have.get(v) != values[v]])
        assert (now.flags, now.sd, now.cls) == (key.flags, key.sd, key.cls), path
        if not changed and not (name == "SYSTEM" and path in ("", "SETUP")):
            assert now.mtime == key.mtime or path in above_changed or path in named, (path, "time")
    return len(got)


def main():
    result = json.load(open(sys.argv[1]))
    mapping = Mapping(result["identifiers"])
    for name, path in FILES.items():
        before, after = (os.path.join(folder, path) for folder in sys.argv[2:4])
        edits = [e for e in result["edits"] if e.get("hive") == name]
        if not os.path.exists(before):
            continue
        if open(before, "rb").read() == open(after, "rb").read():
            assert not edits, name
            continue
        check_hive(name, before, after, edits, mapping)
        print(name, "as predicted")


main()
