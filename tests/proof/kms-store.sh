#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The kills of tests/acceptance/kms-store.sh, many more of them and with larger logs.
ROUNDS=${ROUNDS:-60} EVENTS=${EVENTS:-4000} exec "$(dirname "$0")/../acceptance/kms-store.sh"
