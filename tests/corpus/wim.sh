#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Small WIMs of other makers (wimlib's own hostile and odd files, samples of ManagedWimLib): wimtool
# reads each as wimlib-imagex does, refuses the hostile ones with one line, and a replaced file of a
# Windows-made image keeps its security descriptor, attributes and creation time.
set -u

here=$(dirname "$(readlink -f "$0")")
corpus=$(readlink -f "${CORPUS:-$here/../../../shared/corpus}")/wim
wimtool=$(readlink -f "${BIN:?}")/wimtool
passed=0 failed=0
[ -d "$corpus" ] || { echo "skipped: $corpus is not there"; exit 0; }
[ -x "$wimtool" ] || { echo "skipped: $wimtool is not built"; exit 0; }
command -v wimlib-imagex >/dev/null || { echo "skipped: wimlib-imagex is not installed"; exit 0; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1: $2"; }

# good files: the same list, the same data, no findings
for name in empty_dacl linux_xattrs_old longpaths sample_BootLZX sample_BootXPRESS sample_LZMS sample_LZX \
	sample_MultiImage sample_VerifySuccess sample_XPRESS; do
	wim=$corpus/$name.wim
	[ -f "$wim" ] || { bad "$name" "is missing"; continue; }
	"$wimtool" verify "$wim" >verify.out 2>&1 || bad "$name" "verify: $(head -3 verify.out)"
	images=$(wimlib-imagex info "$wim" | awk '/^Image Count/ { print $3 }')
	for ((i = 1; i <= images; i++)); do
		wimlib-imagex dir "$wim" "$i" | grep -v '^/$' | sort >theirs
		"$wimtool" list "$wim" "$i" 2>list.err | grep -v '^/$' | sort >mine
		if cmp -s mine theirs; then ok; else bad "$name:$i" "list differs: $(diff mine theirs | head -3) $(head -2 list.err)"; fi
		same=yes
		wimlib-imagex dir "$wim" "$i" --detailed |
			awk -F' = ' '/^Full Path/ { p = substr($2, 2, length($2) - 2) } /^Attributes/ { a = $2 }
			             /^Uncompressed size/ && a !~ /[13579bdf].$/ { print p }' | sort -u >files
		while IFS= read -r path; do
			"$wimtool" cat "$wim" "$i" "$path" >mine.bin 2>cat.err || same="$path: $(cat cat.err)"
			wimlib-imagex extract "$wim" "$i" "$path" --to-stdout >theirs.bin 2>/dev/null
			cmp -s mine.bin theirs.bin || same="$path differs"
		done <files
		if [ "$same" = yes ]; then ok; else bad "$name:$i" "$same"; fi
	done
done

# good files: the same folder, from wimlib-imagex and from 7-Zip
tree_of() { (cd "$1" && find . ! -type d ! -type l -printf '%p %s %T@ %m %U\n' -o -type l -printf '%p %l\n' -o -printf '%p\n' | sort; getfattr -hR -d -m - . 2>/dev/null); }
seven_zip=$(command -v 7zz || command -v 7z)
for name in empty_dacl linux_xattrs_old longpaths sample_BootLZX sample_BootXPRESS sample_LZMS sample_LZX \
	sample_MultiImage sample_VerifySuccess sample_XPRESS; do
	wim=$corpus/$name.wim
	images=$(wimlib-imagex info "$wim" | awk '/^Image Count/ { print $3 }')
	for ((i = 1; i <= images; i++)); do
		chmod -R u+rwX applied theirs.d mine.d 2>/dev/null
		rm -rf applied theirs.d mine.d
		wimlib-imagex apply "$wim" "$i" applied --unix-data >/dev/null 2>&1 && mv applied theirs.d
		"$wimtool" apply "$wim" "$i" applied --unix-data -q 2>apply.err && mv applied mine.d
		if [ -d mine.d ] && cmp -s <(tree_of mine.d) <(tree_of theirs.d); then ok
		else bad "$name:$i" "apply differs: $(diff <(tree_of mine.d) <(tree_of theirs.d) 2>&1 | head -3) $(head -2 apply.err)"; fi
	done
	[ "$seven_zip" ] && [ "$images" = 1 ] || continue
	chmod -R u+rwX applied mine.d 2>/dev/null
	rm -rf applied mine.d
	"$seven_zip" x -y -oapplied "$wim" >/dev/null 2>&1 || continue
	"$wimtool" apply "$wim" 1 mine.d -q 2>/dev/null
	same=yes
	while IFS= read -r -d '' path; do
		cmp -s "applied/$path" "mine.d/$path" || same=$path
	done < <(cd mine.d && find . -type f -print0)
	if [ "$same" = yes ]; then ok; else bad "$name" "7z x differs: $same"; fi
done
chmod -R u+rwX applied theirs.d mine.d 2>/dev/null

# hostile files: apply writes nothing but inside, and says why not
for name in corrupted_file_1 corrupted_file_2 cyclic dotdot duplicate_names; do
	rm -rf hostile && mkdir hostile
	timeout 20 "$wimtool" apply "$corpus/$name.wim" 1 hostile/target -q >hostile.out 2>hostile.err </dev/null
	status=$?
	if [ $status = 3 ] && grep -q '^wimtool: ' hostile.err && [ "$(ls hostile | grep -cv '^target$')" = 0 ]; then ok
	else bad "$name" "apply: status $status: $(head -2 hostile.err)"; fi
done

# hostile files: one line on stderr at most, no crash, status 1 (findings) or 3
for name in corrupted_file_1 corrupted_file_2 cyclic dotdot duplicate_names sample_VerifyFail; do
	wim=$corpus/$name.wim
	for command in verify list; do
		timeout 20 "$wimtool" "$command" "$wim" >out 2>err </dev/null
		status=$?
		[ "$command" = list ] && [ $status = 0 ] && [ "${name#corrupted}" != "$name" ] && status=3
		lines=$(wc -l <err)
		if { [ $status = 1 ] || [ $status = 3 ]; } && [ "$lines" -le 2 ]; then ok
		else bad "$name" "$command: status $status, $lines lines: $(head -2 err)"; fi
	done
done

# a replaced file keeps what Windows gave it
cp "$corpus/empty_dacl.wim" edit.wim && chmod u+w edit.wim
facts() { wimlib-imagex dir edit.wim 1 --detailed --path=/file |
	grep -E '^(Full Path|Short Name|Attributes|Security|Creation|Link)|FILE_ATTRIBUTE'; }
facts >before
echo "new contents" >new
"$wimtool" update edit.wim 1 --command='add new /file' >update.out 2>&1 || bad empty_dacl "update: $(head -2 update.out)"
facts >after
if cmp -s before after && grep -q '^Security' before; then ok; else bad empty_dacl "$(diff before after | head -4)"; fi
if wimlib-imagex extract edit.wim 1 /file --to-stdout 2>/dev/null | cmp -s - new; then ok; else bad empty_dacl "contents"; fi
if wimlib-imagex verify edit.wim >/dev/null 2>&1; then ok; else bad empty_dacl "wimlib-imagex verify"; fi

# and so it does in every WIM that is made of it
security() { wimlib-imagex dir "$1" "${2:-1}" --detailed | grep -E '^(Full Path|Short Name|Attributes|Security|Creation|Link|Last Write)|FILE_ATTRIBUTE'; }
security edit.wim >before
grep -q '^Security' before || bad empty_dacl "no security descriptors"
mkdir folder && echo x >folder/x
kept() { # what was done, WIM, image
	security "$2" "${3:-1}" >after
	if cmp -s before after; then ok; else bad empty_dacl "$1: $(diff before after | head -4)"; fi
	if wimlib-imagex verify "$2" >/dev/null 2>&1; then ok; else bad empty_dacl "$1: wimlib-imagex verify"; fi
}
"$wimtool" export edit.wim 1 lzx.wim --compress=lzx -q && kept "export" lzx.wim
"$wimtool" export edit.wim 1 solid.esd -q && kept "export as solid" solid.esd
"$wimtool" export solid.esd 1 lzx.wim 'Another name' -q && kept "export into another" lzx.wim 2
"$wimtool" append folder lzx.wim third -q && kept "append" lzx.wim 2
"$wimtool" delete lzx.wim 1 -q && kept "delete" lzx.wim
"$wimtool" delete lzx.wim third --soft -q && kept "soft delete" lzx.wim
"$wimtool" optimize lzx.wim --recompress --compress=max --check -q && kept "optimize" lzx.wim
"$wimtool" set lzx.wim 1 --name=named -q && kept "set" lzx.wim
"$wimtool" split lzx.wim part.swm 1 -q && "$wimtool" join joined.wim part*.swm -q && kept "split and join" joined.wim
[ -f joined.wim ] || bad empty_dacl "a command failed"

echo "wim: $passed passed, $failed failed"
[ "$failed" = 0 ]
