/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does a text fit a setting, as the schema has it?
 */
#pragma once

#include "common/base/err.h"
#include "unattend/schema.h"

/* ERR_USAGE with what is wanted. Secrets are not cited. */
int setting_value_check(const struct setting_spec *spec, const char *value, struct err *err);

/* "true or false", "one of A, B", "a number from 1 to 9", "text of at most 15 characters". Returns ret. */
const char *setting_value_wanted(const struct setting_spec *spec, char *ret, size_t size);
