#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_names.py BEFORE AFTER PLAN.json: what names an edit of a tree added and removed.

Fails when one is new or gone that the plan (the JSON of sysprep-lite) does not write,
move or delete.
"""
import json
import os
import sys


def names(root):
    found = set()
    for folder, folders, files in os.walk(root):
        found |= {os.path.relpath(os.path.join(folder, name), root).lower() for name in folders + files}
    return found


def with_parents(path):
    parts = path.lower().replace("\\", "/").split("/")
    return {"/".join(parts[:n]) for n in range(1, len(parts) + 1)}


def main():
    before, after = names(sys.argv[1]), names(sys.argv[2])
    with open(sys.argv[3], encoding="utf-8") as f:
        edits = [e for e in json.load(f)["edits"] if "path" in e]
    new, gone = set(), []
    for edit in edits:
        if edit["action"] == "write-file":
            new |= with_parents(edit["path"])
        else:
            gone.append(edit["path"].lower().replace("\\", "/"))
        if edit["action"] == "rename-file":
            moved = edit["to"].lower().replace("\\", "/")
            new |= {moved + name[len(gone[-1]):] for name in before if (name + "/").startswith(gone[-1] + "/")}
    stay = {name for name in before if not any((name + "/").startswith(path + "/") for path in gone)}
    wrong = after ^ (stay | new)
    for name in sorted(wrong):
        print(name, "is new" if name in after else "is gone")
    sys.exit(1 if wrong or not edits else 0)


main()
