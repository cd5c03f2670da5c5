#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_pe.py FILE...: `wimtool doctor FILE --json` against python3-pefile: machine, version, strings.
Prints the number of files compared, and how many have a version."""
import json
import subprocess
import sys

import pefile

MACHINES = {0x14C: "x86", 0x8664: "amd64", 0xAA64: "arm64", 0x1C0: "arm", 0x1C4: "arm", 0x200: "ia64"}


def facts(path):
    pe = pefile.PE(path, fast_load=True)
    pe.parse_data_directories([pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_RESOURCE"]])
    machine = pe.FILE_HEADER.Machine
    fixed = getattr(pe, "VS_FIXEDFILEINFO", None)
    version = strings = None
    if fixed:
        ms, ls = fixed[0].FileVersionMS, fixed[0].FileVersionLS
        version = f"{ms >> 16}.{ms & 0xffff}.{ls >> 16}.{ls & 0xffff}"
    for info in (getattr(pe, "FileInfo", None) or [[]])[0]:
        if strings is None and getattr(info, "StringTable", None):
            strings = {k.decode(): v.decode() for k, v in info.StringTable[0].entries.items()}
    return MACHINES.get(machine, f"0x{machine:04x}"), version, strings or {}


def main():
    wrong = versions = 0
    for path in sys.argv[1:]:
        try:
            theirs = facts(path)
        except pefile.PEFormatError as error:
            print(f"{path}: pefile: {error}")
            continue
        run = subprocess.run(["wimtool", "doctor", path, "--json"], capture_output=True, check=False)
        result = json.loads(run.stdout).get("result", {})
        ours = result.get("architecture"), result.get("version"), result.get("strings")
        versions += theirs[1] is not None
        if ours != theirs:
            wrong += 1
            print(f"{path}: wimtool {ours}, pefile {theirs}")
    print(f"{len(sys.argv) - 1} files, {versions} with a version, {wrong} wrong")
    sys.exit(1 if wrong or not versions else 0)


if __name__ == "__main__":
    main()
