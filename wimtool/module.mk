# SPDX-License-Identifier: GPL-3.0-or-later
TOOLS += wimtool
wimtool_dirs := wimtool
wimtool_uses := image common
wimtool_pkgs := libxml-2.0
