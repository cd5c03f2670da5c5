#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""wim_kills.py moments N | calls LIBRARY: commands of wimtool that write WIMs, ended by SIGKILL.

The current folder holds old.wim, split.wim and the folders one and two. Each command runs in a fresh folder on copies.
After a kill every WIM there must be as it was or as the command leaves it when it runs to its end: each image that
wimlib-imagex applies is one of the wanted trees, and wimlib-imagex verify finds it sound. Then wimtool recover must
leave no file that was not there before or is not of the result, and the command must work.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import time

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
# name, WIMs that are there, the command, WIMs that may come or change
COMMANDS = [
    ("capture", [], "capture ../one new.wim x", ["new.wim"]),
    ("capture --force", ["old.wim"], "capture ../two old.wim x --force", ["old.wim"]),
    ("append", ["old.wim"], "append ../two old.wim again", ["old.wim"]),
    ("append --check", ["checked.wim"], "append ../two checked.wim again", ["checked.wim"]),
    ("update", ["old.wim"], "update old.wim 1 --script=../script", ["old.wim"]),
    ("export", ["old.wim"], "export old.wim all new.wim --compress=xpress", ["new.wim"]),
    ("export into", ["old.wim", "checked.wim"], "export old.wim 2 checked.wim more", ["checked.wim"]),
    ("export --rebuild", ["old.wim", "checked.wim"], "export old.wim 2 checked.wim more --rebuild", ["checked.wim"]),
    ("delete", ["old.wim"], "delete old.wim 1", ["old.wim"]),
    ("delete --soft", ["checked.wim"], "delete checked.wim 1 --soft", ["checked.wim"]),
    ("optimize", ["old.wim"], "optimize old.wim --recompress --compress=xpress", ["old.wim"]),
    ("set", ["checked.wim"], "set checked.wim 1 --name=other --boot-index=2", ["checked.wim"]),
    ("join", ["p.swm", "p2.swm"], "join new.wim p.swm p2.swm", ["new.wim"]),
    ("split", ["old.wim"], "split old.wim part.swm 0.6", ["part.swm"]),
    ("split --force into fewer", ["old.wim", "q.swm", "q2.swm", "q3.swm", "q4.swm"],
     "split old.wim q.swm 0.8 --force --compress=xpress", ["q.swm"]),
    ("split --force into more", ["old.wim", "p.swm", "p2.swm"], "split old.wim p.swm 0.3 --force --compress=xpress", ["p.swm"]),
    ("split --force into one", ["old.wim", "p.swm", "p2.swm"], "split old.wim p.swm 99 --force --compress=xpress", ["p.swm"]),
]


def run(*command):
    return subprocess.run(command, **QUIET, check=False).returncode


def images(wim):
    """What is in a WIM: for each image the SHA-1 of its list and contents; None when it is not sound."""
    if run("wimlib-imagex", "verify", wim, "--ref=" + wim.replace(".swm", "*.swm")):
        return None
    found = []
    names = subprocess.run(["wimlib-imagex", "info", wim], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    lines = names.stdout.decode().splitlines()
    boot = [line for line in lines if line.startswith(("Boot Index", "Compression", "Attributes"))]
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("Name:")]
    for index, name in enumerate(names, 1):
        hashes = subprocess.run(["wimtool", "hash", wim, str(index), "--ref=" + wim.replace(".swm", "*.swm")],
                                stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if hashes.returncode or not hashes.stdout:
            return None
        found.append((name, hashes.stdout))
    return boot, found


class Runner:
    def __init__(self, name, there, command, changed):
        self.name, self.there, self.changed = name, there, changed
        self.command = ["wimtool"] + command.split()
        self.old = self.new = None
        self.seconds = 0

    def fresh(self):
        shutil.rmtree("run", ignore_errors=True)
        os.mkdir("run")
        for name in self.there:
            shutil.copyfile(name, "run/" + name)

    def start(self, env=None):
        return subprocess.Popen(self.command, cwd="run", env=env, **QUIET)

    def state(self):
        return {name: images("run/" + name) if os.path.exists("run/" + name) else "absent" for name in self.changed}

    def prepare(self):
        self.fresh()
        self.old = self.state()
        for _ in range(2):
            self.fresh()
            begin = time.monotonic()
            if self.start().wait() != 0:
                sys.exit(f"{self.name}: fails by itself")
            self.seconds = max(self.seconds, time.monotonic() - begin)
        self.new = self.state()
        self.files = set(os.listdir("run"))
        if self.new == self.old or None in self.new.values() or None in self.old.values():
            sys.exit(f"{self.name}: changes nothing, or leaves a WIM that is not sound")

    def judge(self, what):
        """None, or what is wrong."""
        state = self.state()
        for name in self.changed:
            if state[name] not in (self.old[name], self.new[name]):
                # the journal is for what readers cannot see through
                run("wimtool", "recover", "run/" + name)
                if self.state()[name] not in (self.old[name], self.new[name]):
                    return f"{what}: {name} is neither old nor new"
        for name in self.changed:
            run("wimtool", "recover", "run/" + name)
        files = set(os.listdir("run"))
        stray = files - set(self.there) - self.files
        if stray:
            return f"{what}: left over: {sorted(stray)}"
        state = self.state()
        if files != (self.files if state == self.new else set(self.there)):
            return f"{what}: the files are not those of one state: {sorted(files)}"
        for name in self.changed:
            if state[name] not in (self.old[name], self.new[name]):
                return f"{what}: {name} after recover is neither old nor new"
        if all(state[name] == self.old[name] for name in self.changed):
            if any(name.startswith("part") for name in os.listdir("run")):
                return f"{what}: parts are left"
            if self.start().wait() != 0 or self.state() != self.new:
                return f"{what}: the next run fails"
        return None

    def moments(self, n, chance):
        wrong = finished = 0
        for i in range(n):
            self.fresh()
            process = self.start()
            time.sleep((i + chance.random()) * self.seconds / n)
            process.kill()
            finished += process.wait() == 0
            wrong += self.report(self.judge(f"kill {i}"))
        return n, finished, wrong

    def calls(self, library):
        env = dict(os.environ, LD_PRELOAD=library, KILL_AT="0", KILL_COUNT=os.path.abspath("calls.txt"))
        self.fresh()
        if self.start(env).wait() != 0:
            sys.exit(f"{self.name}: fails with the library")
        with open("calls.txt") as f:
            count = int(f.read())
        del env["KILL_COUNT"]
        step = max(1, count // int(os.environ.get("CALLS_MOST", "40")))
        wrong = runs = 0
        most = int(os.environ.get("CALLS_TAIL", "20"))
        tail = set(range(max(1, count - most), count + 1))  # the switch is among the last
        for at in sorted(tail | set(range(1, count + 1, step))):
            for half in ("", "1") if most > 9 else ("",):
                self.fresh()
                env["KILL_AT"] = str(at)
                env["KILL_HALF"] = half
                if not half:
                    del env["KILL_HALF"]
                if self.start(env).wait() == 0 and at < count - 2:
                    print(f"{self.name}: call {at} was not reached")
                wrong += self.report(self.judge(f"call {at}{' half done' if half else ''}"))
                runs += 1
        return runs, count, wrong

    def report(self, problem):
        if problem:
            print(f"{self.name}: {problem}")
        return bool(problem)


def main():
    mode, argument = sys.argv[1:3]
    only = sys.argv[3:]
    chance = random.Random(20260101)
    total = bad = 0
    for row in COMMANDS:
        if only and row[0] not in only:
            continue
        runner = Runner(*row)
        runner.prepare()
        if mode == "moments":
            runs, finished, wrong = runner.moments(int(argument), chance)
            note = f"{finished} ended before the kill"
        else:
            runs, count, wrong = runner.calls(argument)
            note = f"{count} calls change files"
        print(f"{row[0]}: {runs} kills, {wrong} wrong ({note}; a run takes {runner.seconds * 1000:.0f} ms)")
        total += runs
        bad += wrong
    print(json.dumps({"kills": total, "wrong": bad}))
    sys.exit(1 if bad or not total else 0)


if __name__ == "__main__":
    main()
