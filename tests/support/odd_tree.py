#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""odd_tree.py DIR SEED [FILES]: a folder of Linux with everything that captures may stumble over.

Empty files and folders, sizes around the limits of chunks, holes, hard links, many copies of one file, links that
lead everywhere and nowhere, pipes, extended attributes, modes, owners (as root), odd and long names, deep folders.
"""
import os
import random
import stat
import sys

SIZES = (0, 1, 2, 4095, 4096, 4097, 32767, 32768, 32769, 65536, 131073, 300000)


def main():
    root, rng = sys.argv[1], random.Random(int(sys.argv[2]))
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 120
    names = ["plain", "sp ace", "\u00fcml\u00e4ut", "\u65e5\u672c", "tab\tname", "x" * 200, "back\\slash", "quote'\"", "-dash", "a.b.c.", "#hash", "*star"]
    folders, files = [root], []
    os.mkdir(root)

    def path():
        return os.path.join(rng.choice(folders), f"{rng.choice(names)}{len(files) + len(folders)}")

    for _ in range(max(3, count // 8)):
        folders.append(path())
        os.mkdir(folders[-1])
    deep = root
    for i in range(60):
        deep = os.path.join(deep, f"deep{i}")
        os.mkdir(deep)
    folders.append(deep)
    shared = rng.randbytes(5000)
    for i in range(count):
        size = rng.choice(SIZES)
        data = shared if i % 6 == 0 else (rng.randbytes(size) if i % 2 else (b"text %d\r\n" % i * (size // 6 + 1))[:size])
        files.append(path())
        with open(files[-1], "wb") as f:
            f.write(data)
        os.chmod(files[-1], rng.choice((0o644, 0o600, 0o755, 0o444, 0o4755)))
    for i in range(count // 10):
        os.link(rng.choice(files), path() + f"h{i}")
        os.symlink(rng.choice(("../x", "plain0", "/nowhere/at/all", root, os.path.join(os.path.abspath(root), "in"), "a\\b")), path() + f"l{i}")
    with open(os.path.join(root, "holes"), "wb") as f:
        f.seek(3 << 20)
        f.write(b"end")
    os.mkfifo(os.path.join(root, "pipe"))
    os.mkdir(os.path.join(root, "empty"))
    try:
        os.setxattr(files[1], "user.comment", b"value \x00 with zero")
        os.setxattr(folders[1], "user.empty", b"")
    except OSError:
        pass
    if os.getuid() == 0:
        os.chown(files[2], 1234, 4321)
        os.mknod(os.path.join(root, "null"), stat.S_IFCHR | 0o666, os.makedev(1, 3))
    for folder, _, below in os.walk(root, topdown=False):
        for name in below:
            when = 1_000_000_000_000_000_000 + rng.randrange(10**15) * 100
            os.utime(os.path.join(folder, name), ns=(when, when), follow_symlinks=False)
        os.utime(folder, ns=(1_500_000_000_000_000_000, 1_500_000_000_123_456_700))


main()
