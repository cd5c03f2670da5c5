/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/page.h"

#include <string.h>

static const char *fix_text(const struct rule *rule)
{
	switch (rule->fix) {
	case FIX_SAFE:
		return "`unattend fix` does it.";
	case FIX_UNSAFE:
		return "`unattend fix --unsafe` does it; look at the result.";
	case FIX_NONE:
		break;
	}
	return "There is no automatic fix.";
}

static void add_example(struct strbuf *ret, const char *title, const char *text)
{
	if (text)
		strbuf_addf(ret, "\n## %s\n\n```\n%s\n```\n", title, text);
}

void rule_page(const struct rule *rule, struct strbuf *ret)
{
	const struct rule_meta *meta = &rule->meta;

	strbuf_addf(ret, "# %s %s\n\n%s: %s.\n", meta->id, meta->name, severity_name(meta->severity), meta->summary);
	if (rule->flags & RULE_OFF)
		strbuf_addf(ret, "Off by default; switch it on with `--enable=%s`.\n", meta->id);
	if (rule->flags & RULE_CROSS)
		strbuf_adds(ret, "Not checked in templates with unrendered conditions.\n");
	strbuf_addf(ret, "\n## Why\n\n%s\n", meta->why);
	add_example(ret, "Bad", rule->bad);
	add_example(ret, "Good", rule->good);
	strbuf_addf(ret, "\n## Fix\n\nTo do: %s. %s\n", meta->advice, fix_text(rule));
	if (meta->source)
		strbuf_addf(ret, "\n## Source\n\n<%s>\n", meta->source);
}
