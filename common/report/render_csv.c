/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "common/report/csv.h"
#include "common/report/render.h"

static void add_number(struct strbuf *out, bool known, uint64_t value)
{
	if (known)
		csv_addf(out, "%" PRIu64, value);
	else
		csv_add(out, "");
}

static void add_finding(struct strbuf *out, const struct finding *finding)
{
	const struct place *where = &finding->where;

	csv_add(out, severity_name(finding->severity));
	csv_add(out, finding->rule->id);
	csv_add(out, where->file);
	add_number(out, where->line, where->line);
	add_number(out, where->column, where->column);
	add_number(out, where->has_offset, where->offset);
	csv_add(out, where->item);
	csv_add(out, finding->message);
	csv_add(out, finding->note);
	csv_end_row(out);
}

void render_csv(struct report *report, const struct render_options *options UNUSED, struct strbuf *out)
{
	strbuf_adds(out, "severity,rule,file,line,column,offset,item,message,note\n");
	for (size_t i = 0; i < report_len(report); i++)
		add_finding(out, report_get(report, i));
}
