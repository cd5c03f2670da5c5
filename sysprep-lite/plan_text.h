/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan in the formats of other programs. */
#pragma once

#include "sysprep-lite/plan.h"

/* For regedit, UTF-16LE with byte order mark: what can be told as edits of keys and values. */
int plan_to_reg(const struct plan *plan, struct strbuf *ret, struct err *err);

/*
 * A unified diff, hives as the text of .reg files. With the places of identifiers when
 * plan_find_places was called.
 */
int plan_to_diff(const struct plan *plan, struct winroot *root, bool show_secrets, struct strbuf *ret,
		 struct err *err);

/* "name" or @, and the data, as a .reg file has them; plan_reg.c. */
void reg_add_name(const char *name, struct strbuf *ret);
void reg_add_data(const struct value_data *value, struct strbuf *ret);
