#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Random commands are run by wimlib-imagex and by wimtool under that name: each ends the same way and leaves the same
# images. SEEDS="1 2 3" and STEPS change how many; the seeds say which.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex python3

mkdir names
ln -s "$BIN/wimtool" names/wimlib-imagex
for seed in ${SEEDS:-1}; do
	check "seed $seed: ${STEPS:-40} random commands" python3 "$support/wimlib_differential.py" names/wimlib-imagex "$seed" "${STEPS:-40}" "run$seed"
	rm -rf "run$seed"
done
finish
