#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# All path attacks, 20 races, and 3,000 mutated WIMs. With BIN=build/asan/bin UNDER_SANITIZER=1 under the sanitizers.
export ATTACKS=${ATTACKS:-1000} RACES=${RACES:-20} MUTANTS=${MUTANTS:-3000}
exec bash "$(dirname "$0")/../acceptance/wim-hostile.sh"
