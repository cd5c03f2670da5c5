#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/acceptance/kms-formats.sh with a log of 200,000 events.
EVENTS=${EVENTS:-200000} exec "$(dirname "$0")/../acceptance/kms-formats.sh"
