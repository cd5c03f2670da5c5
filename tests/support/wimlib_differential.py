#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""wimlib_differential.py OURS SEED STEPS DIR: random commands by wimlib-imagex and by OURS, wimtool under that name.

After each command both must have ended alike, and left the same images, names, XML and trees, as wimlib-imagex sees them.
What docs/from-wimlib.md tells of is not chosen or not compared. The last line is the count; exit status 1 for differences.
"""
import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

THEIRS = "wimlib-imagex"
OURS, SEED, STEPS, TOP = os.path.abspath(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), os.path.abspath(sys.argv[4])
WIMTOOL = os.path.realpath(OURS)
rng = random.Random(SEED)
SIDES = T, O = [os.path.join(TOP, side) for side in ("theirs", "ours")]
NAMES = ["a", "b.txt", "sp ace", "\u00fcml\u00e4ut", "\u65e5\u672c", "x" * 90, "quote'", "-dash", "dots.", "#hash", "Case", "case",
         "semi;colon", "[br]", "e\u0301", "a.tmp", "pagefile.sys", "back\\slash", "star*", "col:on", "\U0001f600"]
found, step, seen = 0, 0, {}


def run(*words, cwd=TOP, stdin=b""):
    return subprocess.run(words, cwd=cwd, input=stdin, capture_output=True, timeout=300, check=False)


def say(text):
    global found
    found += 1
    print(f"seed {SEED}, step {step}: {text[:3000]}", flush=True)


# ---- what goes in ----

def maybe(share, *words):
    return list(words) if rng.random() < share else []


def make_tree(root, size):
    os.mkdir(root)
    files, folders = [], [root]
    for _ in range(size):
        path = os.path.join(rng.choice(folders), rng.choice(NAMES) + (str(rng.randrange(30)) if rng.random() < .6 else ""))
        if os.path.lexists(path):
            continue
        kind = rng.random()
        if kind < .2:
            os.mkdir(path)
            folders.append(path)
        elif kind < .3 and files:
            os.link(rng.choice(files), path)
        elif kind < .45:
            os.symlink(rng.choice(["/no/where", "rel", "../up/../x", root, root + "/in", ".", "/", "C:\\x", "a//b/", "/" + "l" * 300]), path)
            continue
        elif kind < .48:
            os.mkfifo(path)
        else:
            size = rng.choice([0, 1, 100, 4096, 32767, 32769, 70000, 200000])
            with open(path, "wb") as f:
                f.write(rng.choice([rng.randbytes(size), bytes(size), (b"text %d\r\n" % rng.randrange(3) * size)[:size]]))
            files.append(path)
        os.chmod(path, rng.choice([0o755, 0o644, 0o4711, 0o1777]))
    now = time.time_ns() + 3 * 10**9  # later than any change: reading does not set it
    for folder, dirs, others in os.walk(root, topdown=False):
        for name in dirs + others + ["."]:
            os.utime(os.path.join(folder, name), ns=(now, rng.randrange(10**18, 17 * 10**17)), follow_symlinks=False)


# ---- what is compared ----

def entries(wim, image, cwd):
    """One text an entry; link groups by their members; places in the WIM and today's times left out."""
    out = run(THEIRS, "dir", wim, str(image), "--detailed", cwd=cwd).stdout.decode(errors="surrogateescape")
    rows = [row.split("\n") for row in out.split("-" * 76 + "\n")[1:]]
    groups = {}
    for row in rows:
        groups.setdefault(next(line for line in row if line.startswith("Link Group")), []).append(row[0])
    drop = re.compile(r"(Offset|Compressed size|Solid|Reference Count|Part Number|Flags  | +FILE_ATTRIBUTE_(NORMAL|ARCHIVE|SPARSE))")
    result = []
    for row in rows:
        group = groups[next(line for line in row if line.startswith("Link Group"))]
        text = "\n".join(line for line in row if line.strip() and not drop.match(line) and not line.startswith("Link Group"))
        text = re.sub(r"(?m)^Attributes .*0x00000[02][028]0$", "file", re.sub(r"= \w+ \w+ \d+ [\d:]+ 202[6-9] UTC", "= now", text))
        result.append(text + ("\n" + " ".join(sorted(group)) if "Link Count          = 1" not in text else ""))
    return sorted(result)


def canonical(element, top=False):
    skip = {"CREATIONTIME", "LASTMODIFICATIONTIME", "DIRCOUNT", "HARDLINKBYTES"} | ({"TOTALBYTES"} if top else set())
    return (element.tag, sorted(element.attrib.items()), (element.text or "").strip(), sorted(canonical(e) for e in element if e.tag not in skip))


def state(wim, cwd):
    path = os.path.join(cwd, wim)
    key = (path, os.stat(path).st_size, os.stat(path).st_mtime_ns)
    if key not in seen:
        info = run(THEIRS, "info", wim, cwd=cwd).stdout.decode()
        head = re.findall(r"(?m)^(Image Count|Boot Index|Part Number|Attributes|Compression): +(.*)$", info)
        root = ET.fromstring(run(THEIRS, "info", wim, "--xml", cwd=cwd).stdout)
        count = int(dict(head)["Image Count"])
        seen[key] = [head, canonical(root, True)] + [entries(wim, i + 1, cwd) for i in range(count)]
    return seen[key]


def tree(root):
    rows, inodes = [], {}
    for folder, dirs, files in os.walk(os.fsencode(root)):
        for name in dirs + files:
            path = os.path.join(folder, name)
            st, rel = os.lstat(path), os.path.relpath(path, os.fsencode(root))
            row = [rel, st.st_mode, 0 if st.st_mtime > time.time() - 9999 else st.st_mtime_ns // 100]
            if os.path.islink(path):
                row.append(os.readlink(path).replace(os.fsencode(root), b"@"))
            elif os.path.isfile(path):
                with open(path, "rb") as f:
                    row.append(hashlib.sha1(f.read()).hexdigest())
                inodes.setdefault(st.st_ino, []).append(rel)
            rows.append(row)
    return sorted(rows), sorted(sorted(names) for names in inodes.values() if len(names) > 1)


def first_difference(a, b):
    left, right = next(((x, y) for x, y in zip(a, b) if x != y), (len(a), len(b)))
    if isinstance(left, list) and isinstance(right, list):
        left, right = [x for x in left if x not in right][:2], [x for x in right if x not in left][:2]
    return f"\n  theirs {left}\n  ours   {right}"


def compare(words, stdin, a, b):
    before = found
    what = f"{words} {stdin!r}"
    if (a.returncode == 0) != (b.returncode == 0):
        say(f"{what}: theirs ended with {a.returncode}, ours with {b.returncode}: {a.stderr[-300:]!r} {b.stderr[-300:]!r}")
    elif {"dir", "--to-stdout"} & set(words) and a.returncode == 0 and sorted(a.stdout.splitlines()) != sorted(b.stdout.splitlines()):
        say(f"{what}: prints something else")
    outs = [os.path.join(side, "out") for side in SIDES]
    if a.returncode == 0 and tree(outs[0]) != tree(outs[1]):
        say(f"{what}: trees differ {first_difference(tree(outs[0]), tree(outs[1]))}")
    for out in outs:
        shutil.rmtree(out, ignore_errors=True)
    for wim in sorted(set(os.listdir(T)) | set(os.listdir(O))):
        if not all(os.path.exists(os.path.join(side, wim)) for side in SIDES):
            say(f"{what}: {wim} is on one side only")
        elif wim.endswith(".wim") and state(wim, T) != state(wim, O):
            say(f"{what}: {wim}: {first_difference(state(wim, T), state(wim, O))}")
        elif wim.endswith(".wim") and words[0] not in ("apply", "extract", "dir"):
            if any(run(program, "verify", wim, cwd=O).returncode for program in (THEIRS, WIMTOOL)):
                say(f"{what}: {wim} does not verify")
    if found > before:  # go on from the same files
        shutil.rmtree(O)
        shutil.copytree(T, O)


# ---- the commands ----

def count(wim):
    return int(dict(state(wim, T)[0])["Image Count"])


def new_name():
    return rng.choice([f"Name {step}", f"\u00f1{step}", f"<&{step}>", ""])


def checking():
    return rng.choice([[], [], [], ["--check"], ["--nocheck"], ["--include-integrity"]])


def packing():
    return maybe(.5, "--compress=" + rng.choice(["none", "XPRESS", "fast", "LZX", "lzms", "recovery", "lzx:10", "xpress:80"]))


def source():
    return "../src/" + rng.choice(os.listdir(os.path.join(TOP, "src")))


def capturing():
    return checking() + maybe(.3, "--unix-data") + maybe(.2, "--boot") + maybe(.2, rng.choice(["--rpfix", "--norpfix"])) + \
        maybe(.1, "--config=../config.ini") + maybe(.1, "--flags=Pro") + maybe(.1, "--image-property", "WINDOWS/LANGUAGES/LANGUAGE[1]=en-US")


def export(wim):
    image, to = rng.choice(["all", "1", str(count(wim))]), f"w{rng.randrange(5)}.wim"
    name = [new_name()] if image != "all" and rng.random() < .7 else []
    new = not os.path.exists(os.path.join(T, to))
    return ["export", wim, image, to] + name + checking() + (packing() if new else maybe(.2, "--rebuild")) + maybe(.2, "--boot"), b""


def path_of(wim, image):
    paths = run(THEIRS, "dir", wim, str(image), cwd=T).stdout.decode().splitlines()
    return rng.choice([path for path in paths if path != "/" and "\\" not in path] or ["/a"])


def update(wim):
    image, lines = rng.randint(1, count(wim)), []
    for name in rng.sample(os.listdir(os.path.join(TOP, "src")), rng.randint(1, 2)):
        path, other = ['"%s"' % path_of(wim, image) for _ in range(2)]
        lines.append(rng.choice([f"add {rng.choice(['', '--unix-data ', '--no-replace '])}../src/{name} /new{step}.{name}",
                                 f"delete --force --recursive {path}", f"rename {path} /renamed{rng.randrange(9)}",
                                 f"rename {path} {other}"]))
    return ["update", wim, str(image)] + maybe(.2, "--check") + maybe(.2, "--rebuild"), "\n".join(lines).encode()


def extract(wim):
    image = rng.randint(1, count(wim))
    path = path_of(wim, image)
    if rng.random() < .5:
        path = os.path.join(os.path.dirname(path), rng.choice(["*", os.path.basename(path)[:1] + "*", "*" + path[-1]]))
    words = ["extract", wim, str(image)] + maybe(.2, "--nullglob")
    if rng.random() < .3:
        return words + ["@-", "--dest-dir=out"], rng.choice([path.encode(), b"\xff\xfe" + path.encode("utf-16le")])
    return words + [path] + rng.choice([["--to-stdout"], ["--dest-dir=out"], ["--dest-dir=out", "--preserve-dir-structure"]]), b""


def image_or_none(wim):
    return str(rng.randint(1, count(wim) + 1))


COMMANDS = [
    update, update, export, extract,
    lambda wim: (["append", source(), wim, new_name()] + capturing() + maybe(.2, "--update-of=-1") + maybe(.1, "--rebuild"), b""),
    lambda wim: (["delete", wim, image_or_none(wim) if count(wim) > 1 else "9"] + maybe(.2, "--check") + maybe(.3, "--soft"), b""),
    lambda wim: (["optimize", wim] + checking() + packing() + maybe(.2, "--recompress"), b""),
    lambda wim: (["info", wim, image_or_none(wim), new_name()] + maybe(.4, "text") + checking() + maybe(.3, "--boot"), b""),
    lambda wim: (["apply", wim, image_or_none(wim), "out"] + maybe(.5, "--unix-data") + maybe(.3, rng.choice(["--rpfix", "--norpfix"])), b""),
    lambda wim: (["dir", wim, image_or_none(wim)] + maybe(.5, "--path=" + path_of(wim, 1)) + maybe(.3, "--one-file-only"), b""),
]


def capture():
    layout = rng.choice([[]] * 8 + [["--solid", "--solid-chunk-size=1M"], ["--pipable"]])
    return ["capture", source(), f"w{rng.randrange(5)}.wim", new_name()] + packing() + capturing() + layout, b""


def main():
    global step
    for folder in SIDES + [os.path.join(TOP, "src")]:
        os.makedirs(folder)
    with open(os.path.join(TOP, "config.ini"), "w", encoding="utf-8") as f:
        f.write("[ExclusionList]\n*.tmp\n/a*\ncase\n[ExclusionException]\n/a1\n")
    for i, size in enumerate((1, 10, 30, 60)):
        make_tree(os.path.join(TOP, "src", f"t{i}"), size)
    for step in range(1, STEPS + 1):
        ready = [wim for wim in sorted(os.listdir(T)) if wim.endswith(".wim") and count(wim)]
        words, stdin = rng.choice(COMMANDS)(rng.choice(ready)) if ready and rng.random() < .85 else capture()
        results = [run(program, *words, cwd=side, stdin=stdin) for program, side in ((THEIRS, T), (OURS, O))]
        compare(words, stdin, *results)
    print(f"{STEPS} commands, {found} differences")
    sys.exit(1 if found else 0)


main()
