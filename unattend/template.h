/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Marks that a templating language leaves in a file before it is rendered.
 */
#pragma once

#include "common/base/base.h"

/* "${name}", "{{ name }}", "<%= x %>", "@NAME@", "__NAME__", or a value that is only "%NAME%", "$Name$", "$(...)", "[NAME]" or "CFG_SOME_NAME". */
bool template_in_value(const char *value, size_t len);

/* The offset of a directive such as "%{ if", "{% for", "{{#if", "<% if"; len when there is none. */
size_t template_directive(const char *text, size_t len);
