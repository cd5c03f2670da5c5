#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Uncompressed WIMs from the format alone, so that no code under test takes part.

As a program: win_wim.py OUT SEED makes an image with what a folder of Linux cannot give one: named streams, short
names, security descriptors, junctions, links of every kind, foreign reparse points, attributes, names with lone
surrogates. (ntfs-3g gives no short name to one with a backslash, so that --ntfs fails on these.) As a module: Entry and write_wim make any image, also ones that no program should write.
"""
import hashlib
import random
import struct
import sys

READONLY, HIDDEN, SYSTEM, DIRECTORY, ARCHIVE = 0x1, 0x2, 0x4, 0x10, 0x20
SPARSE, REPARSE, ENCRYPTED = 0x200, 0x400, 0x4000
TAG_SYMLINK, TAG_JUNCTION = 0xA000000C, 0xA0000003
EPOCH = 131000000000000000  # 2016 as FILETIME


class Entry:
    """name is text or the bytes of UTF-16LE; children make a folder; reparse is (tag, data, flags)."""

    def __init__(self, name, data=b"", attributes=None, children=None, streams=(), short="", link=0, security=-1,
                 reparse=None, times=None):
        self.name, self.data, self.children, self.streams = name, data, children, list(streams)
        self.short, self.link, self.security, self.reparse = short, link, security, reparse
        self.attributes = attributes if attributes is not None else (DIRECTORY if children is not None else ARCHIVE)
        if reparse:
            self.attributes |= REPARSE
        self.times = times or (EPOCH + 1, EPOCH + 20000001, EPOCH + 30000002)  # created, accessed, written


def units(name):
    return name if isinstance(name, bytes) else name.encode("utf-16-le", "surrogatepass")


def link_data(target, junction=False, relative=False, shown=None):
    """What a WIM keeps of the reparse buffer of a link."""
    sub, text = units(target), units(shown if shown is not None else target)
    head = struct.pack("<HHHH", 0, len(sub), len(sub) + 2, len(text))
    if not junction:
        head += struct.pack("<I", 1 if relative else 0)
    return head + sub + b"\0\0" + text + b"\0\0"


def pad8(data):
    return data + bytes(-len(data) % 8)


def sha1(data):
    return hashlib.sha1(data).digest() if data else bytes(20)


def contents_of(entry):
    """The unnamed ones first: reparse data before data."""
    unnamed = [entry.reparse[1]] if entry.reparse else []
    if entry.data or not entry.reparse:
        unnamed.append(entry.data)
    return unnamed


def dentry(entry, subdir):
    name, short = units(entry.name), units(entry.short)
    unnamed = contents_of(entry)
    has_streams = bool(entry.streams) or len(unnamed) > 1
    body = struct.pack("<IiQQQQQQ", entry.attributes, entry.security, subdir, 0, 0, *entry.times)
    body += bytes(20) if has_streams else sha1(unnamed[0])
    if entry.reparse:
        body += struct.pack("<IIHH", 0, entry.reparse[0], 0, entry.reparse[2])
    else:
        body += struct.pack("<IQ", 0, entry.link)
    body += struct.pack("<HHH", len(entry.streams) + len(unnamed) if has_streams else 0, len(short), len(name))
    body += name + (b"\0\0" if name else b"") + short + (b"\0\0" if short else b"")
    out = pad8(struct.pack("<Q", len(pad8(body + bytes(8)))) + body)
    for stream, data in ([("", data) for data in unnamed] if has_streams else []) + entry.streams:
        text = units(stream)
        raw = bytes(8) + sha1(data) + struct.pack("<H", len(text)) + text + (b"\0\0" if text else b"")
        out += pad8(struct.pack("<Q", len(pad8(raw + bytes(8)))) + raw)
    return out


def metadata(root, descriptors):
    head = struct.pack("<II", 8 + 8 * len(descriptors) + sum(map(len, descriptors)), len(descriptors))
    head = pad8(head + b"".join(struct.pack("<Q", len(d)) for d in descriptors) + b"".join(descriptors))
    folders = [root]
    for folder in folders:
        folders += [child for child in folder.children if child.children is not None]
    offset, starts = len(head) + len(dentry(root, 0)) + 8, {}
    for folder in folders:
        starts[id(folder)] = offset
        offset += sum(len(dentry(child, 0)) for child in folder.children) + 8
    out = [head, dentry(root, starts[id(root)]), bytes(8)]
    for folder in folders:
        out += [dentry(child, starts.get(id(child), 0)) for child in folder.children] + [bytes(8)]
    return b"".join(out)


def walk(entry):
    yield entry
    for child in entry.children or ():
        yield from walk(child)


def write_wim(path, root, descriptors=(), flags=0x80):
    """flags: 0x80 says that links were made relative to the image."""
    contents = {}
    for entry in walk(root):
        for data in contents_of(entry) + [data for _, data in entry.streams]:
            if data:
                uses, _ = contents.get(sha1(data), (0, data))
                contents[sha1(data)] = (uses + 1, data)
    meta = metadata(root, list(descriptors))
    body, table, at = [], b"", 208
    for hash_, (uses, data) in contents.items():
        table += struct.pack("<QQQHI", len(data), at, len(data), 1, uses) + hash_
        body.append(data)
        at += len(data)
    table += struct.pack("<QQQHI", len(meta) | 2 << 56, at, len(meta), 1, 1) + sha1(meta)
    body.append(meta)
    table_at = at + len(meta)
    xml = b"\xff\xfe" + ("<WIM><IMAGE INDEX=\"1\"><NAME>made</NAME></IMAGE></WIM>").encode("utf-16-le")
    reshdr = lambda size, offset, kind: struct.pack("<QQQ", size | kind << 56, offset, size)
    header = b"MSWIM\0\0\0" + struct.pack("<IIII", 208, 0x10D00, flags, 0) + bytes(range(16))
    header += struct.pack("<HHI", 1, 1, 1) + reshdr(len(table), table_at, 2)
    header += reshdr(len(xml), table_at + len(table), 2) + bytes(24) + struct.pack("<I", 0) + bytes(24)
    header += bytes(208 - len(header))
    with open(path, "wb") as out:
        out.write(header + b"".join(body) + table + xml)


def descriptor(number):
    sid = struct.pack("<BB6sII", 1, 2, b"\0\0\0\0\0\5", 32, 544 + number % 3)
    return struct.pack("<BBHIIII", 1, 0, 0x8000, 20, 20 + len(sid), 0, 0) + sid + sid


class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.group = 0

    def name(self, i):
        kinds = ("plain%d.txt", "Gr\u00f6\u00dfe %d", "\u6587\u5b57%d", "\U0001f600%d", "lone\ud800%d", "\udc00%dx", "with space %d ",
                 "dots%d...", "CON%d", "a\u0301%d", "~$%d;='", "back\\slash%d")
        return self.rng.choice(kinds) % i

    def data(self):
        size = self.rng.choice((0, 1, 100, 4096, 32768, 32769, 70000, 200000))
        return (self.rng.randbytes(64) * (size // 64 + 1))[:size] if self.rng.random() < 0.7 else self.rng.randbytes(size)

    def file(self, i):
        rng = self.rng
        attributes = ARCHIVE | rng.choice((0, READONLY, HIDDEN, SYSTEM | HIDDEN, SPARSE, 0x2000))
        streams = [(f"s{k}\u00e4", self.data()) for k in range(rng.choice((0, 0, 0, 1, 3)))]
        times = tuple(EPOCH + rng.randrange(10**17) for _ in range(3))
        return Entry(self.name(i), self.data(), attributes, streams=streams, security=rng.randrange(-1, 4),
                     short=rng.choice(("", f"SHORT~{i}.TXT")), times=times)

    def links(self, i):
        """Every way in which Windows says where a link leads."""
        yield Entry(f"l{i}-relative", reparse=(TAG_SYMLINK, link_data("..\\other\\file", relative=True), 0))
        yield Entry(f"l{i}-fixed", reparse=(TAG_SYMLINK, link_data("\\??\\C:\\Users\\Public"), 0))
        yield Entry(f"l{i}-absolute", reparse=(TAG_SYMLINK, link_data("\\??\\D:\\Data"), 1))
        yield Entry(f"l{i}-rooted", reparse=(TAG_SYMLINK, link_data("\\Windows\\x", relative=True), 0))
        yield Entry(f"l{i}-folder", attributes=DIRECTORY, reparse=(TAG_SYMLINK, link_data("\\??\\C:"), 0))
        yield Entry(f"l{i}-junction", attributes=DIRECTORY, reparse=(TAG_JUNCTION, link_data("\\??\\C:\\Users\\All", True), 0))
        yield Entry(f"l{i}-volume", attributes=DIRECTORY, reparse=(TAG_JUNCTION, link_data(
            "\\??\\Volume{12345678-1234-1234-1234-123456789abc}\\", True), 1))
        yield Entry(f"l{i}-device", reparse=(TAG_SYMLINK, link_data("\\Device\\HarddiskVolume1\\x\\y"), 0))
        yield Entry(f"l{i}-share", reparse=(TAG_SYMLINK, link_data("\\??\\UNC\\server\\share\\f"), 1))
        yield Entry(f"l{i}-slash", reparse=(TAG_SYMLINK, link_data("a/b\\c", relative=True), 0))

    def folder(self, name, depth):
        rng = self.rng
        children = [self.file(i) for i in range(rng.randrange(2, 12))]
        if rng.random() < 0.5:
            self.group += 1
            first = self.file(90)
            for k in range(rng.randrange(2, 5)):
                children.append(Entry(f"hard{k}", first.data, first.attributes, link=1000 + self.group,
                                      security=first.security, times=first.times))
        if rng.random() < 0.6:
            children += self.links(depth)
        if rng.random() < 0.3:
            children.append(Entry("foreign", b"", reparse=(0x80000013, b"dedup data", 0)))
        if depth:
            children += [self.folder(f"Folder {k}", depth - 1) for k in range(rng.randrange(1, 4))]
        names = {}
        return Entry(name, attributes=DIRECTORY | rng.choice((0, HIDDEN)), security=rng.randrange(-1, 4),
                     children=[names.setdefault(units(c.name), c) for c in children if units(c.name) not in names])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    maker = Maker(int(sys.argv[2]))
    root = maker.folder("", 3)
    root.attributes = DIRECTORY
    write_wim(sys.argv[1], root, [descriptor(i) for i in range(4)])


if __name__ == "__main__":
    main()
