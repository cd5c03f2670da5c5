# SPDX-License-Identifier: GPL-3.0-or-later
# The one tool that stands above others: it changes images with what sysprep-lite and unattend know.
TOOLS += wimtool
wimtool_dirs := wimtool
wimtool_uses := sysprep-lite unattend image common
wimtool_pkgs := fuse3 hivex libcjson libcrypto libxml-2.0 yaml-0.1
wimtool_data := $(wildcard wimtool/data/*.tsv)
