/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kms/html_page.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/filetime.h"
#include "common/report/xml_text.h"

/* Pairs of text and ground have a contrast of 4.5 and more in each of the three themes; a test computes it. */
static const char style[] =
	":root{color-scheme:light dark;--bg:#f3f5f8;--card:#fff;--fg:#1a2027;--dim:#525c68;--line:#d9dee5;--soft:#eef1f5;"
	"--accent:#1d5fa8;--bar:#2f74c0;--beyond:#bcd3ec;--bad:#b3261e;--bad-bar:#cf4a40;--maybe:#b07a1e;--warn:#855200;"
	"--bad-bg:#fbe9e7;--warn-bg:#fdf1dc;--info:#2b5c8a;--info-bg:#e6eff8;--shadow:0 1px 2px rgba(20,30,45,.08)}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#10141a;--card:#181e26;--fg:#e7ebf0;--dim:#a3aebb;--line:#303945;"
	"--soft:#212934;--accent:#86b8f0;--bar:#5b9ae0;--beyond:#2c4868;--bad:#ff9c92;--bad-bar:#e8695e;--maybe:#cf9a3c;"
	"--warn:#f0c069;--bad-bg:#43211f;--warn-bg:#3d2f16;--info:#9cc8f2;--info-bg:#1d3247;--shadow:none}}\n"
	"*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}"
	"body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,"
	"'Noto Sans',sans-serif}\n"
	"main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem 3rem}a{color:var(--accent)}\n"
	"h1{font-size:1.9rem;line-height:1.15;letter-spacing:-.015em;margin:0 0 .35rem}"
	"h2{font-size:1.2rem;line-height:1.3;letter-spacing:-.005em;margin:0 0 .6rem}"
	"h3{font-size:1rem;line-height:1.4;margin:1.6rem 0 .3rem;display:flex;flex-wrap:wrap;gap:.35rem .6rem;align-items:"
	"baseline}h2+h3{margin-top:.4rem}\n"
	"p{max-width:48rem;margin:.35rem 0 .8rem}.dim{color:var(--dim)}\n"
	"section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;box-shadow:var(--shadow);"
	"padding:1.25rem 1.4rem;margin:1.1rem 0;scroll-margin-top:1rem}\n"
	".verdict{font-size:1.1rem;max-width:none;margin:1.1rem 0;padding:.8rem 1.1rem;border-radius:.6rem;border-left:.35rem "
	"solid;background:var(--info-bg);color:var(--info);border-color:var(--info)}"
	".verdict.error{background:var(--bad-bg);color:var(--bad);border-color:var(--bad)}"
	".verdict.warning{background:var(--warn-bg);color:var(--warn);border-color:var(--warn)}\n"
	".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;margin:1.1rem 0}"
	".tiles div{background:var(--card);border:1px solid var(--line);border-radius:.75rem;box-shadow:var(--shadow);"
	"padding:.75rem 1rem}.tiles dt{color:var(--dim);font-size:.85rem}.tiles dd{margin:.1rem 0 0;font-size:1.7rem;"
	"line-height:1.2;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}"
	".tiles .error{color:var(--bad)}.tiles .warning{color:var(--warn)}\n"
	"nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;margin:0;padding:0;font-size:.92rem}\n"
	".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:.6rem 0 .2rem;font-size:.92rem}"
	"caption{text-align:left;color:var(--dim);font-size:.86rem;padding:.2rem 0 .4rem}"
	"th,td{text-align:left;vertical-align:top;padding:.42rem 1rem .42rem 0;border-bottom:1px solid var(--line)}"
	"thead th{font-weight:600;font-size:.82rem;color:var(--dim);white-space:nowrap;border-bottom-width:2px}"
	"tbody tr:last-child td{border-bottom:0}#findings th:first-child{width:6rem}"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
	"td.d,td.r{white-space:nowrap;font-variant-numeric:tabular-nums}"
	"code{font:.88em ui-monospace,'Cascadia Mono',Menlo,Consolas,monospace}\n"
	".badge{display:inline-block;font-size:.78rem;line-height:1.5;font-weight:600;padding:0 .55em;border-radius:1em;"
	"white-space:nowrap;background:var(--soft);color:var(--dim)}.badge.error{background:var(--bad-bg);color:var(--bad)}"
	".badge.warning{background:var(--warn-bg);color:var(--warn)}.badge.info{background:var(--info-bg);color:var(--info)}\n"
	"ul.note{color:var(--dim);list-style:none;margin:.15rem 0 0;padding:0;font-variant-numeric:tabular-nums;"
	"overflow-wrap:anywhere}.in{padding-left:1.2rem}\n"
	".what{border-left:3px solid var(--line);padding-left:.9rem;margin:.3rem 0 .6rem;font-size:.93rem}"
	".what p{margin:.15rem 0}\n"
	"svg{display:block;width:100%;min-width:42rem;height:auto;margin:.4rem 0}"
	"svg text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;fill:var(--fg)}"
	"svg text.end{text-anchor:end}svg text.middle{text-anchor:middle}svg text.tick{fill:var(--dim);font-size:12px}"
	"svg text.heading{font-weight:600}svg .number{font-variant-numeric:tabular-nums}"
	".bar{fill:var(--bar)}.bad{fill:var(--bad-bar)}.maybe{fill:var(--maybe)}.beyond{fill:var(--beyond)}"
	".track{fill:var(--soft)}.grid{stroke:var(--line)}.axis{stroke:var(--dim)}"
	".mark{stroke:var(--fg);stroke-width:2;stroke-dasharray:4 2}\n"
	".legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;margin:.2rem 0;padding:0;color:var(--dim);"
	"font-size:.86rem}.legend svg{display:inline-block;width:1.4em;min-width:0;height:.8em;margin:0 .4em 0 0}\n"
	"details{margin:.4rem 0}summary{cursor:pointer;color:var(--accent);width:fit-content}"
	"summary:focus-visible,a:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}\n"
	"footer{margin-top:2rem;color:var(--dim);font-size:.86rem}\n"
	"@media(max-width:40rem){main{padding:1.2rem .8rem 2rem}section{padding:1rem .9rem}h1{font-size:1.55rem}"
	".tiles{grid-template-columns:repeat(2,1fr)}.tiles dd{font-size:1.4rem}}\n"
	"@media print{:root{--bg:#fff;--card:#fff;--fg:#000;--dim:#444;--line:#bbb;--soft:#eee;--accent:#000;--bar:#2f74c0;"
	"--beyond:#bcd3ec;--bad:#8c1d18;--bad-bar:#cf4a40;--maybe:#b07a1e;--warn:#6b4200;--bad-bg:#fff;--warn-bg:#fff;"
	"--info:#222;--info-bg:#fff;--shadow:none}body{font-size:9.5pt}main{max-width:none;padding:0}nav{display:none}"
	"section{border:0;padding:0;margin:1.4rem 0}svg{min-width:0}tr,svg,.tiles div,.verdict{break-inside:avoid}"
	"h2,h3{break-after:avoid}thead{display:table-header-group}details>:not(summary){display:block}"
	"*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

void html_begin_page(struct strbuf *out, const char *title)
{
	strbuf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
			 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
			 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
			 "'unsafe-inline'\"/>\n<title>");
	xml_add_text(out, title);
	strbuf_adds(out, "</title>\n<style>\n");
	strbuf_adds(out, style);
	strbuf_adds(out, "</style></head>\n<body><main>\n<h1>");
	xml_add_text(out, title);
	strbuf_adds(out, "</h1>\n");
}

void html_end_page(struct strbuf *out)
{
	strbuf_adds(out, "<footer>Made by kms " GOLDWIM_VERSION ". Times are UTC.</footer>\n</main></body></html>\n");
}

void html_begin_section(struct strbuf *out, const char *id, const char *heading)
{
	strbuf_addf(out, "<section id=\"%s\" aria-labelledby=\"%s-heading\"><h2 id=\"%s-heading\">%s</h2>\n", id, id, id,
		    heading);
}

void html_end_section(struct strbuf *out)
{
	strbuf_adds(out, "</section>\n");
}

void html_begin_table(struct strbuf *out, const char *id, const char *caption, const char *columns)
{
	strbuf_addf(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"%s-caption\"><table "
			 "id=\"%s\"><caption id=\"%s-caption\">%s</caption>\n<thead><tr>",
		    id, id, id, caption);
	while (*columns) {
		size_t len = strcspn(columns, "|");
		bool number = *columns == '#';

		strbuf_addf(out, "<th scope=\"col\"%s>%.*s</th>", number ? " class=\"n\"" : "", (int)len - number,
			    columns + number);
		columns += len + (columns[len] == '|');
	}
	strbuf_adds(out, "</tr></thead>\n<tbody>\n");
}

void html_end_table(struct strbuf *out)
{
	strbuf_adds(out, "</tbody></table></div>\n");
}

void html_begin_row(struct strbuf *out)
{
	strbuf_adds(out, "<tr>");
}

void html_end_row(struct strbuf *out)
{
	strbuf_adds(out, "</tr>\n");
}

void html_text(struct strbuf *out, const char *text)
{
	strbuf_adds(out, "<td>");
	xml_add_text(out, text);
	strbuf_adds(out, "</td>");
}

void html_code(struct strbuf *out, const char *text)
{
	strbuf_adds(out, "<td class=\"r\"><code>");
	xml_add_text(out, text);
	strbuf_adds(out, "</code></td>");
}

void html_count(struct strbuf *out, uint64_t value)
{
	strbuf_addf(out, "<td class=\"n\">%" PRIu64 "</td>", value);
}

void html_day(struct strbuf *out, uint64_t time)
{
	char text[FILETIME_TEXT_LEN + 8];

	filetime_format(time, text);
	strbuf_addf(out, "<td class=\"d\">%.10s</td>", time ? text : "");
}

void html_badge(struct strbuf *out, const char *kind, const char *text)
{
	strbuf_addf(out, "<span class=\"badge %s\">%s</span>", kind, text);
}
