#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""path_attacks.py [COUNT] [RACES]: images and targets that try to have something written outside of the target.

Each is applied and extracted into a fresh target beside a folder of canaries; afterwards all but the target must be as it was,
names, contents, times and modes. RACES runs exchange folders of the target for links while an image is written.
Prints a line for each that failed and the counts.
"""
import ctypes
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading

from win_wim import DIRECTORY, TAG_JUNCTION, TAG_SYMLINK, Entry, link_data, units, write_wim

NAMES = ["..", ".", "../outside/new", "..\\outside\\new", "/tmp/goldwim-attack", "\\goldwim-attack", "C:", "C:\\new", "C:/new",
         "\\\\server\\share", "\\\\?\\C:\\new", "a/b", "a\\..\\..\\outside\\new", "a/../../outside/new", "....", "...", "..\0", "a\0b",
         "\0", "..\ud800", "\ud800/..", " ..", ".. ", "..\u200b", "\uff0e\uff0e", "\u2215tmp", "..:$DATA", "x:stream", "con", "NUL", "com1.txt",
         "-rf", "~", "$HOME", "%SystemRoot%", "a\nb", "\u202eexe.txt", "//", "x" * 255, "x" * 256, "\ufffe", "..;", "..%2f"]
CANARY = b"canary\n"


def link(name, target, junction=False, relative=False, children=None, flags=1):
    data = link_data(target, junction, relative)
    return Entry(name, attributes=DIRECTORY if children is not None or junction else 0x20, children=children,
                 reparse=(TAG_JUNCTION if junction else TAG_SYMLINK, data, flags))


def folder(name, *children):
    return Entry(name, children=list(children))


def by_name():
    for name in NAMES:
        yield f"file {name!r}", folder("", Entry(name, b"attack"))
        yield f"folder {name!r}", folder("", folder(name, Entry("new", b"attack")))


def by_link(outside):
    absolute = "\\??\\C:" + outside.replace("/", "\\")
    ways = {"absolute": (absolute, False, False), "relative": ("..\\outside", False, True), "junction": (absolute, True, False),
            "rooted": (outside.replace("/", "\\"), False, False), "dots": ("..\\..\\..\\..\\..\\.." + outside.replace("/", "\\"), False, True)}
    for way, (target, junction, relative) in ways.items():
        yield f"below a link, {way}", folder("", link("d", target, junction, relative, [Entry("new", b"attack")]))
        yield f"folder below a link, {way}", folder("", link("d", target, junction, relative, [folder("sub", Entry("new", b"x"))]))
        yield f"twin of a link, {way}", folder("", link("d", target, junction, relative), folder("D", Entry("new", b"attack")))
        yield f"same name as a link, {way}", folder("", link("d", target, junction, relative), folder("d", Entry("new", b"attack")))
        yield f"file over a link, {way}", folder("", link("d", target + "\\file", junction, relative), Entry("d", b"attack"))
        yield f"link and a hard link, {way}", folder("", link("d", target, junction, relative), Entry("h1", b"attack", link=5),
                                                     Entry("d2", b"attack", link=5))
        yield f"stream of a link, {way}", folder("", Entry("d", b"", streams=[("new", b"attack")], reparse=(
            TAG_SYMLINK, link_data(target, False, relative), 1)))
        yield f"chain of links, {way}", folder("", link("a", "b", False, True), link("b", target, junction, relative),
                                               folder("c", Entry("new", b"attack")))
        yield f"the image is a link, {way}", Entry("", attributes=DIRECTORY, children=[Entry("new", b"attack")],
                                                   reparse=(TAG_SYMLINK, link_data(target, False, relative), 1))


PLAIN = [folder("d", Entry("file", b"attack"), folder("sub", Entry("new", b"attack"))), Entry("file", b"attack"), link("l", "x", relative=True)]


def by_target(outside):
    """What lies in the target before: name, and what to do there."""
    yield "target: link for a folder", lambda t: os.symlink(outside, t + "/d")
    yield "target: relative link for a folder", lambda t: os.symlink("../outside", t + "/d")
    yield "target: link for a file", lambda t: os.symlink(outside + "/file", t + "/file")
    yield "target: link to nothing for a file", lambda t: os.symlink(outside + "/new", t + "/file")
    yield "target: hard link to a file outside", lambda t: os.link(outside + "/file", t + "/file")
    yield "target: pipe for a file", lambda t: os.mkfifo(t + "/file")
    yield "target: link for a link", lambda t: os.symlink(outside + "/new", t + "/l")
    yield "target: link below", lambda t: (os.mkdir(t + "/d"), os.symlink(outside, t + "/d/sub"))
    yield "target: link to itself", lambda t: os.symlink("d", t + "/d")
    yield "target: link to the root", lambda t: os.symlink("/", t + "/d")
    yield "target: link to /proc/self/cwd", lambda t: os.symlink("/proc/self/cwd", t + "/d")
    yield "target: file for a folder", lambda t: open(t + "/d", "w").close()


def snapshot(root, but):
    state = {}
    for top, dirs, files in os.walk(root):
        for name in dirs + files:
            path = os.path.join(top, name)
            st = os.lstat(path)
            data = open(path, "rb").read() if stat.S_ISREG(st.st_mode) else os.readlink(path) if stat.S_ISLNK(st.st_mode) else None
            state[path] = (st.st_mode, st.st_mtime_ns, data)
        dirs[:] = [d for d in dirs if os.path.join(top, d) != but]
    state.pop(but, None)
    return state


def run(*words):
    return subprocess.run(["wimtool", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60)


class Sandbox:
    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="attack.", dir=".")
        self.root = os.path.abspath(self.root)
        self.outside, self.target = self.root + "/outside", self.root + "/target"
        self.failed = 0
        self.done = 0

    def fresh(self, prepare=None):
        for path in (self.outside, self.target):
            subprocess.run(["rm", "-rf", path], check=True)
        os.mkdir(self.outside)
        for name in ("file", "other"):
            with open(f"{self.outside}/{name}", "wb") as f:
                f.write(CANARY)
        os.mkdir(self.target)
        if prepare:
            prepare(self.target)

    def attack(self, name, image, prepare=None):
        wim = self.root + "/attack.wim"
        write_wim(wim, image)
        for words in (("apply", wim, "1", self.target), ("apply", wim, "1", self.target, "--unix-data", "--rpfix"),
                      ("extract", wim, "1", "--dest-dir=" + self.target), ("extract", wim, "1", "*", "--dest-dir=" + self.target)):
            self.fresh(prepare)
            before = snapshot(self.root, self.target)
            done = run(*words)
            text = done.stdout.decode("utf-8", "replace")
            after = snapshot(self.root, self.target)
            strange = ["/tmp/goldwim-attack", "/goldwim-attack"]
            if before != after or any(map(os.path.lexists, strange)) or done.returncode not in (0, 3):
                self.failed += 1
                print(f"FAIL {name!r}: {words[0]}: exit {done.returncode}: {text[:300]}")
                for path in sorted(set(before.items()) ^ set(after.items())):
                    print("   ", path)
        self.done += 1

    def race(self, number):
        """Folders of the target and links to the outside change places as fast as they can."""
        wim = self.root + "/race.wim"
        image = folder("", *[folder(f"d{i}", *[Entry(f"f{k}", b"attack %d" % k) for k in range(150)]) for i in range(6)])
        write_wim(wim, image)
        self.fresh()
        before = snapshot(self.root, self.target)
        over = threading.Event()
        libc = ctypes.CDLL(None, use_errno=True)

        def swap():
            os.symlink(self.outside, self.root + "/target/swap")
            while not over.is_set():
                for i in range(6):
                    libc.syscall(316, -100, b"%s/target/swap" % self.root.encode(), -100,
                                 b"%s/target/d%d" % (self.root.encode(), i), 2)

        thread = threading.Thread(target=swap)
        thread.start()
        try:
            run("apply", wim, "1", self.target, f"--threads={1 + number % 4}")
        finally:
            over.set()
            thread.join()
        if snapshot(self.root, self.target) != before:
            self.failed += 1
            print(f"FAIL race {number}: something was written outside")
        self.done += 1


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10**6
    races = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    box = Sandbox()
    attacks = [(name, image, None) for name, image in list(by_link(box.outside))]
    attacks += [(name, folder("", *PLAIN), prepare) for name, prepare in by_target(box.outside)]
    attacks += [(name, image, None) for name, image in by_name()]
    chosen = attacks[:: max(1, len(attacks) // count)]
    for name, image, prepare in chosen:
        box.attack(name, image, prepare)
    n_attacks = box.done
    for number in range(races):
        box.race(number)
    shutil.rmtree(box.root, ignore_errors=True)
    print(f"{n_attacks} attacks, {races} races, {box.failed} failed")
    sys.exit(1 if box.failed or not box.done else 0)


if __name__ == "__main__":
    main()
