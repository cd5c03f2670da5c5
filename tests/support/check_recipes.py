#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_recipes.py SCHEMA FILE...: the JSON Schema and `wimtool build --plan` judge recipes alike.

good-* both take, bad-* both refuse (wimtool with exit code 3 and one line that names line and column), odd-* only
wimtool refuses: what no schema can see. Scalars are loaded as texts, as wimtool sees them.
"""
import json
import os
import re
import subprocess
import sys

import jsonschema
import yaml


def schema_takes(validator, path):
    with open(path, encoding="utf-8") as f:
        try:
            document = yaml.load(f, Loader=yaml.BaseLoader)
        except yaml.YAMLError:
            return None
    return validator.is_valid(document)


def wimtool_takes(path):
    run = subprocess.run(["wimtool", "build", "--plan", path], capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return True, ""
    lines = run.stderr.splitlines()
    good = run.returncode == 3 and len(lines) == 1
    good = good and (re.search(r":\d+:\d+: ", lines[0]) or "one output" in lines[0])
    return (False if good else None), run.stderr


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    wrong = 0
    for path in sys.argv[2:]:
        name = os.path.basename(path)
        verdict = name.split("-")[0]
        theirs = schema_takes(validator, path)
        ours, why = wimtool_takes(path)
        want = {"good": (True, True), "bad": (False, False)}.get(verdict)
        fine = (theirs, ours) == want if want else ours is False
        if not fine:
            wrong += 1
            print(f"{name}: schema {theirs}, wimtool {ours} {why}")
    print(f"{len(sys.argv) - 2} recipes, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
