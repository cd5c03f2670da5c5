# SPDX-License-Identifier: GPL-3.0-or-later
TOOLS += sysprep-lite
sysprep-lite_dirs := sysprep-lite
sysprep-lite_uses := image common
sysprep-lite_pkgs := hivex libcjson
sysprep-lite_data := $(wildcard sysprep-lite/data/*.tsv)
