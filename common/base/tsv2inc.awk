# SPDX-License-Identifier: GPL-3.0-or-later
# Turns a table of facts into the rows of a C array:
#
#	static const struct zone zones[] = {
#	#include "sysprep-lite/data/zones.inc"
#	};
#
# The first line of the table that is no comment (#) names the fields. A field is
# text; "name:raw" goes into the C text as it is (numbers, enum names; an empty
# cell is 0); "name:guid" becomes sixteen bytes in the order of the disk; a column
# whose name starts with "-" (a remark, a source) is left out.
BEGIN { FS = "\t"; for (i = 0; i < 16; i++) { digit[sprintf("%x", i)] = i; digit[sprintf("%X", i)] = i } }
/^#/ || /^[ \t]*$/ { next }
!n {
	n = NF
	for (i = 1; i <= n; i++) {
		split($i, part, ":")
		name[i] = part[1]; kind[i] = part[2]
	}
	next
}
function c_text(s) { gsub(/\\/, "&&", s); gsub(/"/, "\\\"", s); gsub(/\?\?/, "?\"\"?", s); return "\"" s "\"" }
function hex_byte(s, at) { return sprintf("0x%s", substr(s, at, 2)) }
function c_guid(s,    order, k, i, out) {
	gsub(/[{}-]/, "", s)
	if (length(s) != 32 || s ~ /[^0-9a-fA-F]/) {
		printf "%s:%d: not a GUID: %s\n", FILENAME, FNR, s > "/dev/stderr"
		failed = 1
		exit 1
	}
	k = split("7 5 3 1 11 9 15 13 17 19 21 23 25 27 29 31", order, " ")
	for (i = 1; i <= k; i++)
		out = out (i > 1 ? ", " : "") hex_byte(s, order[i])
	return "{ { " out " } }"
}
{
	if (NF != n) {
		printf "%s:%d: %d fields, the first line names %d\n", FILENAME, FNR, NF, n > "/dev/stderr"
		failed = 1
		exit 1
	}
	row = ""
	for (i = 1; i <= n; i++) {
		if (substr(name[i], 1, 1) == "-")
			continue
		value = kind[i] == "raw" ? ($i == "" ? "0" : $i) : kind[i] == "guid" ? c_guid($i) : c_text($i)
		row = row " ." name[i] " = " value ","
	}
	print "{" row " },"
}
END { if (failed) exit 1 }
