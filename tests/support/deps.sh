#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# deps.sh PACKAGE... - installs the Debian packages that are missing, with sudo when not root.
set -eu

missing=
for package in "$@"; do
	dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^.i' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -eq 0 ]; then
	as_root=env
elif command -v sudo >/dev/null 2>&1; then
	as_root="sudo env"
else
	echo "deps: these packages are missing, and sudo is not there to install them:$missing" >&2
	exit 1
fi
echo "deps: installing$missing"
$as_root DEBIAN_FRONTEND=noninteractive apt-get update -qq
# shellcheck disable=SC2086 # a list of package names
$as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
