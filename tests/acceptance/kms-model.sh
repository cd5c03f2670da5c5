#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Random fleets: what kms audit says is what a plain model says, from logs, from merged summaries and from stores.
. "$(dirname "$0")/../support/checks.sh"
need kms python3
python3 "$support/kms_model.py" --fleets "${FLEETS:-25}" --seed "${SEED:-1}"
exit
