#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""wim_decorate.py IN OUT: gives the entries of an uncompressed WIM what Linux cannot.

Every entry of the first image gets one of four security descriptors, attributes
(hidden, system, archive in turn), creation and access times of its own, and files a
short name. The new metadata resource is appended; its blob table entry is set to it.
The same file gives the same result. For tests that show what survives an edit.
"""
import hashlib
import struct
import sys

CREATED = 131000000000000000  # 2016, in FILETIME
DIRECTORY, REPARSE = 0x10, 0x400


def sid(*parts):
    return struct.pack("<BB6s", 1, len(parts), b"\0\0\0\0\0\5") + struct.pack(f"<{len(parts)}I", *parts)


def descriptor(number):
    """Owner Administrators, group SYSTEM, one entry whose rights differ by number."""
    owner, group = sid(32, 544), sid(18)
    user = sid(21, 1000, 2000, 3000, 500 + number)
    ace = struct.pack("<BBHI", 0, 3, 8 + len(user), 0x1200A9 + number) + user
    acl = struct.pack("<BBHHH", 2, 0, 8 + len(ace), 1, 0) + ace
    head = struct.pack("<BBHIIII", 1, 0, 0x8004, 20 + len(acl), 20 + len(acl) + len(owner), 0, 20)
    return head + acl + owner + group


class Entry:
    def __init__(self, raw, subdir):
        self.raw = raw  # with its streams
        self.subdir = subdir
        self.children = []


def read_entry(data, at):
    length = struct.unpack_from("<Q", data, at)[0]
    if length <= 8:
        return None, at + 8
    streams = struct.unpack_from("<H", data, at + 96)[0]
    end = at + (length + 7 & ~7)
    for _ in range(streams):
        end += struct.unpack_from("<Q", data, end)[0] + 7 & ~7
    return Entry(data[at:end], struct.unpack_from("<Q", data, at + 16)[0]), end


def read_tree(data):
    at = struct.unpack_from("<I", data, 0)[0] + 7 & ~7
    root, _ = read_entry(data, max(at, 8))
    todo = [root]
    while todo:
        folder = todo.pop()
        at = folder.subdir
        while at:
            entry, at = read_entry(data, at)
            if entry is None:
                break
            folder.children.append(entry)
            if entry.subdir:
                todo.append(entry)
    return root


def decorate(entry, number, links):
    """Hard links of one file have one attribute, descriptor and time."""
    raw = bytearray(entry.raw)
    attributes, = struct.unpack_from("<I", raw, 8)
    names = struct.unpack_from("<HHH", raw, 96)  # streams, short name, name
    if not attributes & (DIRECTORY | REPARSE):
        group = bytes(raw[88:96])
        number = links.setdefault(group, number) if group != bytes(8) else number
        attributes = (attributes & ~0xa7) | (0x20, 0x22, 0x26, 0x21)[number % 4]
    struct.pack_into("<Ii", raw, 8, attributes, number % 4)
    struct.pack_into("<QQ", raw, 40, CREATED + number * 12345700, CREATED + number * 76543100)
    if names[0] == 0 and names[1] == 0 and names[2] and not attributes & (DIRECTORY | REPARSE):
        short = f"F{entry.number:06d}.~X".encode("utf-16-le")
        struct.pack_into("<H", raw, 98, len(short))
        end = 102 + names[2] + 2
        extra = raw[end + 7 & ~7:]  # tagged items behind the names
        raw = raw[:end] + short + b"\0\0"
        raw += bytes(-len(raw) % 8) + extra
        struct.pack_into("<Q", raw, 0, len(raw))
    entry.raw = raw


def flatten(root):
    """Entries in the order of the resource: each list of children ends with eight zero bytes."""
    order, todo = [(None, [root])], [root]
    while todo:
        folder = todo.pop(0)
        if folder.subdir:
            order.append((folder, folder.children))
            todo += [c for c in folder.children if c.subdir]
    return order


def emit(root):
    sds = [descriptor(i) for i in range(4)]
    head = struct.pack("<II", 8 + 8 * len(sds) + sum(map(len, sds)), len(sds))
    head += struct.pack(f"<{len(sds)}Q", *map(len, sds)) + b"".join(sds)
    head += bytes(-len(head) % 8)
    at, order = len(head), flatten(root)
    for folder, children in order:
        if folder:
            struct.pack_into("<Q", folder.raw, 16, at)
        at += sum(len(c.raw) for c in children) + 8
    return head + b"".join(b"".join(bytes(c.raw) for c in children) + bytes(8) for _, children in order)


def number_entries(root):
    links, todo, number = {}, [root], 0
    while todo:
        entry = todo.pop()
        entry.number = number
        decorate(entry, number, links)
        number += 1
        todo += entry.children


def main():
    wim = bytearray(open(sys.argv[1], "rb").read())
    size, table = struct.unpack_from("<QQ", wim, 48)
    for at in range(table, table + (size & 0xFFFFFFFFFFFFFF), 50):
        stored, offset, plain = struct.unpack_from("<QQQ", wim, at)
        if stored >> 56 & 2:
            break
    else:
        sys.exit("no metadata resource")
    if stored >> 56 & 4:
        sys.exit("compressed: capture with --compress=none")
    root = read_tree(bytes(wim[offset:offset + plain]))
    number_entries(root)
    metadata = emit(root)
    struct.pack_into("<QQQ", wim, at, len(metadata) | 2 << 56, len(wim), len(metadata))
    wim[at + 30:at + 50] = hashlib.sha1(metadata).digest()
    open(sys.argv[2], "wb").write(wim + metadata)


if __name__ == "__main__":
    main()
