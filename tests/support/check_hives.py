#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_hives.py: what a generalization did to hives, seen by reglookup and by the bytes.

check_hives.py left FILE... -- GUID...
    Fails when one of the GUIDs is in a file: ASCII or UTF-16 in any case, or as 16 bytes.
check_hives.py changes NAME BEFORE AFTER PLAN.json
    Fails when a key or value differs between the hives that the plan (the JSON of
    sysprep-lite) does not name, or when an edit of the plan for hive NAME is not done.
    GUIDs that the plan replaces count as equal to what replaces them, and must be replaced.
"""
import json
import re
import subprocess
import sys
import uuid

# What a run notes about itself, so that the next run knows its identifiers.
MARKER = ("SYSTEM", b"/setup/goldwim")


def forms(guid):
    """Patterns of a GUID: text, UTF-16 text, bytes on disk."""
    text = str(guid).encode()
    wide = b"".join(re.escape(bytes([c])) + b"\0" for c in text)
    disk = re.escape(guid.bytes_le)
    return [re.compile(re.escape(text), re.I), re.compile(wide, re.I | re.S), re.compile(disk, re.S)]


def check_left(files, guids):
    found = 0
    for name in files:
        data = open(name, "rb").read()
        for guid in guids:
            for form, pattern in zip(("ASCII", "UTF-16", "binary"), forms(uuid.UUID(guid))):
                for match in pattern.finditer(data):
                    print(f"{name}: {guid} left as {form} at {match.start():#x}")
                    found += 1
    print(f"{found} left in {len(files)} files")
    return found == 0


def unquote(text):
    raw = text.encode("utf-8", "surrogateescape")
    return re.sub(rb"%([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), raw)


def read_hive(path):
    """{(key, value or None): (type, data)} with key and value as reglookup prints them."""
    out = subprocess.run(["reglookup", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    items, keys = {}, set()
    rows = [line.split(",") for line in out.decode("utf-8", "surrogateescape").splitlines()[1:]]
    for row in rows:
        if row[1] == "KEY":
            keys.add(row[0])
            items[unquote(row[0]), None] = ("KEY", b"")
    for path_text, kind, data, *_ in rows:
        if kind != "KEY":
            key, value = split_value(path_text, keys)
            items[unquote(key), unquote(value)] = (kind, unquote(data))
    return items


def split_value(path, keys):
    """A value name may hold slashes: the longest key that is there wins."""
    at = len(path)
    while (at := path.rfind("/", 0, at)) >= 0:
        key = path[:at] or "/"
        if key in keys:
            return key, path[at + 1:]
    raise ValueError(path)


def neutral(items, mapping):
    """Each replaced GUID, old or new, becomes one mark."""
    patterns = []
    for number, (old, new) in enumerate(mapping):
        for guid in (old, new):
            patterns += [(p, b"<guid %d>" % number) for p in forms(guid)]

    def mark(data):
        for pattern, text in patterns:
            data = pattern.sub(text, data)
        return data

    return {(mark(key), None if value is None else mark(value)): (kind, mark(data))
            for (key, value), (kind, data) in items.items()}


def as_path(key, mapping):
    text = ("/" + key.replace("\\", "/").strip("/")).encode()
    return next(iter(neutral({(text, None): ("KEY", b"")}, mapping)))[0]


def as_name(value, mapping):
    return next(iter(neutral({(b"/", value.encode()): ("SZ", b"")}, mapping)))[1]


def is_named(key, value, edits):
    for edit in edits:
        inside = key == edit["at"] or key.startswith(edit["at"] + b"/")
        if edit["action"] == "delete-key" and inside:
            return True
        # a value that is set in a missing key makes the key and its parents
        if edit["action"] == "set-value" and value is None and edit["at"].startswith(key):
            return True
        if key == edit["at"] and value is not None and value == edit["name"]:
            return True
    return False


def lower(items):
    return {(key.lower(), None if value is None else value.lower()): data for (key, value), data in items.items()}


def check_edit(edit, after):
    if edit["action"] == "delete-key":
        return not any(key == edit["at"] or key.startswith(edit["at"] + b"/") for key, _ in after)
    present = (edit["at"], edit["name"]) in after
    return present == (edit["action"] == "set-value")


def check_changes(name, before_path, after_path, plan_path):
    plan = json.load(open(plan_path))
    mapping = [(uuid.UUID(g["old"].strip("{}")), uuid.UUID(g["new"].strip("{}"))) for g in plan["identifiers"]]
    edits = [dict(e) for e in plan["edits"] if e.get("hive") == name]
    for edit in edits:
        edit["at"] = as_path(edit["key"], mapping).lower()
        edit["name"] = as_name(edit.get("value") or "", mapping).lower()
    before = lower(neutral(read_hive(before_path), mapping))
    after = lower(neutral(read_hive(after_path), mapping))
    wrong = 0
    for item in sorted(before.keys() | after.keys(), key=lambda i: (i[0], i[1] or b"")):
        if (name, item[0]) == MARKER:
            continue
        if before.get(item) != after.get(item) and not is_named(*item, edits):
            print(f"{name}: {item}: {before.get(item)} -> {after.get(item)} is not in the plan")
            wrong += 1
    for edit in edits:
        if not check_edit(edit, after):
            print(f"{name}: not done: {edit['action']} {edit['key']} {edit.get('value')}")
            wrong += 1
    print(f"{name}: {len(before)} items before, {len(after)} after, {len(edits)} edits, {wrong} wrong")
    return wrong == 0 and len(before) > 10


def main():
    verb, args = sys.argv[1], sys.argv[2:]
    if verb == "left" and "--" in args:
        at = args.index("--")
        good = check_left(args[:at], args[at + 1:])
    elif verb == "changes" and len(args) == 4:
        good = check_changes(*args)
    else:
        sys.exit(__doc__)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
