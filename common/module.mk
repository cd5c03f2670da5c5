# SPDX-License-Identifier: GPL-3.0-or-later
LIBRARIES += common image

common_dirs := common/base common/report common/cli common/facts
common_data := $(wildcard common/facts/data/*.tsv)

image_dirs := common/image
image_uses := common
image_pkgs := libxml-2.0 libcrypto
# wimlib.pc of Debian asks for the headers of ntfs-3g and fuse, which libwim itself does not need.
image_ldlibs := -lwim
