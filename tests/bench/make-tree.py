#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""make-tree.py DIR [--small]: a tree with the shape of an installed Windows, for the benches.

About 38,000 files, 9,500 folders, 1.9 GB (--small: a twentieth): programs, near duplicates of them, thousands of small
manifests, pictures and archives that do not compress, one large file, byte-identical copies, hard links, empty files,
names that are no ASCII. Contents come from the libraries and programs of this machine, cut and mutated with a fixed
seed: the same machine gives the same tree. Nothing of Microsoft is in it.
"""
import os
import random
import sys

SEED = 20240607
POOL_DIRS = ("/usr/lib/x86_64-linux-gnu", "/usr/bin", "/usr/lib/gcc", "/usr/lib/git-core", "/usr/lib/llvm-14/lib")
POOL_MAX = 260 << 20
WORDS = """audio assembly bridge cache client codec component culture driver engine event feature filter font graph host
input kernel language layout library manager media module monitor network notify package panel policy print profile
provider proxy queue recovery registry render report resource schema search security server service session shell sign
stack storage store system task theme token trace update user version video viewer window""".split()

rng = random.Random(SEED)


def words(n):
    return "-".join(rng.choice(WORDS) for _ in range(n))


def hexes(n):
    return rng.randbytes(n // 2).hex()


def log_size(low, high):
    return int(low * (high / low) ** rng.random())


def read_pool():
    pieces, total, seen = [], 0, set()
    for top in POOL_DIRS:
        for folder, dirs, names in os.walk(top):
            dirs.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                st = os.lstat(path)
                if os.path.islink(path) or st.st_ino in seen or not 8192 < st.st_size < 40 << 20:
                    continue
                seen.add(st.st_ino)
                with open(path, "rb") as f:
                    data = f.read(4 << 20)
                if data[:4] != b"\x7fELF":
                    continue
                pieces.append(data)
                total += len(data)
                if total > POOL_MAX:
                    return b"".join(pieces)
    return b"".join(pieces)


class Tree:
    def __init__(self, root, scale):
        self.root = root
        self.scale = scale
        self.pool = read_pool()
        self.programs = []  # (path, contents)
        self.small = []     # (path, contents)

    def count(self, n):
        return max(1, int(n * self.scale))

    def put(self, path, data):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        ns = (1575709740 + rng.randrange(94608000)) * 10**9 + rng.randrange(10**7) * 100
        os.utime(path, ns=(ns, ns))
        return path, data

    def slice(self, n):
        at = rng.randrange(len(self.pool) - n)
        return b"MZ" + rng.randbytes(14) + self.pool[at : at + n - 16]

    def manifest(self, size):
        lines, total = ['<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n<assembly manifestVersion="1.0">\r\n'], 0
        while total < size:
            if rng.random() < 0.6:
                line = '  <file name="%s.dll" sourceName="%s.dll" importPath="$(build)\\"><hash>%s</hash></file>\r\n' % (
                    words(1), words(1), hexes(64))
            else:
                line = '  <dependency discoverable="no"><identity name="%s" version="10.0.19041.%d"/></dependency>\r\n' % (
                    words(3), rng.randrange(1, 5000))
            lines.append(line)
            total += len(line)
        return ("".join(lines) + "</assembly>\r\n").encode()

    def make_programs(self):
        for i in range(self.count(1500)):
            where = ("System32", "SysWOW64", "System32/drivers")[i % 3]
            self.programs.append(self.put(f"Windows/{where}/{words(1)}{i}.dll", self.slice(log_size(12000, 1500000))))

    def mutate(self, data):
        data = bytearray(data)
        for at in range(0, len(data), 4096):
            if at == 0 or rng.random() < 0.06:
                for _ in range(24):
                    data[min(len(data) - 1, at + rng.randrange(4096))] = rng.randrange(256)
        return bytes(data)

    def component(self, n):
        return "Windows/WinSxS/amd64_%s_10.0.19041.%d_none_%s" % (words(n), rng.randrange(5000), hexes(16))

    def make_components(self):
        for _ in range(self.count(11500)):
            name = f"Windows/WinSxS/Manifests/amd64_{words(3)}_{rng.randrange(5000)}_{hexes(16)}.manifest"
            self.small.append(self.put(name, self.manifest(log_size(500, 7000))))
        for _ in range(self.count(1700)):
            path, data = rng.choice(self.programs)
            self.put(f"{self.component(2)}/{os.path.basename(path)}", self.mutate(data[:1200000]))
        for path, _ in self.programs[: self.count(700)]:
            target = os.path.join(self.root, self.component(2), os.path.basename(path))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.link(path, target)

    def make_packages(self):
        for _ in range(self.count(2600)):
            name = f"Windows/servicing/Packages/{words(3)}~amd64~~10.0.{rng.randrange(5000)}"
            self.put(name + ".mum", self.manifest(log_size(1500, 20000)))
            self.put(name + ".cat", b"\x30\x82" + self.pool[1000:3000] + rng.randbytes(6400))

    def make_languages(self):
        for language in ("en-US", "de-DE", "fr-FR", "ja-JP", "pt-BR", "zh-CN"):
            for i in range(self.count(1300)):
                name = f"Windows/System32/{language}/{words(2)}{i}.dll.mui"
                self.small.append(self.put(name, self.slice(log_size(2048, 60000))))

    def make_drivers(self):
        for i in range(self.count(900)):
            folder = f"Windows/System32/DriverStore/FileRepository/{words(1)}{i}.inf_amd64_{hexes(16)}"
            self.put(f"{folder}/{words(1)}.sys", self.slice(log_size(20000, 1200000)))
            lines = "\r\n".join(f"{words(1)}={words(2)},{hexes(8)}" for _ in range(60))
            self.put(f"{folder}/d{i}.inf", ("\ufeff" + lines).encode("utf-16-le"))
            self.put(f"{folder}/d{i}.cat", rng.randbytes(9000))

    def make_apps(self):
        for _ in range(self.count(1500)):
            name = f"Windows/assembly/NativeImages_v4.0.30319_64/{words(2)}/{hexes(32)}/{words(2)}.ni.dll"
            self.put(name, self.slice(log_size(8192, 900000)))
        for i in range(self.count(2500)):
            name = f"Program Files/WindowsApps/{words(1)}_10.{i % 60}_x64/Assets/{words(3)}{i}.scale-200.png"
            self.put(name, b"\x89PNG\r\n\x1a\n" + rng.randbytes(log_size(300, 30000)))
        for i in range(self.count(700)):
            self.put(f"Windows/Fonts/{words(1)}{i}.ttf", self.slice(log_size(20000, 400000)))

    def make_rest(self):
        for _ in range(self.count(25)):
            name = f"Windows/SoftwareDistribution/Download/{hexes(32)}/{words(2)}.cab"
            self.put(name, b"MSCF" + rng.randbytes(log_size(500000, 4000000)))
        self.put("Windows/System32/Recovery/Winre.wim", b"MSWIM\0\0\0" + rng.randbytes(int((150 << 20) * self.scale)))
        for i in range(self.count(300)):
            self.put(f"Users/Default/AppData/Local/{words(1)}/{i}", b"")
        for i in range(self.count(150)):
            self.put(f"Users/Public/Documents/\u00fcnic\u00f6de-\u6587\u5b57-{i}.txt", ("\u00e4\u00f6 %s\r\n" % words(9)).encode() * 40)
        for i in range(self.count(4000)):
            path, data = rng.choice(self.small)
            self.put(f"Windows/WinSxS/Backup/{i}_{os.path.basename(path)}", data)
        for i in range(self.count(260)):
            path, data = rng.choice(self.programs)
            self.put(f"Windows/WinSxS/Temp/InFlight/{i}/{os.path.basename(path)}", data)

    def make(self):
        self.make_programs()
        self.make_components()
        self.make_packages()
        self.make_languages()
        self.make_drivers()
        self.make_apps()
        self.make_rest()


def main():
    args = [a for a in sys.argv[1:] if a != "--small"]
    if len(args) != 1:
        sys.exit(__doc__)
    os.mkdir(args[0])
    Tree(args[0], 0.05 if "--small" in sys.argv else 1).make()


if __name__ == "__main__":
    main()
