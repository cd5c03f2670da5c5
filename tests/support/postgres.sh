# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced, behind checks.sh: a PostgreSQL server of the test's own, below $work, on a unix socket only.
#   pg_need      ends with a skipped line when there is no server to run
#   pg_start     makes the cluster the first time; pg_url is what kms is given
#   pg_kill      SIGKILL to the server and its children, as when the machine loses power (less the disk)
#   pg_stop      at the end; also when the script ends early, if it calls pg_stop in its trap
#   pg_sql SQL   prints rows with | between
pg_folder=$work/pg
pg_url="postgresql://kms@/kms?host=$pg_folder/socket&port=5499"

pg_need() {
	pg_bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
	if [ -z "$pg_bin" ] || [ ! -x "$pg_bin/initdb" ]; then
		echo "skipped: no PostgreSQL server here"
		exit 0
	fi
}

# The server refuses to be root.
pg_as() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	elif id -u postgres > /dev/null 2>&1; then
		setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
	else
		setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
	fi
}

pg_start() {
	local first=0
	if [ ! -d "$pg_folder" ]; then
		first=1
		chmod 711 "$work"
		mkdir -p "$pg_folder/socket"
		chmod 777 "$pg_folder" "$pg_folder/socket"
		pg_as "$pg_bin/initdb" -D "$pg_folder/data" -U kms -A trust -E UTF8 --locale=C.UTF-8 -N > "$pg_folder/initdb.log" 2>&1 ||
			{ cat "$pg_folder/initdb.log"; return 1; }
		printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$pg_folder/socket'" "port = 5499" \
			"max_connections = 20" "shared_buffers = 32MB" > "$pg_folder/extra.conf"
		pg_as sh -c "cat '$pg_folder/extra.conf' >> '$pg_folder/data/postgresql.conf'"
	fi
	pg_as "$pg_bin/pg_ctl" -D "$pg_folder/data" -l "$pg_folder/data/server.log" -w -t 60 start > "$pg_folder/ctl.log" 2>&1 ||
		{ cat "$pg_folder/ctl.log" "$pg_folder/data/server.log"; return 1; }
	pg_pid=$(head -n 1 "$pg_folder/data/postmaster.pid")
	[ "$first" -eq 0 ] || "$pg_bin/psql" -qX -h "$pg_folder/socket" -p 5499 -U kms -d postgres -c 'CREATE DATABASE kms'
}

pg_kill() {
	local children
	children=$(pgrep -P "$pg_pid")
	# shellcheck disable=SC2086
	kill -KILL "$pg_pid" $children 2>/dev/null
	while kill -0 "$pg_pid" 2>/dev/null; do sleep 0.05; done
	rm -f "$pg_folder/data/postmaster.pid"
}

pg_stop() {
	[ -n "${pg_pid-}" ] && kill -0 "$pg_pid" 2>/dev/null && pg_as "$pg_bin/pg_ctl" -D "$pg_folder/data" -m immediate stop > /dev/null 2>&1
	pg_pid=
}

pg_sql() {
	PGOPTIONS='-c client_min_messages=warning' "$pg_bin/psql" -qAtX -h "$pg_folder/socket" -p 5499 -U kms -d kms -c "$1"
}
