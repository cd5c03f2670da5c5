#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""cmp_tree.py A B: compares two folder trees.

Names, types, sizes, SHA-1 of files, modification times in steps of 100 ns,
targets of symbolic links, and which names are hard links of one another.
Prints one line a difference, then the count; exit status 1 when there is any.
Options: --no-dir-times leaves the times of folders out, --no-link-times those of symbolic links, --no-hard-links
which names are one file (overlayfs gives two names of one file different numbers).
"""
import hashlib
import os
import stat
import sys


def sha1(path):
    digest = hashlib.sha1()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def describe(path, st, options):
    time = st.st_mtime_ns // 100
    if stat.S_ISLNK(st.st_mode):
        return ("link", os.readlink(path), None if "--no-link-times" in options else time)
    if stat.S_ISDIR(st.st_mode):
        return ("folder", None if "--no-dir-times" in options else time)
    if stat.S_ISREG(st.st_mode):
        return ("file", st.st_size, sha1(path), time)
    return ("other", stat.S_IFMT(st.st_mode))


def read_tree(root, options):
    entries, inodes = {}, {}
    todo = [b""]
    while todo:
        name = todo.pop()
        path = os.path.join(root, name) if name else root
        st = os.lstat(path)
        entries[name] = describe(path, st, options)
        if stat.S_ISREG(st.st_mode) and st.st_nlink > 1:
            inodes.setdefault((st.st_dev, st.st_ino), []).append(name)
        if stat.S_ISDIR(st.st_mode):
            todo += [os.path.join(name, child) for child in os.listdir(path)]
    groups = {tuple(sorted(names)) for names in inodes.values() if len(names) > 1}
    return entries, groups


def show(name):
    return os.fsdecode(name) or "."


def compare(a, b, hard_links):
    for name in sorted(a[0].keys() | b[0].keys()):
        left, right = a[0].get(name), b[0].get(name)
        if left != right:
            yield f"{show(name)}: {left} against {right}"
    for group in sorted(a[1] ^ b[1]) if hard_links else []:
        side = "first" if group in a[1] else "second"
        yield f"hard links only in the {side}: {' '.join(map(show, group))}"


def main():
    options = {a for a in sys.argv[1:] if a.startswith("--")}
    paths = [os.fsencode(a) for a in sys.argv[1:] if not a.startswith("--")]
    if len(paths) != 2 or options - {"--no-dir-times", "--no-link-times", "--no-hard-links"}:
        sys.exit(__doc__)
    a, b = (read_tree(path, options) for path in paths)
    differences = list(compare(a, b, "--no-hard-links" not in options))
    for line in differences:
        print(line.encode("utf-8", "backslashreplace").decode())
    print(f"{len(a[0])} names, {len(a[1])} hard-link groups, {len(differences)} differences")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
