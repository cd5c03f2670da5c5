#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""traces.py RESULT.json BEFORE AFTER: what the removed values held is in no byte of the hives AFTER but in live values.

RESULT.json is what plan --json or generalize --json printed; BEFORE and AFTER are folders with SYSTEM, SOFTWARE, ...
Prints "N removed values, M traces".
"""
import json
import os
import sys

from regf_reader import Hive

SHORTEST = 16  # of what is shorter the same bytes may stand anywhere


def removed(edit, hive):
    """The data of the values that an edit removes."""
    key = edit["key"].upper()
    if edit["action"] == "delete-value":
        yield from (data for name, (_, data) in hive.keys[key].values.items() if name.upper() == edit["value"].upper())
    elif edit["action"] == "delete-key":
        for path, found in hive.keys.items():
            if path == key or path.startswith(key + "\\"):
                yield from (data for _, data in found.values.values())


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        edits = json.load(f)["edits"]
    looked = traces = 0
    for name in sorted({edit["hive"] for edit in edits if edit.get("hive")}):
        before, after = (os.path.join(folder, name) for folder in sys.argv[2:4])
        if not os.path.exists(before):
            continue
        old, new = Hive(before), Hive(after)
        with open(after, "rb") as f:
            raw = f.read()
        gone = {bytes(data) for edit in edits if edit.get("hive") == name for data in removed(edit, old)}
        live = b"\0\0".join(bytes(data) for key in new.keys.values() for _, data in key.values.values())
        for data in gone:
            if len(data) < SHORTEST or len(set(data)) < 4:
                continue
            looked += 1
            if raw.count(data) > live.count(data):
                traces += 1
                print(f"{name}: {data[:40]!r} is still there")
    print(f"{looked} removed values, {traces} traces")
    sys.exit(1 if traces else 0)


if __name__ == "__main__":
    main()
