/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Marks that a templating language leaves in a file before it is rendered.
 *
 *	jinja   {{ value }}   {% directive %}   {# comment #}
 *	hcl     ${value}   %{ directive }   and what Packer's Go templates have: {{ .Value }}, {{ if .Value }}
 *	erb     <%= value %>   <% directive %>   <%# comment %>
 *	auto    all of them where they look like it, and names between signs: @NAME@, __NAME__, %NAME%, $Name$, [NAME]
 *
 * "$${", "%%{" and "<%%" are how HCL and ERB write their own signs as text. In a named
 * language every mark counts; auto has to tell them from PowerShell and cmd.
 */
#pragma once

#include "common/base/strbuf.h"
#include "unattend/text_place.h"

enum template_mode {
	TEMPLATE_AUTO,
	TEMPLATE_NONE, /* the file is taken as it is */
	TEMPLATE_JINJA,
	TEMPLATE_HCL,
	TEMPLATE_ERB,
};

extern const char *const template_names[]; /* by mode, NULL-terminated */

/* True for a value that is, or holds, a template expression. */
bool template_in_value(enum template_mode mode, const char *value, size_t len);

/* The offset of the first directive such as "%{ if", "{% for", "{{ if", "<% if"; len when there is none. */
size_t template_directive(enum template_mode mode, const char *text, size_t len);

/* A mark of the language, or of any with auto, begins at that offset. */
bool template_begins(enum template_mode mode, const char *text, size_t len, size_t at);

/* The text is nothing but marks and white space. */
bool template_covers(enum template_mode mode, const char *text, size_t len);

/*
 * A copy of the same length in which marks no longer break XML: '<', '>', '&' and quotes inside
 * of them are blank, "<% %>" is written "{% %}". False, and nothing appended, without such marks.
 */
bool template_calm(enum template_mode mode, const char *text, size_t len, struct strbuf *ret);
