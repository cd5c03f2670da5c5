#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill_folder.py folder|hives TREE RUNS SEED: ends `sysprep-lite generalize` with SIGKILL at RUNS random moments.

TREE is the Windows-like folder that each run works on a copy of. After a kill every hive is the
old one, byte for byte, or a new one that hivexml reads and that holds no GUID of NICS (environment).
Then, by turns, undo must give back TREE, or the next run must finish and leave no temporary file.
Prints a line for each failure and, last, what was seen.
"""
import os
import random
import shutil
import subprocess
import sys
import time
import uuid

CONFIG = "Windows/System32/config"
HIVES = ["SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DEFAULT"]
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def run(*command):
    return subprocess.run(command, **QUIET, check=False).returncode


def read(path):
    with open(path, "rb") as f:
        return f.read()


def holds_guid(data, guids):
    low = data.lower()
    return any(str(g).encode() in low or str(g).encode("utf-16-le") in low or g.bytes_le in data for g in guids)


class Runs:
    def __init__(self, kind, tree):
        self.tree = tree
        self.guids = [uuid.UUID(g) for g in os.environ["NICS"].split()]
        self.old = {name: read(f"{tree}/{CONFIG}/{name}") for name in HIVES}
        paths = [f"--hive={name}=copy/{CONFIG}/{name}" for name in HIVES]
        self.target = ["copy"] if kind == "folder" else paths
        self.seen = {"old": 0, "new": 0, "mixed": 0, "finished": 0}

    def fresh(self):
        for name in "copy", "journal.kept":
            shutil.rmtree(name, ignore_errors=True)
        if os.path.exists("journal"):
            os.unlink("journal")
        subprocess.run(["cp", "-a", self.tree, "copy"], check=True)

    def start(self, *options):
        return subprocess.Popen(["sysprep-lite", "generalize", *options, *self.target], **QUIET)

    def measure(self):
        longest = 0
        for _ in range(3):
            self.fresh()
            begin = time.monotonic()
            if self.start("--journal", "journal").wait() != 0:
                sys.exit("kill_folder.py: the command fails by itself")
            longest = max(longest, time.monotonic() - begin)
        return longest

    def check_hives(self):
        new = 0
        for name in HIVES:
            data = read(f"copy/{CONFIG}/{name}")
            if data == self.old[name]:
                continue
            new += 1
            if holds_guid(data, self.guids):
                return f"{name} is neither the old one nor without its GUIDs"
            if run("hivexml", f"copy/{CONFIG}/{name}"):
                return f"hivexml does not read {name}"
        self.seen["old" if not new else "new" if new >= 2 else "mixed"] += 1
        return None

    def check_undo(self):
        if os.path.exists("journal") and run("sysprep-lite", "undo", "--journal", "journal", *self.target):
            return "undo fails"
        if run("diff", "-rq", "--no-dereference", self.tree, "copy"):
            return "the folder is not as it was after undo"
        return None

    def check_next(self):
        if self.start().wait() != 0:
            return "the next run fails"
        if run("sysprep-lite", "scan", "--changeable", *self.target) != 0:
            return "the next run left something to change"
        stray = [name for _, _, files in os.walk("copy") for name in files if name.startswith(".")]
        return f"left behind: {stray}" if stray else None

    def one(self, i, delay):
        self.fresh()
        process = self.start("--journal", "journal")
        time.sleep(delay)
        process.kill()
        self.seen["finished"] += process.wait() == 0
        return self.check_hives() or (self.check_undo() if i % 2 else self.check_next())


def main():
    kind, tree, number, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    runs = Runs(kind, tree)
    longest = runs.measure()
    chance = random.Random(seed)
    wrong = 0
    for i in range(number):
        failure = runs.one(i, chance.random() * longest * 1.1)
        if failure:
            wrong += 1
            print(f"kill {i}: {failure}")
    seen = ", ".join(f"{n} {name}" for name, n in runs.seen.items())
    print(f"{number} kills in runs of {longest * 1000:.0f} ms: {seen} - {wrong} wrong")
    shutil.rmtree("copy", ignore_errors=True)
    sys.exit(1 if wrong or not number else 0)


if __name__ == "__main__":
    main()
