# SPDX-License-Identifier: GPL-3.0-or-later
"""A small reader of registry hives, independent of the C code: path -> key."""
import struct


class Key:
    def __init__(self, flags, mtime, sd, cls, values):
        self.flags, self.mtime, self.sd, self.cls, self.values = flags, mtime, sd, cls, values


class Hive:
    def __init__(self, path):
        self.data = open(path, "rb").read()
        base = self.data[:4096]
        assert base[:4] == b"regf", path
        words = struct.unpack("<127I", base[:508])
        total = 0
        for word in words:
            total ^= word
        total = {0xFFFFFFFF: 0xFFFFFFFE, 0: 1}.get(total, total)
        assert total == struct.unpack_from("<I", base, 508)[0], "checksum"
        assert words[1] == words[2], "sequence numbers"
        self.minor = words[6]
        self.keys = {}
        self.walk(words[9], "", 0)

    def cell(self, offset):
        at = 4096 + offset
        size = struct.unpack_from("<i", self.data, at)[0]
        assert size < 0, "cell %x is free" % offset
        return self.data[at + 4:at - size]

    def name(self, raw, compressed):
        return raw.decode("latin-1") if compressed else raw.decode("utf-16-le", "surrogatepass")

    def subkeys(self, offset):
        cell = self.cell(offset)
        kind, count = cell[:2], struct.unpack_from("<H", cell, 2)[0]
        if kind in (b"lf", b"lh"):
            return [struct.unpack_from("<I", cell, 4 + 8 * i)[0] for i in range(count)]
        entries = [struct.unpack_from("<I", cell, 4 + 4 * i)[0] for i in range(count)]
        if kind == b"li":
            return entries
        assert kind == b"ri", kind
        return [sub for entry in entries for sub in self.subkeys(entry)]

    def value_data(self, size, offset):
        if size & 0x80000000:
            return struct.pack("<I", offset)[:size & 0x7FFFFFFF]
        cell = self.cell(offset)
        if size > 16344 and self.minor > 3 and cell[:2] == b"db":
            count, listing = struct.unpack_from("<HI", cell, 2)
            parts = struct.unpack_from("<%dI" % count, self.cell(listing))
            return b"".join(self.cell(part)[:16344] for part in parts)[:size]
        return cell[:size]

    def values(self, count, listing):
        found = {}
        if not count:
            return found
        for offset in struct.unpack_from("<%dI" % count, self.cell(listing)):
            vk = self.cell(offset)
            length, size, data, kind, flags = struct.unpack_from("<HIIIH", vk, 2)
            found[self.name(vk[20:20 + length], flags & 1)] = (kind, self.value_data(size, data))
        return found

    def walk(self, offset, path, depth):
        nk = self.cell(offset)
        assert nk[:2] == b"nk" and depth < 200
        flags, mtime = struct.unpack_from("<HQ", nk, 2)
        subkeys, _, listing, _, n_values, values, sk, cls = struct.unpack_from("<IIIIIIII", nk, 20)
        name_len, cls_len = struct.unpack_from("<HH", nk, 72)
        name = self.name(nk[76:76 + name_len], flags & 0x20)
        path = (path + "\\" + name if path else name) if depth else ""
        sd_cell = self.cell(sk)
        sd = sd_cell[20:20 + struct.unpack_from("<I", sd_cell, 16)[0]]
        class_name = self.cell(cls)[:cls_len] if cls != 0xFFFFFFFF else b""
        assert path.upper() not in self.keys, "two keys " + path
        self.keys[path.upper()] = Key(flags, mtime, sd, class_name, self.values(n_values, values))
        children = self.subkeys(listing) if subkeys else []
        assert len(children) == subkeys, path
        for child in children:
            self.walk(child, path, depth + 1)
