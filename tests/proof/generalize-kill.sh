#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# KILLS (1000) random SIGKILLs of `sysprep-lite generalize`, a third each on a folder, on hives and in a WIM: what is
# there is old or new, undo gives back the old, the next run finishes and leaves no temporary file.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex hivexml python3
kills=$((${KILLS:-1000} / 3 + 1))

fixture tree tree --files 200 || exit 1
wimlib-imagex capture tree image.wim reference >/dev/null 2>&1 || exit 1
NICS=$(fixture nics | tr '\n' ' ')
export NICS
for kind in folder hives; do
	check "$kills kills on a ${kind%s}" "$support/kill_folder.py" "$kind" tree "$kills" "${SEED:-1}"
	sed 's/^/    /' "$log"
done
check "$kills kills in a WIM" "$support/kill_runs.py" image.wim moments "$kills" sysprep-lite generalize '{}:1'
sed 's/^/    /' "$log"
finish
