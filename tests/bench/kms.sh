# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by bench.sh in an empty folder: KMS host logs.

fixture evtx kms.evtx --events 50000 >/dev/null || exit 3
pair "kms audit, 50,000 events" : 1 "kms audit --quiet kms.evtx" "evtxexport" "evtxexport kms.evtx"
