/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/base/strbuf.h"

/*
 * Appends text for an attribute value or an element of XML 1.0: markup is escaped, and
 * what a document cannot hold (most controls, lone surrogates) is shown as text_show does.
 */
void xml_add_text(struct strbuf *out, const char *text);

/* name="text" with a blank in front. */
void xml_add_attribute(struct strbuf *out, const char *name, const char *text);
void xml_add_attributef(struct strbuf *out, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
