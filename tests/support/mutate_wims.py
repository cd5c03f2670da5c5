#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""mutate_wims.py COUNT [SEED]: WIMs with a few bytes changed in header, blob table, metadata, XML or chunk tables.

Every reading verb must end within two seconds and 64 MB, with exit code 0, 1 or 3 and, for 3, one clear line. Run with a
sanitized wimtool, memory and time are not looked at (UNDER_SANITIZER=1).
"""
import os
import random
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time

KINDS = {
    "none": "--compress=none", "none-check": "--compress=none --check", "xpress": "--compress=xpress", "lzx": "--compress=lzx:20",
    "lzms": "--compress=lzms:20", "solid": "--solid --solid-compress=lzms:20 --solid-chunk-size=32K", "pipable": "--pipable --compress=xpress",
    "pipable-none": "--pipable --compress=none",
}
VALUES = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF)
SECONDS, MEMORY = 2.0, 64 << 20
SANITIZED = bool(os.environ.get("UNDER_SANITIZER"))


def reshdr(data, at):
    first, offset, size = struct.unpack_from("<QQQ", data, at)
    return first & (1 << 56) - 1, first >> 56, offset, size


class Base:
    """A good WIM and the ranges of it that are worth changing."""

    def __init__(self, path):
        self.data = open(path, "rb").read()
        head = len(self.data) - 208 if self.data[:5] == b"WLPWM" else 0
        table, _, table_at, _ = reshdr(self.data, head + 0x30)
        xml, _, xml_at, _ = reshdr(self.data, head + 0x48)
        integrity, _, integrity_at, _ = reshdr(self.data, head + 0x7C)
        self.ranges = [(head, 208), (table_at, table), (xml_at, xml), (head, 208), (table_at, table)]
        if integrity:
            self.ranges.append((integrity_at, integrity))
        for row in range(table_at, table_at + table - 49, 50):
            stored, flags, offset, size = reshdr(self.data, row)
            if flags & 2:
                self.ranges += [(offset, stored)] * 3
            elif flags & 0x14:
                self.ranges.append((offset, min(stored, 16 + size // 4096)))
        self.ranges = [(at, n) for at, n in self.ranges if n and at + n <= len(self.data)]

    def mutant(self, rng):
        data = bytearray(self.data)
        at, n = rng.choice(self.ranges)
        kind = rng.randrange(5)
        for _ in range(rng.choice((1, 1, 2, 4))):
            i = at + rng.randrange(n)
            if kind == 0:
                data[i] ^= 1 << rng.randrange(8)
            elif kind == 1:
                data[i] = rng.choice(VALUES)
            elif kind == 2 and i + 8 <= len(data):
                struct.pack_into("<Q", data, i, rng.choice((0, 1, 2**31, 2**32, 2**40, 2**63, 2**64 - 1, len(data), rng.randrange(2**64))))
            elif kind == 3 and i + 4 <= len(data):
                struct.pack_into("<I", data, i, rng.choice((0, 1, 2**31, 2**32 - 1, len(data), rng.randrange(2**32))))
            else:
                j = at + rng.randrange(n)
                data[i], data[j] = data[j], data[i]
        if rng.random() < 0.05:
            del data[rng.randrange(len(data)) :]
        return bytes(data)


def make_bases(work):
    tree = work + "/tree"
    os.makedirs(tree + "/a/b")
    rng = random.Random(1)
    for i, size in enumerate((0, 1, 700, 5000, 40000, 70000, 150000)):
        with open(f"{tree}/a/f{i}", "wb") as f:
            f.write((rng.randbytes(100) * (size // 100 + 1))[:size])
    os.link(tree + "/a/f2", tree + "/a/b/h")
    os.symlink("../x", tree + "/a/l")
    bases = {}
    for name, options in KINDS.items():
        path = f"{work}/{name}.wim"
        subprocess.run(["wimlib-imagex", "capture", tree, path, "--unix-data", *options.split()], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        bases[name] = Base(path)
    made = work + "/made.wim"
    subprocess.run([os.path.join(os.path.dirname(os.path.abspath(__file__)), "win_wim.py"), made, "7"], check=True)
    bases["windows"] = Base(made)
    return bases


def run(words):
    begun = time.monotonic()
    out = subprocess.Popen(["wimtool", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        text, _ = out.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        out.kill()
        text, _ = out.communicate()
    return out.returncode, text.decode("utf-8", "replace"), time.monotonic() - begun


def complaint(words, mutant):
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    before = used.ru_utime + used.ru_stime
    code, text, seconds = run(words)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before
    if code not in (0, 1, 3):
        return f"exit code {code}"
    if "Sanitizer" in text or "runtime error" in text:
        return "the sanitizer complains"
    if code == 3 and not re.search(r"(?m)^wimtool: .+", text):
        return "no clear line"
    if not SANITIZED and min(seconds, cpu) > SECONDS:
        return f"{cpu:.1f} seconds"
    return None


def main():
    count, rng = int(sys.argv[1]), random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 11)
    work = tempfile.mkdtemp(prefix="mutants.", dir=".")
    bases, failed, codes = make_bases(work), 0, {}
    path, out = work + "/m.wim", work + "/out"
    for n in range(count):
        name = rng.choice(sorted(bases))
        with open(path, "wb") as f:
            f.write(bases[name].mutant(rng))
        for words in (("verify", path), ("apply", path, "1", out, "--unix-data"), ("list", path, "1", "--detailed"), ("hash", path, "1", "--sha256"),
                      ("info", path, "--header", "--blobs", "--xml"))[:: 1 if n % 3 == 0 else 2]:
            wrong = complaint(words, path)
            codes[words[0]] = codes.get(words[0], 0) + 1
            subprocess.run(["chmod", "-R", "u+rwx", out], stderr=subprocess.DEVNULL) if os.path.isdir(out) else None
            subprocess.run(["rm", "-rf", out])
            if wrong:
                failed += 1
                kept = f"{os.environ.get('TMPDIR', '/tmp')}/mutant-{n}.wim"
                shutil.copy(path, kept)
                print(f"FAIL mutant {n} of {name}: {words[0]}: {wrong}; kept as {kept}")
    shutil.rmtree(work, ignore_errors=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
    if not SANITIZED and peak > MEMORY:
        failed += 1
        print(f"FAIL peak memory {peak >> 20} MB")
    print(f"{count} mutants, {sum(codes.values())} runs, peak memory {peak >> 20} MB, {failed} failed")
    sys.exit(1 if failed else 0)


main()
