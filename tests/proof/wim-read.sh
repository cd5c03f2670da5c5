#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# All 60 images of the acceptance script, a file of 5 GB and an image of 200,000 files.
export IMAGES=${IMAGES:-60} LARGE=${LARGE:-1}
exec bash "$(dirname "$0")/../acceptance/wim-read.sh"
