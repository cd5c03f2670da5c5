/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of a rule, as docs/rules/<id>.md holds it; a test compares them. */
#pragma once

#include "common/base/strbuf.h"
#include "common/report/report.h"

/* Every rule of the tool: of scan, compare and verify. NULL at the end; *verb is the command that tells it. */
const struct rule_meta *rule_docs_at(size_t i, const char **verb);

void rule_docs_page(const struct rule_meta *rule, const char *verb, struct strbuf *ret);
