#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# sarif-multitool.sh - prints the folder of Microsoft's sarif-multitool, with the schema of SARIF beside it, fetched from
# npm on first use. Exit code 1, and why on stderr, when there is no npm or its registry cannot be reached.
set -u
version=5.7.0
top=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
home=$top/build/npm
package=$home/node_modules/@microsoft/sarif-multitool-linux
if [ ! -x "$package/Sarif.Multitool" ]; then
	command -v npm >/dev/null || { echo "no npm here" >&2; exit 1; }
	mkdir -p "$home" || exit 1
	timeout 300 npm install --prefix "$home" --no-audit --no-fund --ignore-scripts --no-save --loglevel=error \
		"@microsoft/sarif-multitool-linux@$version" >&2 || { echo "npm cannot install it: is the registry reachable?" >&2; exit 1; }
	chmod u+x "$package/Sarif.Multitool" || exit 1
fi
[ -f "$package/sarif-2.1.0.json" ] || { echo "the package has no schema" >&2; exit 1; }
echo "$package"
