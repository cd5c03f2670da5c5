#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""chunk_copied.py FROM TO: the stored bytes of every packed chunk of FROM are in TO.

Both may be pipable; contents that do not become smaller do not count. Prints how many chunks there are; exit code 1
when one is not there, or when there is none.
"""
import struct
import sys


def number(raw, at, n):
    return int.from_bytes(raw[at:at + n], "little")


def resources(wim):
    """(offset, stored, size) of what is compressed."""
    header = wim[-208:] if wim[:5] == b"WLPWM" else wim[:208]
    table, length = number(header, 0x30 + 8, 8), number(header, 0x30, 7)
    for at in range(table, table + length, 50):
        if wim[at + 7] & 4:
            yield number(wim, at + 8, 8), number(wim, at, 7), number(wim, at + 16, 8)


def chunks(wim, offset, stored, size):
    chunk_size = number(wim, 0x14, 4)
    n = (size + chunk_size - 1) // chunk_size
    pipable = wim[:5] == b"WLPWM"
    table = offset + stored - 4 * (n - 1) if pipable else offset
    data = offset if pipable else offset + 4 * (n - 1)
    places = [0, *struct.unpack_from(f"<{n - 1}I", wim, table), stored - 4 * (n - 1) - (4 * n if pipable else 0)]
    for i in range(n):
        begin = data + places[i] + (4 * (i + 1) if pipable else 0)
        contents = min(chunk_size, size - i * chunk_size)
        if places[i + 1] - places[i] < contents:
            yield wim[begin:begin + places[i + 1] - places[i]]


def main():
    wim, other = (open(path, "rb").read() for path in sys.argv[1:3])
    all_chunks = [chunk for place in resources(wim) for chunk in chunks(wim, *place)]
    missing = sum(chunk not in other for chunk in all_chunks)
    print(f"{len(all_chunks)} chunks, {missing} missing")
    return 1 if missing or not all_chunks else 0


if __name__ == "__main__":
    sys.exit(main())
