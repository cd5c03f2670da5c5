# SPDX-License-Identifier: GPL-3.0-or-later
TOOLS += kms
kms_dirs := kms
kms_uses := common
kms_pkgs := zlib libzstd libdeflate sqlite3 libpq
kms_data := $(wildcard kms/data/*.tsv)
