#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Logs that were made to exhaust a reader: each ends in an orderly way, with at most 128 MiB of memory of its own (what is
# mapped of the file does not count). MB is how large they are once unpacked.
# shellcheck source=tests/support/checks.sh
. "$(dirname "$(readlink -f "$0")")/../support/checks.sh"
need python3 gzip zstd
mb=${MB:-64}
request='0x0,25,pc1.example.com,01eb9985-230c-49ad-a8c2-c24914da4739,2026/8/4 15:46,1,2,41065,73111121-5638-40f6-bc11-f1d7b0d64300'

# repeat HEAD TEXT TAIL: TEXT again and again, MB megabytes of it.
repeat() {
	python3 -c '
import sys
head, text, tail, size = (*(a.encode().decode("unicode_escape").encode("latin-1") for a in sys.argv[1:4]), int(sys.argv[4]) << 20)
out = sys.stdout.buffer
out.write(head)
block = text * max(1, (1 << 20) // len(text))
while size > 0:
    out.write(block[:size])
    size -= len(block)
out.write(tail)' "$1" "$2" "$3" "$mb"
}

# survives NAME EXITS FILE [WORD]: the exit code is one of EXITS, WORD is in what was printed.
survives() {
	local name=$1 exits=$2 file=$3 word=${4-} got
	(ulimit -d 131072 && exec timeout 600 kms audit --json "$file" >out 2>&1)
	got=$?
	if [[ " $exits " == *" $got "* ]] && ! grep -q 'out of memory' out && grep -q -- "$word" out; then
		good "$name"
	else
		bad "$name" < <(echo "exit $got"; head -c 1000 out)
	fi
	rm -f "$file"
}

good_line="{\"EventID\":12290,\"Message\":\"$request\"}\n"
repeat "$good_line{\"a\":\"" 'x' "\"}\n$good_line" >long.json
survives "JSON line without end" "0 1" long.json '"requests": *2'
repeat "$good_line" '{"a":' "\n$good_line" >deep.json
survives "JSON nested without end" "0 1" deep.json '"requests": *2'
repeat "[$good_line," '[' '' >arrays.json
survives "arrays in arrays" "0 1" arrays.json '"requests": *1'
repeat "Level,Date and Time,Source,Event ID,Task Category\nInformation,8/4/2026 3:46:52 PM,SPP,12290,None,\"$request\"\n\"" 'x, ' '' >quote.csv
survives "quote that does not end" "0 1" quote.csv '"requests": *1'
repeat "Level\tDate and Time\tSource\tEvent ID\tTask Category\nInformation\t8/4/2026 3:46:52 PM\tSPP\t12290\tNone\t\"$request\"\n" '\t' '' >cells.txt
survives "cells without end" "0 1" cells.txt '"requests": *1'
repeat "<Events><Event><System><EventID>12290</EventID></System><EventData><Data>$request</Data></EventData></Event><Event>" '<Data>' '' >open.xml
survives "XML event that does not end" "0 1" open.xml '"requests": *1'
repeat "Event[0]:\n  Event ID: 12290\n  Description:\n$request\n\n" 'x' '' >line.txt
survives "line without end" "0 1" line.txt '"requests": *1'
repeat '' '\0' '' | gzip -1 >zeros.gz
survives "zeros in gzip" 3 zeros.gz
repeat '' ' ' '' | zstd -q >spaces.zst
survives "spaces in zstd" 3 spaces.zst
repeat '' "$good_line" '' | zstd -q >many.zst
survives "many requests in zstd" "0 1" many.zst '"requests"'
repeat '\xff\xfe' 'a\0\n\0' '' >utf16.txt
survives "UTF-16 that says nothing" 3 utf16.txt
{ fixture evtx tiny.evtx --events 10 && cat tiny.evtx && repeat '' 'ElfChnk\0' ''; } >chunks.evtx
survives ".evtx of chunks that are none" "0 1" chunks.evtx '"requests": *10'
finish
