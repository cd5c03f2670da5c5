# SPDX-License-Identifier: GPL-3.0-or-later
TOOLS += unattend
unattend_dirs := unattend
unattend_uses := image common
unattend_pkgs := libxml-2.0 yaml-0.1
unattend_data := $(wildcard unattend/data/*.tsv)
