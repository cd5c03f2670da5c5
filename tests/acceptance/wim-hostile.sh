#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Nothing is written outside of a target, and broken WIMs end in a clear line, quickly and in little memory. ATTACKS, RACES
# and MUTANTS say how many.
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex python3
check "path attacks and races" "$support/path_attacks.py" "${ATTACKS:-36}" "${RACES:-3}"
check "mutated WIMs" "$support/mutate_wims.py" "${MUTANTS:-150}"
finish
