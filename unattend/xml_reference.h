/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * References to characters in XML text: the five entities of XML and the numbers.
 * Other entities mean nothing here and stay as they are written.
 */
#pragma once

#include "common/base/strbuf.h"
#include "unattend/text_place.h"

/* Appends what "&...;" at text[at] means; returns its length, 0 when it means nothing to us. */
size_t xml_reference_decode(const char *text, size_t at, size_t end, struct strbuf *ret);

/* Appends a run of text decoded, its line ends as "\n". */
void xml_text_decode(const char *text, struct span run, struct strbuf *ret);
