#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# clang-tidy.sh FLAG... -- FILE... - clang-tidy wants the files before the flags, xargs puts them last.
set -eu
flags=
while [ "$1" != -- ]; do
	flags="$flags '$1'"
	shift
done
shift
eval "clang-tidy --quiet \"\$@\" -- $flags" 2>/dev/null
