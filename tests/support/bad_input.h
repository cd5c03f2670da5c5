/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that the tools must refuse, made from nothing. */
#pragma once

#include "common/base/err.h"

/* 4096 bytes with a sound WIM header whose blob table claims 2 TB. */
int bad_wim_2tb(const char *path, struct err *err);

/* One pixel, complete with start and end markers. */
int bad_jpeg(const char *path, struct err *err);

int bad_not_xml(const char *path, struct err *err);

/* A small hive whose checksum has one bit wrong. */
int bad_hive(const char *path, struct err *err);
