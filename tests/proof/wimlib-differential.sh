#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# 40 seeds of 150 random commands each, by wimlib-imagex and by wimtool under its name.
export SEEDS=${SEEDS:-$(seq -s ' ' 1 40)} STEPS=${STEPS:-150}
exec bash "$(dirname "$0")/../acceptance/wimlib-random.sh"
