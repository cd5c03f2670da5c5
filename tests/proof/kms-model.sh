#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The fleets of tests/acceptance/kms-model.sh, two thousand of them.
FLEETS=${FLEETS:-2000} SEED=${SEED:-100} exec "$(dirname "$0")/../acceptance/kms-model.sh"
