#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/acceptance/kms-hostile.sh with a gigabyte of each.
MB=${MB:-1024} exec "$(dirname "$0")/../acceptance/kms-hostile.sh"
