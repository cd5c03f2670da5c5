#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""make_wim.py OUT: an uncompressed WIM with what a Linux folder cannot give an image.

Two security descriptors, attributes, 8.3 names, a hard link of two names, a
named stream. Written from the format alone, so that no code under test takes part.
"""
import hashlib
import struct
import sys

TIMES = (130239786080000001, 130239786080000003, 130239786080000002)  # created, accessed, written
ARCHIVE, READONLY, HIDDEN, SYSTEM, DIRECTORY = 0x20, 0x1, 0x2, 0x4, 0x10
SD_SYSTEM = bytes.fromhex("010004801400000020000000000000002c000000" "010100000000000512000000" "010100000000000512000000"
                          "0200080000000000")
SD_USERS = bytes.fromhex("0100048014000000240000000000000034000000" "01020000000000052000000020020000"
                         "01020000000000052000000021020000" "0200080000000000")


def pad8(data):
    return data + bytes(-len(data) % 8)


class Entry:
    def __init__(self, name, attributes, security, data=None, short="", link=0, streams=(), children=None):
        self.__dict__.update(locals())


def sha1(data):
    return hashlib.sha1(data).digest() if data else bytes(20)


def dentry(entry, subdir):
    name, short = entry.name.encode("utf-16-le"), entry.short.encode("utf-16-le")
    has_streams = bool(entry.streams)
    body = struct.pack("<IiQQQQQQ", entry.attributes, entry.security, subdir, 0, 0, TIMES[0], TIMES[1], TIMES[2])
    body += bytes(20) if has_streams else sha1(entry.data)
    body += struct.pack("<IQHHH", 0, entry.link, len(entry.streams) + has_streams, len(short), len(name))
    body += name + (b"\0\0" if name else b"") + short + (b"\0\0" if short else b"")
    out = pad8(struct.pack("<Q", len(pad8(body + bytes(8)))) + body)
    for stream, data in ([("", entry.data)] if has_streams else []) + list(entry.streams):
        text = stream.encode("utf-16-le")
        raw = bytes(8) + sha1(data) + struct.pack("<H", len(text)) + text + (b"\0\0" if text else b"")
        out += pad8(struct.pack("<Q", len(pad8(raw + bytes(8)))) + raw)
    return out


def metadata(root):
    sds = (SD_SYSTEM, SD_USERS)
    head = struct.pack("<II", 8 + 8 * len(sds) + sum(map(len, sds)), len(sds))
    head = pad8(head + b"".join(struct.pack("<Q", len(sd)) for sd in sds) + b"".join(sds))
    folders = [root]
    for folder in folders:
        folders += [child for child in folder.children if child.children is not None]
    offset = len(head) + len(dentry(root, 0)) + 8
    starts = {}
    for folder in folders:
        starts[id(folder)] = offset
        offset += sum(len(dentry(child, 0)) for child in folder.children) + 8
    out = head + dentry(root, starts[id(root)]) + bytes(8)
    for folder in folders:
        out += b"".join(dentry(child, starts.get(id(child), 0)) for child in folder.children) + bytes(8)
    return out


def walk(entry):
    yield entry
    for child in entry.children or ():
        yield from walk(child)


def main():
    linked = b"two names\n" * 30
    system = Entry("System32", DIRECTORY, 0, short="SYSTEM~1", children=[
        Entry("config.bin", ARCHIVE | READONLY, 1, b"old contents\n" * 20, short="CONFIG~1.BIN"),
        Entry("first", ARCHIVE | HIDDEN, 0, linked, link=7),
        Entry("second", ARCHIVE | HIDDEN, 0, linked, link=7),
        Entry("streams", ARCHIVE | SYSTEM, 1, b"unnamed\n", streams=[("Zone", b"named stream\n")]),
    ])
    root = Entry("", DIRECTORY, 0, children=[Entry("Windows", DIRECTORY | SYSTEM, 1, children=[system])])
    contents = {}
    for entry in walk(root):
        for data in [entry.data] + [data for _, data in entry.streams]:
            if data:
                uses, _ = contents.get(sha1(data), (0, data))
                contents[sha1(data)] = (uses + 1, data)
    meta = metadata(root)
    body, table, at = b"", b"", 208
    for hash_, (uses, data) in contents.items():
        table += struct.pack("<QQQHI", len(data), at, len(data), 1, uses) + hash_
        body, at = body + data, at + len(data)
    table += struct.pack("<QQQHI", len(meta) | 2 << 56, at, len(meta), 1, 1) + sha1(meta)
    body, table_at = body + meta, at + len(meta)
    xml = b"\xff\xfe" + (f"<WIM><TOTALBYTES>{table_at}</TOTALBYTES><IMAGE INDEX=\"1\"><DIRCOUNT>3</DIRCOUNT>"
                         "<FILECOUNT>4</FILECOUNT><TOTALBYTES>0</TOTALBYTES><NAME>made</NAME></IMAGE></WIM>"
                         ).encode("utf-16-le")
    reshdr = lambda size, offset, flags: struct.pack("<QQQ", size | flags << 56, offset, size)
    header = b"MSWIM\0\0\0" + struct.pack("<IIII", 208, 0x10d00, 0, 0) + bytes(range(16))
    header += struct.pack("<HHI", 1, 1, 1) + reshdr(len(table), table_at, 2)
    header += reshdr(len(xml), table_at + len(table), 2) + bytes(24) + struct.pack("<I", 0) + bytes(24)
    header += bytes(208 - len(header))
    with open(sys.argv[1], "wb") as out:
        out.write(header + body + table + xml)


main()
