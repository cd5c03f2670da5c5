/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page of a rule, as "unattend explain" prints it and docs/rules holds it.
 */
#pragma once

#include "unattend/lint.h"

/* What Setup shows and logs for mistakes of the kind, to be searched for; NULL for rules that are no errors. */
const struct search_for *rule_search_for(const struct rule *rule);

struct search_for {
	const char *from, *to; /* ids of the rules it is for */
	const char *message;
	const char *logs;
};

void rule_page(const struct rule *rule, struct strbuf *ret);
