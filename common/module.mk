# SPDX-License-Identifier: GPL-3.0-or-later
LIBRARIES += common image

common_dirs := common/base common/report common/cli

image_dirs := common/image
image_uses := common
image_pkgs := wimlib libxml-2.0 libcrypto
