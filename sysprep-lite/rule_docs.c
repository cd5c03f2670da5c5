/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/rule_docs.h"

#include <ctype.h>
#include <string.h>

#include "sysprep-lite/compare.h"
#include "sysprep-lite/scan.h"
#include "sysprep-lite/verify.h"

#define LINE_WIDTH 116

const struct rule_meta *rule_docs_at(size_t i, const char **verb)
{
	static const struct {
		const char *verb;
		const struct rule_meta *(*at)(size_t i);
	} tables[] = { { "scan", scan_rule_at }, { "compare", compare_rule_at }, { "verify", verify_rule_at } };

	for (size_t table = 0; table < ARRAY_SIZE(tables); table++) {
		size_t n = 0;

		while (tables[table].at(n)) {
			if (i == n) {
				*verb = tables[table].verb;
				return tables[table].at(n);
			}
			n++;
		}
		i -= n;
	}
	return NULL;
}

/* The text as a sentence, in lines that are not too long. */
static void add_sentence(const char *text, struct strbuf *ret)
{
	size_t column = 0;
	bool first = true;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (!first && column + 1 + len > LINE_WIDTH) {
			strbuf_addc(ret, '\n');
			column = 0;
		} else if (!first) {
			strbuf_addc(ret, ' ');
			column++;
		}
		if (first && islower((unsigned char)text[0]) && strncmp(text, "sysprep", 7) != 0)
			strbuf_addf(ret, "%c%.*s", toupper((unsigned char)text[0]), (int)len - 1, text + 1);
		else
			strbuf_add(ret, text, len);
		column += len;
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	strbuf_adds(ret, ".\n");
}

static void add_part(const char *heading, const char *text, struct strbuf *ret)
{
	if (!text)
		return;
	strbuf_addf(ret, "\n## %s\n\n", heading);
	add_sentence(text, ret);
}

void rule_docs_page(const struct rule_meta *rule, const char *verb, struct strbuf *ret)
{
	strbuf_addf(ret, "# %s\n\n%s of `sysprep-lite %s`: %s.\n", rule->id, severity_name(rule->severity), verb,
		    rule->summary);
	add_part("Why", rule->why, ret);
	add_part("Fix", rule->advice, ret);
	add_part("Source", rule->source, ret);
}
