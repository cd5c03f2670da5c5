#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""split_solid.py WIM PART1 PART2 STYLE: a solid WIM with two solid resources as two parts, the second resource in PART2.

The blobs stay in the table of PART1. STYLE says how they are placed, as wimlib-imagex cannot read it:
  set   the row of the second resource is only in PART2's table; blobs count in both resources together
  row   its row is in PART1's table with the part number 2
  own   blobs of the second resource are a run without any resource and count from its start
"""
import struct
import sys

ROW, SOLID, MARK = 50, 0x10, 1 << 32


def reshdr(size, flags, offset, original):
    return struct.pack("<QQQ", size | flags << 56, offset, original)


def main():
    source, first, second, style = sys.argv[1:]
    data = bytearray(open(source, "rb").read())
    at, length = struct.unpack_from("<QQ", data, 0x38)[0], struct.unpack_from("<Q", data, 0x30)[0] & (1 << 56) - 1
    xml_at, xml_len = struct.unpack_from("<QQ", data, 0x50)[0], struct.unpack_from("<Q", data, 0x48)[0] & (1 << 56) - 1
    rows = [bytes(data[i : i + ROW]) for i in range(at, at + length, ROW)]
    xml = bytes(data[xml_at : xml_at + xml_len])
    solid = [r for r in rows if r[7] & SOLID and struct.unpack_from("<Q", r, 16)[0] == MARK]
    assert len(solid) == 2, len(solid)
    sizes = []
    for r in solid:
        stored, offset = struct.unpack_from("<Q", r)[0] & (1 << 56) - 1, struct.unpack_from("<Q", r, 8)[0]
        sizes.append(struct.unpack_from("<Q", data, offset)[0])
    stored, offset = struct.unpack_from("<Q", solid[1])[0] & (1 << 56) - 1, struct.unpack_from("<Q", solid[1], 8)[0]
    resource = bytes(data[offset : offset + stored])
    data[offset : offset + stored] = bytes(stored)

    # One run: the resources, then all blobs, counted in both.
    plain, run, base = [r for r in rows if not r[7] & SOLID], [], 0
    mine = None
    for r in rows:
        if not r[7] & SOLID:
            continue
        if r in solid:
            mine = solid.index(r)
            continue
        run.append((mine, r))
    blobs = []
    single = offsets_are_per_resource(rows, sizes)
    for which, r in run:
        place = struct.unpack_from("<Q", r, 8)[0]
        if single and which == 1:
            place += sizes[0]
        behind = place >= sizes[0]
        if style == "own" and behind:
            place -= sizes[0]
        blobs.append((behind, r[:8] + struct.pack("<Q", place) + r[16:]))
    moved = reshdr(stored, solid[1][7], 208, MARK) + struct.pack("<HI", 2, 1) + bytes(20)
    here, behind = [r for late, r in blobs if not late], [r for late, r in blobs if late]
    if style == "own":
        table = plain[:1] + [solid[0]] + here + plain[1:] + behind
    else:
        table = plain + [solid[0]] + ([moved] if style == "row" else []) + here + behind
    write(first, bytes(data), 1, table, xml)
    write(second, bytes(data[:208]) + resource, 2, [] if style == "row" else [moved], xml)


def offsets_are_per_resource(rows, sizes):
    """Whether something stands between the resources, so that each begins a run of its own."""
    kinds = [bool(r[7] & SOLID) for r in rows]
    return "".join("s" if k else "." for k in kinds).strip(".").count(".") > 0


def write(path, body, part, table, xml):
    table = b"".join(table)
    header = bytearray(body[:208])
    flags = struct.unpack_from("<I", header, 0x10)[0]
    struct.pack_into("<I", header, 0x10, flags | 8)
    struct.pack_into("<HH", header, 0x28, part, 2)
    header[0x30:0x48] = reshdr(len(table), 2, len(body), len(table))
    header[0x48:0x60] = reshdr(len(xml), 2, len(body) + len(table), len(xml))
    header[0x7C:0x94] = bytes(24)
    with open(path, "wb") as out:
        out.write(bytes(header) + body[208:] + table + xml)


main()
