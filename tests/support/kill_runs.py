#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill_runs.py WIM moments RUNS COMMAND...: ends COMMAND with SIGKILL at RUNS moments spread over its run time.
kill_runs.py WIM calls LIBRARY COMMAND...: ends it at each call that changes a file, in front of it and,
for writes, half way through; LIBRARY is kill_at_main.c compiled for LD_PRELOAD.

{} in COMMAND is the copy of WIM that the run works on. After each kill the copy must
verify with wimlib-imagex and hold either all its old hives or all new ones; then
`sysprep-lite scan` and COMMAND must work on it and leave nothing beside it.
Prints a line for each failure and, last, how many were old, new, and finished by themselves.
What is old is told by the GUIDs in the environment variable NICS.
"""
import os
import random
import shutil
import subprocess
import sys
import time
import uuid

HIVES = ["SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DEFAULT"]
CONFIG = "/Windows/System32/config/"
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def run(*command):
    return subprocess.run(command, **QUIET, check=False).returncode


def start(command, wim, env=None):
    return subprocess.Popen([word.replace("{}", wim) for word in command], **QUIET, env=env)


def take_hives(wim):
    shutil.rmtree("now", ignore_errors=True)
    paths = [CONFIG + name for name in HIVES]
    if run("wimlib-imagex", "extract", wim, "1", *paths, "--dest-dir=now", "--no-acls"):
        return None
    hives = {}
    for name in HIVES:
        with open("now/" + name, "rb") as f:
            hives[name] = f.read()
    return hives


def holds_guid(data, guids):
    low = data.lower()
    return any(str(g).encode() in low or str(g).encode("utf-16-le") in low or g.bytes_le in data for g in guids)


class Judge:
    def __init__(self, wim, command):
        self.command = command
        self.guids = [uuid.UUID(g) for g in os.environ["NICS"].split()]
        self.old = take_hives(wim)
        self.wim = wim
        self.changed = []
        self.counts = {"old": 0, "new": 0, "finished": 0}
        self.wrong = self.runs = 0

    def measure(self):
        """The longest of three whole runs, and the hives that they change."""
        longest = 0
        for _ in range(3):
            copy = self.copy("measure")
            begin = time.monotonic()
            if start(self.command, copy).wait() != 0:
                sys.exit("kill_runs.py: the command fails by itself")
            longest = max(longest, time.monotonic() - begin)
        new = take_hives(copy)
        self.changed = [name for name in HIVES if new[name] != self.old[name]]
        print(f"a whole run takes {longest * 1000:.0f} ms and changes {' '.join(self.changed)}")
        return longest

    def copy(self, name):
        shutil.rmtree("runs", ignore_errors=True)
        os.mkdir("runs")
        return shutil.copyfile(self.wim, f"runs/{name}.wim")

    def verdict(self, wim):
        """'old', 'new', or what is wrong."""
        if run("wimlib-imagex", "verify", wim):
            return "wimlib-imagex verify fails"
        hives = take_hives(wim)
        if hives is None:
            return "the hives cannot be extracted"
        if hives == self.old:
            return "old"
        for name in HIVES:
            if (hives[name] != self.old[name]) != (name in self.changed):
                return f"{name} does not belong to the other hives"
        for name in self.changed:
            if run("hivexml", "now/" + name):
                return f"{name} is not read by hivexml"
            if holds_guid(hives[name], self.guids):
                return f"{name} still holds an old GUID"
        return "new"

    def after(self, wim):
        if run("sysprep-lite", "scan", wim + ":1") not in (0, 1):
            return "the next scan fails"
        if start(self.command, wim).wait() != 0:
            return "the next run fails"
        verdict = self.verdict(wim)
        if verdict != "new":
            return f"after the next run: {verdict}"
        stray = sorted(set(os.listdir("runs")) - {os.path.basename(wim)})
        return f"left beside the WIM: {stray}" if stray else None

    def judge(self, what, wim, status):
        self.runs += 1
        self.counts["finished"] += status == 0
        verdict = self.verdict(wim)
        if verdict in ("old", "new"):
            self.counts[verdict] += 1
            verdict = self.after(wim)
        if verdict:
            self.wrong += 1
            print(f"{what}: {verdict}")


def kill_at_moments(judge, runs):
    longest = judge.measure()
    chance = random.Random(20260101)
    for i in range(runs):
        copy = judge.copy(i)
        process = start(judge.command, copy)
        time.sleep((i + chance.random()) * longest / runs)
        process.kill()
        judge.judge(f"kill {i}", copy, process.wait())


def kill_at_calls(judge, library):
    judge.measure()
    env = dict(os.environ, LD_PRELOAD=library, KILL_AT="0", KILL_COUNT="calls.txt")
    if start(judge.command, judge.copy("count"), env).wait() != 0:
        sys.exit("kill_runs.py: the command fails with the library")
    with open("calls.txt") as f:
        calls = int(f.read())
    print(f"{calls} calls change files")
    for half in (False, True):
        for at in range(1, calls + 1):
            copy = judge.copy(at)
            env["KILL_AT"] = str(at)
            if half:
                env["KILL_HALF"] = "1"
            status = start(judge.command, copy, env).wait()
            if status == 0:
                print(f"call {at}: was not reached")
                judge.wrong += 1
            judge.judge(f"call {at}{' half done' if half else ''}", copy, status)
    return calls


def main():
    wim, mode, argument, command = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    judge = Judge(wim, command)
    if mode == "moments":
        kill_at_moments(judge, int(argument))
    else:
        kill_at_calls(judge, argument)
    counts = ", ".join(f"{n} {name}" for name, n in judge.counts.items())
    print(f"{judge.runs} kills: {counts} - {judge.wrong} wrong")
    sys.exit(1 if judge.wrong or not judge.changed or not judge.runs else 0)


if __name__ == "__main__":
    main()
