#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A store is the set of the events of its logs: whoever wrote them, in whichever order, however often, and whoever
# was killed. Its rows, and its audit byte for byte, are those of one process that read all logs.
# ROUNDS of kills for each kind of store, EVENTS of a log.
. "$(dirname "$0")/../support/checks.sh"
. "$support/postgres.sh"
need kms fixture sqlite3
rounds=${ROUNDS:-2} events=${EVENTS:-1000}
RANDOM=${SEED:-1}

# Five hosts; the second log of each begins like the first; text exports that overlap; one damaged log.
for i in 1 2 3 4 5; do
	fixture evtx --events "$events" --hosts 200 --seed "$i" --odd --computer "kms0$i.example.com" "a$i.evtx"
	fixture evtx --events "$((events * 3 / 2))" --hosts 200 --seed "$i" --odd --computer "KMS0$i.example.com" "b$i.evtx"
done
fixture evtx --events "$events" --seed 9 --wipe 3 --flip 5 --computer kms09 c.evtx
text=$(readlink -f "$support/../data/kms/demo-kms.txt")
other='Error\t8/10/2026 1:00:00 PM\tMicrosoft-Windows-Security-SPP\t12293\tNone\t"Publishing failed.\r\nInfo:\r\n0x8007232D"\r\n'
{ head -n 90 "$text"; printf "$other"; } > d1.txt
{ head -n 1 "$text"; printf "$other"; tail -n 120 "$text"; tail -n 3 "$text"; } > d2.txt
# Names that are hard to keep: controls, what is no UTF-8, a backslash, tabs.
printf '0x0,25,%b,00000007-230c-49ad-a8c2-c24914da4739,2026/8/4 15:46,1,2,41065,73111121-5638-40f6-bc11-f1d7b0d64300\n' \
	'DOM\\\\pc' 'caf\xe9' 'x\\\\x41' 'ä' > e.txt
logs=$(ls *.evtx *.txt)

rows='SELECT h.key, e.record, e.time, %s, e.copy, h.name, l.path, e.seq, e.place, e.in_lines, e.assumed, e.numbered, e.id,
	o.provider, o.channel, e.message, e.binary_len, e.problem, e.hresult, e.needed, e.name, e.cmid, e.client_time, e.virtual,
	e.status, e.minutes, e.product FROM event e JOIN host h ON h.id = e.host JOIN source o ON o.id = e.source
	JOIN log l ON l.id = e.log'
# shellcheck disable=SC2059
sqlite_rows() { sqlite3 "$1" "$(printf "$rows" e.digest)" | sort; }
# shellcheck disable=SC2059
pg_rows() { pg_sql "SET search_path = goldwim_kms; $(printf "$rows" "replace(e.digest::text, '-', '')")" | sort; }

# shellcheck disable=SC2086
kms audit --json $logs > wanted.json
check "the audit finds something" grep -q '"rule": "duplicate-cmid"' wanted.json
# shellcheck disable=SC2086
kms ingest --db one.sqlite $logs > first.txt
sqlite_rows one.sqlite > wanted.rows
check "there are rows" test "$(wc -l < wanted.rows)" -gt "$((events * 7))"

same_audit() { kms audit --db "$1" --json > got.json; diff got.json wanted.json > audit.diff && return; head -n 20 audit.diff; return 1; }
same_sqlite() { sqlite_rows "$1" > got.rows && cmp got.rows wanted.rows && same_audit "$1"; }
check "sqlite: one process" same_sqlite one.sqlite
again() { kms ingest --db "$1" $logs > again.txt && ! grep -v ', 0 of them new$' again.txt; }
check "sqlite: taking in again says that nothing is new" again one.sqlite
check "sqlite: and changes nothing" same_sqlite one.sqlite

# Parts in any order, through summaries too: the damages of a summary name its own place.
for i in $(printf '%s\n' $logs | tac); do kms ingest --db turned.sqlite "$i" > /dev/null; done
check "sqlite: one after the other, backwards" same_sqlite turned.sqlite

# writers URL: two at once, one of them killed; then both parts once more.
writers() {
	local pid
	# shellcheck disable=SC2046,SC2086
	kms ingest --db "$1" $(printf '%s\n' $logs | tac) > /dev/null 2> killed.err &
	pid=$!
	kms ingest --db "$1" b*.evtx a*.evtx > /dev/null 2> other.err &
	sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
	kill -KILL "$pid" 2> /dev/null && killed=$((killed + 1))
	${2-true}
	wait 2> /dev/null
}
# A writer that was quicker than its kill proves nothing: further rounds until one was not.
killed=0
for ((i = 0; i < rounds || (killed == 0 && i < rounds + 30); i++)); do
	rm -f two.sqlite*
	writers two.sqlite
	check "sqlite: whole after a kill ($i)" test "$(sqlite3 two.sqlite 'PRAGMA integrity_check')" = ok
	# A log is there as a whole or not at all.
	check "sqlite: no part of a log ($i)" test "$(sqlite3 two.sqlite 'SELECT count(*) FROM event WHERE log NOT IN (SELECT id FROM log)')" = 0
	# shellcheck disable=SC2086
	kms ingest --db two.sqlite $logs > /dev/null
	check "sqlite: the same after it was taken in again ($i)" same_sqlite two.sqlite
done
check "a writer was killed at its work" test "$killed" -gt 0

# What is no store is refused in one line; nothing is written to it.
refused() {
	local before after status
	before=$(sha256sum < "$2" 2> /dev/null)
	kms "$1" --db "$2" ${3-} > /dev/null 2> refused.err
	status=$?
	after=$(sha256sum < "$2" 2> /dev/null)
	[ "$status" -eq 3 ] && [ "$(wc -l < refused.err)" -eq 1 ] && [ "$before" = "$after" ] || { echo "status $status"; cat refused.err; return 1; }
}
head -c 100000 /dev/urandom > noise
sqlite3 other.sqlite 'CREATE TABLE t(a); INSERT INTO t VALUES(1)'
cp one.sqlite trigger.sqlite && sqlite3 trigger.sqlite 'CREATE TRIGGER x AFTER INSERT ON log BEGIN DELETE FROM event; END'
cp one.sqlite future.sqlite && sqlite3 future.sqlite 'PRAGMA user_version = 2'
cp one.sqlite less.sqlite && sqlite3 less.sqlite 'DROP TABLE damage'
for file in noise other.sqlite trigger.sqlite future.sqlite less.sqlite d1.txt; do
	check "$file is no store to audit" refused audit "$file"
	check "$file is no store to write to" refused ingest "$file" d2.txt
done
: > empty.sqlite
check "an empty file is no store to audit" refused audit empty.sqlite
check "a folder is no store" refused audit .
check "a missing file is no store to audit" refused audit missing.sqlite
# Bytes of a store changed at random: an answer or one line, never more.
broken=0
for ((i = 0; i < 20 * rounds; i++)); do
	cp one.sqlite broken.sqlite
	for ((k = 0; k < 8; k++)); do
		printf '%b' "\\x$(printf %02x $((RANDOM % 256)))" |
			dd of=broken.sqlite bs=1 seek=$((RANDOM * 32768 % $(stat -c %s one.sqlite) + RANDOM)) conv=notrunc status=none
	done
	timeout 60 kms audit --db broken.sqlite --json > broken.json 2> broken.err
	case $? in 0 | 1) ;; 3) [ "$(wc -l < broken.err)" -eq 1 ] || broken=$((broken + 1)) ;; *) broken=$((broken + 1)) ;; esac
done
check "broken stores give an answer or one line" test "$broken" -eq 0
printf 'x' > nothing.txt
check "a log that cannot be read leaves the store as it was" eval '! kms ingest --db one.sqlite nothing.txt missing.txt 2>/dev/null && same_sqlite one.sqlite'

if [ -z "$(find /usr/lib/postgresql -name initdb 2>/dev/null)" ]; then
	skip "no PostgreSQL server here"
	finish
fi
pg_need
trap 'pg_stop; chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work" "$log"' EXIT
check "a server of our own starts" pg_start
check "postgresql: there is no store yet" eval '! kms audit --db "$pg_url" 2> no.err && grep -q "no store" no.err'
# shellcheck disable=SC2086
kms ingest --db "$pg_url" $logs > pg-first.txt
same_pg() { pg_rows > got.rows && cmp got.rows wanted.rows && same_audit "$pg_url"; }
check "postgresql: one process, the rows of SQLite" same_pg
check "postgresql: it says the same" cmp first.txt pg-first.txt
check "postgresql: taking in again says that nothing is new" again "$pg_url"
check "postgresql: and changes nothing" same_pg
check "postgresql: the view for people" test "$(pg_sql "SELECT count(*) > 0 FROM goldwim_kms.request WHERE time > '2023-01-01' AND cmid IS NOT NULL")" = t
server_dies() {
	sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
	pg_kill
}
killed=0
for ((i = 0; i < rounds || (killed == 0 && i < rounds + 30); i++)); do
	pg_sql 'DROP SCHEMA goldwim_kms CASCADE'
	writers "$pg_url" "$( ((i % 2)) || echo server_dies)"
	if [ ! -s "$pg_folder/data/postmaster.pid" ]; then
		check "postgresql: the writer tells that the server is gone ($i)" eval '[ "$(wc -l < other.err)" -le 1 ]'
		check "postgresql: the server starts again ($i)" pg_start
	fi
	check "postgresql: no part of a log ($i)" eval 'pg_sql "SELECT 1 FROM goldwim_kms.event e LEFT JOIN goldwim_kms.log l ON l.id = e.log WHERE l.id IS NULL" | grep -c . | grep -qx 0'
	# shellcheck disable=SC2086
	kms ingest --db "$pg_url" $logs > /dev/null
	check "postgresql: the same after it was taken in again ($i)" same_pg
done
check "postgresql: a writer was killed at its work" test "$killed" -gt 0
# Eight at once, each its logs in an order of its own: nobody waits in a circle.
pg_sql 'DROP SCHEMA goldwim_kms CASCADE'
for ((i = 0; i < 8; i++)); do
	# shellcheck disable=SC2046,SC2086
	kms ingest --db "$pg_url" $(printf '%s\n' $logs | sort -R --random-source=<(yes "$i")) > /dev/null 2>> eight.err &
done
wait
check "postgresql: eight writers at once" eval '[ ! -s eight.err ] && same_pg'
check "postgresql: a password is not shown" eval '! kms audit --db "postgresql://kms:hush@/none?host=$pg_folder/socket&port=5499&password=hush" 2> hush.err; ! grep -q hush hush.err && [ "$(wc -l < hush.err)" -eq 1 ]'
pg_stop
check "postgresql: a server that is away is one line" eval '! kms audit --db "$pg_url" 2> away.err; [ "$(wc -l < away.err)" -eq 1 ]'
finish
