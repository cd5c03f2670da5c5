#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every reader of logs fuzzed for RUNS executions (10,000,000): no crash, no hang over 2 seconds, no allocation over 64 MB.
# It builds its own variant of the programs; on two idle processors it takes hours.
set -u
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 2
runs=${RUNS:-10000000}
command -v clang >/dev/null || { echo "skipped: no clang here"; exit 0; }
passed=0 failed=0
found=$(mktemp -d) || exit 2
trap 'rm -rf "$found"' EXIT
for target in evtx evt binxml kms_rows kms_lines kms_xml kms_json kms_clixml; do
	make -s V=fuzz "build/fuzz/bin/fuzz-$target" >"$found/log" 2>&1 || { tail -n 5 "$found/log"; exit 2; }
	mkdir -p "build/fuzz/corpus/$target"
	if "build/fuzz/bin/fuzz-$target" -runs="$runs" -timeout=2 -malloc_limit_mb=64 -rss_limit_mb=1024 -max_len=4096 \
		-artifact_prefix="$found/" -print_final_stats=1 "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"$found/log" 2>&1; then
		echo "ok $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log") executions"
		passed=$((passed + 1))
	else
		echo "FAIL $target"
		grep -E 'ERROR|SUMMARY|#[0-9]+ .*kms/' "$found/log" | head -n 10
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
