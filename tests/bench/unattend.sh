# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by bench.sh in an empty folder: answer files. All rules beside a parser that only looks whether it is XML:
# 3,000 files (the corpus again and again, or our own fixtures where it is missing) in one process, and 200 times one file.

files=("${CORPUS:-$tests/../../shared/corpus}"/unattend/*.xml)
[ -f "${files[0]}" ] || files=("$tests"/data/unattend/good-*.xml "$tests"/data/unattend/bad-*.xml)
mkdir answers
[ "$quick" ] && many=600 || many=3000
for ((n = 0; n < many; n++)); do
	file=${files[n % ${#files[@]}]}
	cp "$file" "answers/$(printf '%05d' "$n")-${file##*/}"
done
chmod -R u+w answers
cp "$tests"/data/unattend/demo-mak.xml one.xml
echo "$many files, $(du -sk --apparent-size answers | cut -f1) KB; from ${#files[@]} different ones"

# Both tell of what is wrong in the files: their exit codes are not what is measured.
pair "unattend lint" : 0 "unattend lint answers || true" "xmllint --noout" "xmllint --noout answers/*.xml || true"
pair "unattend lint --format=sarif" : 0 "unattend lint --format=sarif answers || true" "xmllint --noout" "xmllint --noout answers/*.xml || true"
pair "one processor" : 0 "taskset -c 0 unattend lint answers || true" "xmllint --noout" "taskset -c 0 xmllint --noout answers/*.xml || true"
pair "200 times one file" : 0 'for i in {1..200}; do unattend lint one.xml || true; done' \
	"xmllint --noout" 'for i in {1..200}; do xmllint --noout one.xml || true; done'
