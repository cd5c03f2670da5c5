#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SIGKILL in the middle of `sysprep-lite generalize`: the WIM holds the old hives or the new ones, and works.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex hivexml cc

fixture tree tree --files 300 || exit 1
wimlib-imagex capture tree image.wim reference >/dev/null 2>&1 || exit 1
wimlib-imagex capture tree checked.wim reference --compress=none --check >/dev/null 2>&1 || exit 1
NICS=$(fixture nics | tr '\n' ' ')
export NICS
cc -shared -fPIC -D_GNU_SOURCE -o kill_at.so "$support/kill_at_main.c" -ldl || exit 1

# kills WHAT WIM MODE ARGUMENT
kills() {
	check "kills $1 leave the old image or the new one" \
		"$support/kill_runs.py" "$2" "$3" "$4" sysprep-lite generalize '{}:1'
	sed 's/^/    /' "$log"
}

kills "at 50 moments" image.wim moments 50
kills "at each call that changes a file" image.wim calls "$work/kill_at.so"
kills "at each call, with an integrity table," checked.wim calls "$work/kill_at.so"
finish
