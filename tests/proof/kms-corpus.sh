#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/corpus/evtx.sh with python-evtx reading every log, however long it takes (some ten minutes).
PYTHON_MAX=1000000000 exec "$(dirname "$0")/../corpus/evtx.sh"
