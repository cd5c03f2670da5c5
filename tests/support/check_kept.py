#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_kept.py BEFORE AFTER PATH...: compares two listings of `wimlib-imagex dir --detailed`.

Entries in both must have the same lines (of those that were left in the listings); no
entry may be gone but those named by a network card; each PATH must be in both, with a
security descriptor.
"""
import sys


def read(name):
    entries, last = {}, None
    for line in open(name, encoding="utf-8"):
        if line.startswith("Full Path"):
            last = entries.setdefault(line.split('"')[1], [])
        elif last is not None:
            last.append(line.strip())
    return entries


def main():
    before, after = read(sys.argv[1]), read(sys.argv[2])
    wrong = 0
    for path, lines in before.items():
        if path not in after:
            if "/Wlansvc/Profiles/Interfaces/{" not in path:
                print(f"{path}: gone")
                wrong += 1
        elif lines != after[path]:
            print(f"{path}:", *(f"{a} -> {b}" for a, b in zip(lines, after[path]) if a != b))
            wrong += 1
    for path in sys.argv[3:]:
        if not any(line.startswith("Security Descriptor") for line in after.get(path, [])):
            print(f"{path}: has no security descriptor")
            wrong += 1
    print(f"{len(before)} entries before, {len(after)} after, {wrong} wrong")
    sys.exit(1 if wrong or not before else 0)


main()
