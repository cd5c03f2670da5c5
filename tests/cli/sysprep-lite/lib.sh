# SPDX-License-Identifier: GPL-3.0-or-later
# For the cases: . "$TESTS/cli/sysprep-lite/lib.sh"
export PYTHONDONTWRITEBYTECODE=1
here=$TESTS/cli/sysprep-lite
config=Windows/System32/config

need() {
	for program; do
		command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
	done
}

# exits COMMAND...: prints its exit status; output goes to ./out and ./errors
exits() {
	"$@" >out 2>errors
	echo "exit $?"
}

# rules: the rule ids of the last scan, each once
rules() {
	sed -n 's/.* \[\([a-z-]*\)\]$/\1/p' out | sort -u
}

# readers FILE...: three other programs read the whole hive
readers() {
	for hive; do
		hivexml "$hive" >hive.xml && xmllint --noout hive.xml || echo "hivexml fails: $hive"
		reglookup -s "$hive" >reglookup.txt 2>reglookup.err || echo "reglookup fails: $hive"
		grep -q '^ERROR' reglookup.err && cat reglookup.err
		regfinfo "$hive" >/dev/null 2>&1 || echo "libregf fails: $hive"
	done
	echo "hives are read by hivex, reglookup, libregf"
}
