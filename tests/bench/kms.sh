# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by bench.sh in an empty folder: KMS host logs, each audit beside reading the file and beside what counts the
# same with other programs. The data are the same events in every format, made by fixture from one seed.

scale=1
[ "$quick" ] && scale=20
fleet=(--hosts 57600 --clones 4 --steady)

# rate FILE: GB a second of the last pair's first command, by the wall and by processor time of two processors.
rate() {
	awk -v size="$(stat -c %s "$1")" -v a="$(median a)" -v c="$(cpu a)" 'BEGIN {
		printf "    %.0f MB: %.2f GB/s; %.2f GB/s when two processors are free (processor time / 2)\n",
			size / 1e6, size / 1e9 / a, size / 1e9 / (c / 2) }'
}

fixture evtx kms.evtx --events $((700000 / scale)) "${fleet[@]}" || exit 3
cat kms.evtx >/dev/null
pair "audit, .evtx" : 1 "kms audit kms.evtx" "cat" "cat kms.evtx >/dev/null"
rate kms.evtx
fixture evtx small.evtx --events $((70000 / scale)) "${fleet[@]}" || exit 3
pair "audit, .evtx of 70,000" : 1 "kms audit small.evtx" "evtxexport -f xml @100" "evtxexport -f xml small.evtx >/dev/null"
if command -v evtx_dump >/dev/null; then
	pair "audit, .evtx" : 1 "kms audit kms.evtx" "evtx_dump -t 2 -o jsonl" "evtx_dump -t 2 -o jsonl kms.evtx >/dev/null"
else
	echo "skipped: evtx_dump (Rust evtx) is not installed"
fi

# All whole chunks of the corpus, again and again: every kind of event that Windows writes.
if [ -d "${CORPUS:-$tests/../../shared/corpus}/evtx" ]; then
	python3 - "${CORPUS:-$tests/../../shared/corpus}/evtx" $((500000000 / scale)) mixed.evtx <<'PY'
import glob, lzma, sys
folder, size, out = sys.argv[1], int(sys.argv[2]), open(sys.argv[3], "wb")
chunks = bytearray()
head = None
for path in sorted(glob.glob(folder + "/*.evtx.xz")):
    data = lzma.open(path).read()
    head = head or data[:4096]
    for at in range(4096, len(data) - 65535, 65536):
        if data[at:at + 8] == b"ElfChnk\0":
            chunks += data[at:at + 65536]
out.write(head)
while out.tell() < size:
    out.write(chunks)
PY
	pair "audit, .evtx of all kinds" : 1 "kms audit mixed.evtx" "cat" "cat mixed.evtx >/dev/null"
	rate mixed.evtx
	rm mixed.evtx
fi
rm kms.evtx small.evtx

fixture evtx kms.txt --format text --events $((4088000 / scale)) "${fleet[@]}" || exit 3
cat kms.txt >/dev/null
pair "audit, text" : 1 "kms audit kms.txt" "cat" "cat kms.txt >/dev/null"
rate kms.txt
pair "audit, text" : 1 "kms audit kms.txt" "wc -l" "wc -l kms.txt"
pair "audit, text, one thread" : 1 "kms audit -j 1 kms.txt" "wc -l" "wc -l kms.txt"
# Names of each CMID, as an administrator would count them.
pair "audit, text" : 1 "kms audit kms.txt" "mawk group by @8" \
	"mawk -F, '/^0x/ { if (!((\$4, \$3) in s)) { s[\$4, \$3]; n[\$4]++ } } END { for (c in n) if (n[c] > 1) print c, n[c] }' kms.txt"
pair "audit, text" : 1 "kms audit kms.txt" "sqlite3 .import @30" \
	"grep ^0x kms.txt | tr -d '\"\\r' >kms.csv; printf '%s\\n' 'CREATE TABLE r(a,b,name,cmid,e,f,g,h,i);' '.mode csv' '.import kms.csv r' 'SELECT cmid, COUNT(DISTINCT name) AS n FROM r GROUP BY cmid HAVING n > 1;' | sqlite3 :memory:"
duckdb=$(node -p 'require.resolve("@duckdb/node-api")' 2>/dev/null)
if [ "$duckdb" ]; then
	cat >duck.js <<JS
const { DuckDBInstance } = require("$duckdb");
const queries = {
	split: \`SELECT cmid, COUNT(DISTINCT name) AS n FROM (SELECT split_part(line, ',', 3) AS name, split_part(line, ',', 4) AS cmid
		FROM read_csv('kms.txt', columns = {'line': 'VARCHAR'}, delim = '\\x01', quote = '', header = false)
		WHERE line LIKE '0x%') GROUP BY cmid HAVING n > 1\`,
	columns: \`SELECT cmid, COUNT(DISTINCT name) AS n FROM read_csv('kms.txt', columns = {'a': 'VARCHAR', 'b': 'VARCHAR', 'name': 'VARCHAR',
		'cmid': 'VARCHAR', 'e': 'VARCHAR', 'f': 'VARCHAR', 'g': 'VARCHAR', 'h': 'VARCHAR', 'i': 'VARCHAR'}, delim = ',', quote = '',
		escape = '', header = false, auto_detect = false, null_padding = true, strict_mode = false)
		WHERE a LIKE '0x%' GROUP BY cmid HAVING n > 1\`,
};
(async () => {
	const db = await (await DuckDBInstance.create(":memory:", { threads: "2" })).connect();
	const rows = await (await db.run(queries[process.argv[2]])).getRows();
	console.log(rows.length + " CMIDs have several names");
	process.exit(rows.length ? 0 : 1);
})();
JS
	pair "audit, text" : 1 "kms audit kms.txt" "DuckDB, split_part @6" "node duck.js split" \
		"DuckDB, as columns @6" "node duck.js columns"
else
	echo "skipped: npm's @duckdb/node-api is not installed (NODE_PATH)"
fi
rm -f kms.txt kms.csv

fixture evtx kms.json --format json --events $((10000000 / scale)) --hosts $((400000 / scale)) --clones 4 --steady || exit 3
cat kms.json >/dev/null
pair "audit, NDJSON of 10 million" : 1 "kms audit kms.json" "wc -l" "wc -l kms.json"
rate kms.json
rm kms.json

# As many events of twice as many computers: what that adds is what a pair takes. Memory comes in pieces of 2 MiB.
if [ ! "$quick" ]; then
	for computers in 400000 800000; do
		fixture evtx kms.json --format json --events 4000000 --hosts $computers --clones 4 --steady || exit 3
		pair "audit, $computers computers" : 1 "kms audit kms.json" "wc -l" "wc -l kms.json"
		before=${last:-0} last=$(peak a)
		rm kms.json
	done
	awk -v a="$last" -v b="$before" 'BEGIN {
		printf "    %.0f bytes more for each further pair of CMID and computer, its name included (25 characters, which take 32 bytes)\n",
			(a - b) * 1024 / 400000 }'
fi
