/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page of a rule, as "unattend explain" prints it and docs/rules holds it.
 */
#pragma once

#include "unattend/lint.h"

void rule_page(const struct rule *rule, struct strbuf *ret);
