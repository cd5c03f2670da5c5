#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_json.py: looks at the JSON result of a tool.

check_json.py result FILE TOOL VERB STATUS   the members that every result has, for this exit status
check_json.py plan FILE full|empty           a run of sysprep-lite that changed something, or found nothing to do
check_json.py untouched FILE HIVE            the plan has no edit for this hive
"""
import json
import re
import sys


def refuse_twice(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a member stands twice: {keys}")
    return dict(pairs)


def load(path):
    with open(path, "rb") as f:
        return json.loads(f.read().decode("utf-8"), object_pairs_hook=refuse_twice)


def check_result(result, tool, verb, status):
    status = int(status)
    assert isinstance(result, dict), "no object"
    assert re.fullmatch(r"goldwim/[a-z-]+/\d+", result["schema"]), result["schema"]
    assert re.match(r"\d+\.\d+", result["version"]), result["version"]
    assert (result["tool"], result["command"], result["exit_code"]) == (tool, verb, status)
    if status >= 2:
        assert result["error"]["text"] and result["error"]["kind"], "no text or kind of the error"
    else:
        assert "error" not in result, "an error in spite of the exit status"


def check_plan(result, kind):
    counts = len(result["identifiers"]), len(result["edits"])
    assert result["exit_code"] == 0
    assert counts == (0, 0) if kind == "empty" else min(counts) > 0, counts


def main():
    verb, path, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
    try:
        result = load(path)
        if verb == "result":
            check_result(result, *rest)
        elif verb == "plan":
            check_plan(result, *rest)
        else:
            assert not [e for e in result["edits"] if e.get("hive") == rest[0]]
    except (AssertionError, KeyError, TypeError, ValueError) as e:
        sys.exit(f"{path}: {type(e).__name__}: {e}")


main()
