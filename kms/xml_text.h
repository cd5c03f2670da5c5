/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of an XML element: the five named entities and character references. */
#pragma once

#include "common/base/strbuf.h"
#include "kms/kms_request.h"

/* Appends; what is no entity stays as it is. The result is never longer than raw. */
void xml_text_decode(struct text raw, struct strbuf *ret);
