# SPDX-License-Identifier: GPL-3.0-or-later
# pick EXPRESSION: the JSON on standard input as o; prints what the expression gives, lists one item a line.
pick() {
	python3 -c '
import json, sys
o = json.load(sys.stdin)
r = eval(sys.argv[1])
show = lambda x: x if isinstance(x, str) else json.dumps(x, separators=(",", ":"), sort_keys=True)
print("\n".join(show(x) for x in r) if isinstance(r, list) else show(r))' "$1"
}
