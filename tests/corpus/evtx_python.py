#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints "RECORD TIME EVENT" of each record that python-evtx reads of a log; nothing for those that it cannot."""
import re
import sys

from Evtx.Evtx import Evtx

ID = re.compile(r"<EventID[^>]*>(\d+)<")
TIME = re.compile(r'SystemTime="([^".]*)')
RECORD = re.compile(r"<EventRecordID>(\d+)<")


def tell(record):
    try:
        xml = record.xml()
    except Exception:  # whatever it does not know
        return
    found = [pattern.search(xml) for pattern in (RECORD, TIME, ID)]
    # Record 0 of the year 1601 is empty space that it takes for a record.
    if all(found) and not (found[0].group(1) == "0" and found[1].group(1).startswith("1601")):
        print(found[0].group(1), found[1].group(1).replace(" ", "T"), found[2].group(1))


with Evtx(sys.argv[1]) as log:
    for chunk in log.chunks():
        try:
            for record in chunk.records():
                tell(record)
        except Exception:  # the chunk is damaged
            continue
