# SPDX-License-Identifier: GPL-3.0-or-later
"""guid_scan.py GUIDS-FILE FILE...: how often the GUIDs stand in each file, as text in any case (ASCII, UTF-16) and
as bytes."""
import sys
import uuid

guids = [uuid.UUID(line.strip()) for line in open(sys.argv[1]) if line.strip()]
for path in sys.argv[2:]:
    data = open(path, "rb").read()
    low = data.lower()
    count = sum(low.count(str(g).encode()) + low.count(str(g).encode("utf-16-le")) + data.count(g.bytes_le)
                for g in guids)
    print(path.rsplit("/", 1)[-1], count)
