#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill_build.py RECIPE OUTPUT RUNS: `wimtool build RECIPE` ended by SIGKILL at RUNS moments spread over its run time.
kill_build.py RECIPE OUTPUT LIBRARY: ended at each call that changes a file; LIBRARY is kill_at_main.c for LD_PRELOAD.

After each kill OUTPUT must be absent, old or new, as a whole: wimlib-imagex verifies it and hivexget reads the value
HKLM\\SOFTWARE\\Contoso "Ring" out of it: 6 is old, 7 is new. `wimtool build --resume` must then succeed, leave the new
image, a manifest with its hash, and nothing else in the folder of OUTPUT. Half of the runs start without an output.
"""
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
SOFTWARE = "/Windows/System32/config/SOFTWARE"


def run(*command):
    return subprocess.run(command, **QUIET, check=False).returncode


def verdict(output):
    if not os.path.exists(output):
        return "absent"
    if run("wimlib-imagex", "verify", output):
        return "damaged"
    shutil.rmtree("taken", ignore_errors=True)
    if run("wimlib-imagex", "extract", output, "1", SOFTWARE, "--dest-dir=taken", "--no-acls"):
        return "without hive"
    ring = subprocess.run(["hivexget", "taken/SOFTWARE", "Contoso", "Ring"], capture_output=True, text=True, check=False)
    return {"0x6": "old", "6": "old", "0x7": "new", "7": "new"}.get(ring.stdout.strip(), f"ring {ring.stdout!r}")


def start(recipe, *options, env=None):
    return subprocess.Popen(["wimtool", "build", *options, recipe], start_new_session=True, text=True, env=env,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def manifest_fits(output):
    with open(output + ".manifest.json", encoding="utf-8") as f:
        entry = json.load(f)["outputs"][0]
    with open(output, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest() == entry["sha256"]


def prepare(output, with_old):
    folder = os.path.dirname(output)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    if with_old:
        shutil.copy("old.wim", output)
        shutil.copy("old.manifest.json", output + ".manifest.json")


def judge(i, recipe, output, with_old, counts):
    found = verdict(output)
    counts[found] = counts.get(found, 0) + 1
    wrong = None
    if found not in ("new", "old" if with_old else "absent"):
        wrong = f"after the kill: {found}"
    resumed = start(recipe, "--resume")
    text, _ = resumed.communicate(timeout=120)
    counts["steps kept"] += text.count("done before") + text.count("was done when")
    if resumed.returncode != 0:
        wrong = wrong or f"resume fails: {text}"
    elif verdict(output) != "new":
        wrong = wrong or f"after resume: {verdict(output)}"
    elif not manifest_fits(output):
        wrong = wrong or "the manifest is of another output"
    name = os.path.basename(output)
    stray = sorted(set(os.listdir(os.path.dirname(output))) - {name, name + ".manifest.json"})
    if stray:
        wrong = wrong or f"left beside the output: {stray}"
    if wrong:
        print(f"kill {i}: {wrong}")
    return wrong is not None


def at_moments(recipe, output, runs, counts):
    chance = random.Random(20260202)
    times, wrong = [], 0
    for _ in range(3):
        prepare(output, True)
        begin = time.monotonic()
        build = start(recipe)
        if build.communicate()[0] is None or build.returncode != 0 or verdict(output) != "new":
            sys.exit("kill_build.py: the build fails by itself")
        times.append(time.monotonic() - begin)
    whole = sorted(times)[1]
    for i in range(runs):
        with_old = i % 2 == 0
        prepare(output, with_old)
        build = start(recipe)
        time.sleep((i + chance.random()) * whole / runs)
        os.killpg(build.pid, signal.SIGKILL)
        build.communicate()
        wrong += judge(i, recipe, output, with_old, counts)
    return runs, wrong


def at_calls(recipe, output, library, counts):
    """Until a run is not killed any more: then there was no further call."""
    runs = wrong = 0
    for half in (False, True):
        for at in range(1, 100000):
            with_old = at % 2 == 0
            prepare(output, with_old)
            env = dict(os.environ, LD_PRELOAD=library, KILL_AT=str(at))
            if half:
                env["KILL_HALF"] = "1"
            build = start(recipe, "--threads=1", env=env)
            build.communicate()
            if build.returncode == 0:
                break
            runs += 1
            wrong += judge(f"call {at}{' half done' if half else ''}", recipe, output, with_old, counts)
    return runs, wrong


def main():
    recipe, output, how = sys.argv[1:4]
    counts = {"steps kept": 0}
    if how.isdigit():
        runs, wrong = at_moments(recipe, output, int(how), counts)
    else:
        runs, wrong = at_calls(recipe, output, how, counts)
    kept = counts.pop("steps kept")
    print(f"{runs} kills: {', '.join(f'{n} {k}' for k, n in counts.items())}; "
          f"{kept} steps were not done again; {wrong} wrong")
    sys.exit(1 if wrong or not kept or not runs else 0)


if __name__ == "__main__":
    main()
