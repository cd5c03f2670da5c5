#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SIGKILL in the middle of every command that writes a WIM: the old WIM or the new one is there, nothing else stays.
# KILLS is the number of moments for each command, CALLS the number of calls.
[ "$(stat -fc %T /dev/shm 2>/dev/null)" = tmpfs ] && export TMPDIR=/dev/shm # thousands of fsyncs
. "$(dirname "$0")/../support/checks.sh"
need wimlib-imagex cc

fixture tree one --files 200 >/dev/null || exit 1
cp -a one two
head -c 500000 /dev/urandom >one/noise
head -c 400000 /dev/urandom >two/other
wimlib-imagex capture one old.wim First --compress=LZX:20 >/dev/null 2>&1 || exit 1
wimlib-imagex append two old.wim Second >/dev/null 2>&1 || exit 1
wimlib-imagex export old.wim all checked.wim --check >/dev/null 2>&1 || exit 1


wimlib-imagex split old.wim p.swm 0.8 >/dev/null 2>&1 || exit 1
wimlib-imagex split old.wim q.swm 0.3 >/dev/null 2>&1 && [ -e q4.swm ] && [ ! -e q5.swm ] || exit 1
printf '%s\n' "add $work/two/other /added" 'delete /noise' 'rename /Windows/INF /Windows/moved' >script
cc -shared -fPIC -D_GNU_SOURCE -o kill_at.so "$support/kill_at_main.c" -ldl || exit 1

kills() { # NAME MODE ARGUMENT
	check "kills $1 leave the old WIM or the new one" "$support/wim_kills.py" "$2" "$3"
	sed 's/^/    /' "$log"
}
kills "at ${KILLS:-1} moments of each command" moments "${KILLS:-1}"
export CALLS_MOST=${CALLS:-1} CALLS_TAIL=${TAIL:-5}
kills "at calls that change files" calls "$work/kill_at.so"
finish
