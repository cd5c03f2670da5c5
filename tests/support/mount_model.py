#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""mount_model.py WIM ROUNDS SEED [--kill] [--no-links]: random edits through a mount, beside the same edits of a plain folder.

Image 1 of WIM is mounted for changes on ./mnt and applied to ./model by wimlib-imagex. Each round makes some
edits in both, then commits: mounted, or by unmounting and mounting again. With --kill the server or the commit
is ended with SIGKILL now and then; what follows must go on as if nothing had been. After each commit the WIM must
verify with wimlib-imagex, and what that program applies must equal the model in names, types, contents, times of
files and hard links. The last line tells what was done; exit status 1 after the first difference.

With --no-links no hard links are made, and WIM must have none: fuse-overlayfs shows a change under all names, where the
kernel shows it under one.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import time

SUPPORT = os.path.dirname(os.path.abspath(__file__))
TIME = 1_600_000_000_000_000_000  # of the first edit; each further one is a second later
KINDS = ["new", "new", "write", "write", "write", "append", "save", "remove", "rename", "over", "mkdir", "rmtree", "link",
         "symlink", "unlink", "movedir", "cut", "touch", "copy", "again", "case"]
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Failed(Exception):
    pass


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(command)}: exit {done.returncode}: {done.stdout.decode(errors='replace')[-600:]}")
    return done.stdout.decode(errors="replace")


class Model:
    def __init__(self, wim, rng, links):
        self.kinds = [k for k in KINDS if links or k != "link"]
        self.wim, self.rng, self.now = wim, rng, TIME
        self.counts = {}
        shutil.rmtree("model", ignore_errors=True)
        run("wimlib-imagex", "apply", wim, "1", "model")
        self.find_groups()

    def find_groups(self):
        """Names of files with several names in the image that is mounted: {name: number of the file}."""
        self.groups = {}
        for path in self.walk()[0]:
            st = os.lstat(os.path.join("model", path))
            if st.st_nlink > 1:
                self.groups[path] = st.st_ino
        self.changed = {}

    def look(self, path):
        whole = os.path.join("model", path)
        return open(whole, "rb").read(), os.lstat(whole).st_mtime_ns

    def copy_up(self, path):
        """The overlay copies one name of a file; until the commit the others show what was."""
        if path in self.groups:
            self.changed[path] = self.groups.pop(path)
            whole = os.path.join("model", path)
            shutil.copy2(whole, "model.copy")
            os.remove(whole)
            shutil.move("model.copy", whole)

    def forget(self, path):
        self.groups.pop(path, None)
        self.changed.pop(path, None)

    def joined(self):
        """Makes the folder "joined", what a commit gives: all names of a file get what was written under one."""
        shutil.rmtree("joined", ignore_errors=True)
        run("cp", "-a", "model", "joined")
        inodes = {}
        for path in self.walk()[0]:
            inodes.setdefault(os.lstat(os.path.join("model", path)).st_ino, []).append(path)
        for number in set(self.changed.values()):
            names = [p for p, n in self.changed.items() if n == number]
            if len({self.look(p)[0] for p in names}) > 1:
                continue
            sets = {os.lstat(os.path.join("model", p)).st_ino for p in names}
            together = {q for i in sets for q in inodes[i]} | {p for p, n in self.groups.items() if n == number}
            last = max(names, key=lambda p: self.look(p)[1])
            for other in together - {last}:
                os.remove(os.path.join("joined", other))
                os.link(os.path.join("joined", last), os.path.join("joined", other))

    def mounted_again(self):
        """What is seen is what was committed."""
        shutil.rmtree("model")
        os.rename("joined", "model")
        self.find_groups()

    def walk(self):
        files, folders, links = [], [""], []
        for at, dirs, names in os.walk("model"):
            inside = os.path.relpath(at, "model")
            inside = "" if inside == "." else inside
            for name in dirs + names:
                path = os.path.join(inside, name)
                whole = os.path.join("model", path)
                (links if os.path.islink(whole) else folders if os.path.isdir(whole) else files).append(path)
        return sorted(files), sorted(folders), sorted(links)

    def free_name(self, folders):
        folder = self.rng.choice(folders)
        taken = {n.casefold() for n in os.listdir(os.path.join("model", folder))}
        while (name := f"{self.rng.choice(['n', 'N', 'ü', 'x y'])}{self.rng.randrange(10 ** 6)}").casefold() in taken:
            pass
        return os.path.join(folder, name)

    def both(self, function, *paths):
        for root in ("model", "mnt"):
            function(*(os.path.join(root, p) for p in paths))

    def stamp(self, path):
        self.now += 1_000_000_000
        for root in ("model", "mnt"):
            whole = os.path.join(root, path)
            os.utime(whole, ns=(self.now, self.now + 100), follow_symlinks=False)

    def data(self):
        size = self.rng.choice([0, 1, 100, 5000, 40000, 300000])
        return self.rng.randbytes(size // 2) + b"z" * (size - size // 2)

    def edit(self):
        files, folders, links = self.walk()
        kind = self.rng.choice(self.kinds)
        done = getattr(self, "do_" + kind)(files, folders, links)
        if done is not False:
            self.counts[kind] = self.counts.get(kind, 0) + 1

    def put(self, path, data, mode="wb"):
        self.copy_up(path)

        def write(whole):
            with open(whole, mode) as f:
                f.write(data)
        self.both(write, path)
        self.stamp(path)

    def do_new(self, _, folders, __):
        self.put(self.free_name(folders), self.data())

    def do_write(self, files, *_):
        if not files:
            return False
        self.put(self.rng.choice(files), self.data(), "r+b")

    def do_append(self, files, *_):
        if not files:
            return False
        self.put(self.rng.choice(files), self.data(), "ab")

    def do_cut(self, files, *_):
        if not files:
            return False
        path = self.rng.choice(files)
        size = os.path.getsize(os.path.join("model", path))
        self.copy_up(path)
        self.both(lambda whole: os.truncate(whole, size // 2), path)
        self.stamp(path)

    def do_touch(self, files, *_):
        if not files:
            return False
        path = self.rng.choice(files)
        self.copy_up(path)
        self.stamp(path)

    def do_save(self, files, folders, _):
        """As an editor does: a new file is moved over the old one."""
        if not files:
            return False
        path, fresh = self.rng.choice(files), self.free_name(folders)
        self.put(fresh, self.data())
        self.both(os.rename, fresh, path)
        self.forget(path)

    def do_remove(self, files, *_):
        if not files:
            return False
        path = self.rng.choice(files)
        self.both(os.remove, path)
        self.forget(path)

    def do_again(self, files, *_):
        """Removed, and another one made under the name."""
        if not files:
            return False
        path = self.rng.choice(files)
        self.both(os.remove, path)
        self.forget(path)
        self.put(path, self.data())

    def do_rename(self, files, folders, _):
        if not files:
            return False
        self.move(self.rng.choice(files), self.free_name(folders))

    def move(self, a, b):
        self.copy_up(a)
        self.both(os.rename, a, b)
        self.forget(a)
        self.forget(b)

    def do_case(self, files, *_):
        if not files:
            return False
        path = self.rng.choice(files)
        head, name = os.path.split(path)
        if name.swapcase() == name:
            return False
        self.move(path, os.path.join(head, name.swapcase()))

    def do_over(self, files, *_):
        if len(files) < 2:
            return False
        a, b = self.rng.sample(files, 2)
        if os.path.samefile(os.path.join("model", a), os.path.join("model", b)):
            return False
        self.move(a, b)

    def do_copy(self, files, folders, _):
        if not files:
            return False
        path, fresh = self.rng.choice(files), self.free_name(folders)
        self.both(shutil.copyfile, path, fresh)
        self.stamp(fresh)

    def do_mkdir(self, _, folders, __):
        self.both(os.mkdir, self.free_name(folders))

    def do_rmtree(self, files, folders, _):
        small = [f for f in folders if f and sum(x.startswith(f + "/") for x in files) <= 8]
        if not small:
            return False
        path = self.rng.choice(small)
        self.forget_below(files, path)
        self.both(shutil.rmtree, path)
        if self.rng.random() < 0.5:
            self.both(os.mkdir, path)
            self.put(os.path.join(path, "inside"), self.data())

    def forget_below(self, files, folder):
        for path in files:
            if path.startswith(folder + "/"):
                self.forget(path)

    def do_movedir(self, files, folders, _):
        small = [f for f in folders if f and sum(x.startswith(f + "/") for x in files) <= 8]
        if not small:
            return False
        path = self.rng.choice(small)
        fresh = self.free_name([f for f in folders if f != path and not f.startswith(path + "/")])
        self.forget_below(files, path)
        # what mv does where a folder cannot be renamed, as in an overlay
        self.both(lambda a, b: (run("cp", "-a", "--", a, b), shutil.rmtree(a)), path, fresh)

    def do_link(self, files, folders, _):
        if not files:
            return False
        path = self.rng.choice(files)
        self.copy_up(path)
        self.both(os.link, path, self.free_name(folders))

    def do_symlink(self, files, folders, _):
        path, target = self.free_name(folders), self.rng.choice(["x", "../y", "a/b"])
        self.both(lambda whole: os.symlink(target, whole), path)
        self.stamp(path)

    def do_unlink(self, _, __, links):
        if not links:
            return False
        self.both(os.remove, self.rng.choice(links))


def mount(wim):
    run("wimtool", "mount", "--rw", wim, "1", "mnt", "-q")


def server():
    import json
    mounts = json.loads(run("wimtool", "mounts", "--json"))["result"]["mounts"]
    here = os.path.realpath(".") + "/mnt"
    return next(m for m in mounts if m["directory"] == here)


def kill_server():
    pid = server()["server"]
    os.kill(pid, signal.SIGKILL)
    for _ in range(500):
        if server()["status"] != "ok":
            return
        time.sleep(0.01)
    raise Failed("a killed server is shown as living")


def kill_commit(rng, command):
    """Ends a commit somewhere; true when it had ended by itself."""
    child = subprocess.Popen(command, **QUIET)
    try:
        child.wait(timeout=rng.random() * 0.03)
        return child.returncode == 0
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return False


def compare(wim, what):
    run("wimlib-imagex", "verify", wim)
    shutil.rmtree("theirs", ignore_errors=True)
    run("wimlib-imagex", "apply", wim, "1", "theirs")
    found = subprocess.run([SUPPORT + "/cmp_tree.py", "--no-dir-times", "--no-link-times", "joined", "theirs"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if found.returncode:
        raise Failed(f"{what}: the committed image differs from the model:\n{found.stdout.decode()[:3000]}")
    if os.path.exists(wim + ".goldwim-undo"):
        raise Failed(f"{what}: an undo journal is left")


def mount_again(wim, model):
    model.mounted_again()
    mount(wim)


def commit(wim, rng, kills, counts):
    """True when the mount has ended with it."""
    command = rng.choice([["wimtool", "commit", "mnt", "-q"], ["wimtool", "unmount", "--commit", "mnt", "-q"]])
    if kills and rng.random() < 0.6:
        counts["commits killed"] = counts.get("commits killed", 0) + 1
        if kill_commit(rng, command):
            return "unmount" in command
        if subprocess.run(["wimtool", "recover", wim, "-q"], **QUIET, check=False).returncode:
            raise Failed("recover after a killed commit fails")
        run("wimlib-imagex", "verify", wim)
        if not any(m["directory"] == os.path.realpath(".") + "/mnt" for m in mounts_now()):
            return True  # it was killed after its work was done
        run("wimtool", "remount", "mnt", "-q")
        command = ["wimtool", "commit", "mnt", "-q"]
    run(*command)
    return "unmount" in command


def mounts_now():
    import json
    return json.loads(run("wimtool", "mounts", "--json"))["result"]["mounts"]


def rounds(wim, n, rng, kills, links):
    counts = {}
    model = Model(wim, rng, links)
    mount(wim)
    for i in range(n):
        for _ in range(rng.randrange(1, 12)):
            model.edit()
            if kills and rng.random() < 0.1:
                counts["servers killed"] = counts.get("servers killed", 0) + 1
                kill_server()
                run("wimtool", "remount", "mnt", "-q")
        seen = subprocess.run([SUPPORT + "/cmp_tree.py", "--no-dir-times", "--no-link-times", "--no-hard-links", "model",
                               "mnt"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if seen.returncode:
            raise Failed(f"round {i}: the mount differs from the model:\n{seen.stdout.decode()[:3000]}")
        model.joined()
        ended = commit(wim, rng, kills, counts)
        compare(wim, f"round {i}")
        if ended:
            mount_again(wim, model)
    run("wimtool", "unmount", "mnt", "-q")
    counts["edits"] = sum(model.counts.values())
    print(f"{n} rounds, " + ", ".join(f"{v} {k}" for k, v in sorted(counts.items())))
    print(", ".join(f"{k} {v}" for k, v in sorted(model.counts.items())))


def main():
    wim, n, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.makedirs("mnt", exist_ok=True)
    try:
        rounds(wim, n, random.Random(seed), "--kill" in sys.argv, "--no-links" not in sys.argv)
    except Failed as failed:
        print(failed)
        subprocess.run(["wimtool", "unmount", "--force", "mnt"], **QUIET, check=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
