# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by bench.sh in an empty folder: answer files.

cp "$tests"/data/unattend/demo-mak.xml one.xml
mkdir answers
for file in "$tests"/data/unattend/good-*.xml; do
	for n in $(seq 1 20); do cp "$file" "answers/$n-${file##*/}"; done
done
pair "unattend lint, one file" : 1 "unattend lint one.xml --fail-on=style" "xmllint --noout" "xmllint --noout one.xml"
pair "unattend lint, $(find answers -type f | wc -l) files" : 0 "unattend lint --fail-on=error answers" "xmllint --noout" "xmllint --noout answers/*.xml"
