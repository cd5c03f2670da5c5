/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Info line in the form in which nearly every host writes it, read in one go
 * and several characters at a time. What it does not take (spaces, commas or backslashes
 * in the name, braces, dates before 1970, fields behind the last) is left to kms_request_parse;
 * what both take they read alike.
 */
#pragma once

#include "kms/kms_request.h"

/* at begins with "0x". False: not this form. ret lends from the text. */
bool info_line_parse(const char *at, const char *end, struct kms_request *ret);

/* The same; returns where the line ends, or NULL, and then ret holds anything. */
const char *info_line_read(const char *at, const char *end, struct kms_request *ret);

/* Reads 36 characters, all of which must be there. */
bool info_line_guid(const char *text, struct guid *ret);
