# SPDX-License-Identifier: GPL-3.0-or-later
# The one tool that stands above others: it changes images with what sysprep-lite and unattend know.
TOOLS += wimtool
wimtool_dirs := wimtool
wimtool_uses := sysprep-lite unattend image common
wimtool_pkgs := libxml-2.0 hivex libcjson yaml-0.1 libcrypto
wimtool_data := $(wildcard wimtool/data/*.tsv)
