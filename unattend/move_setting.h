/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A setting, with all that is in it, from one pass to another.
 */
#pragma once

#include "unattend/lint.h"

/* Adds the edits; component and pass are made where they are missing, and gone where nothing is left of them. */
void plan_move_setting(const struct answer *answer, const struct setting *s, enum pass to, struct edits *edits);

/* Nothing but space around it in its parent: no brother, no comment. */
bool element_is_alone(const struct strbuf *text, const struct element *e);

/* The component of that name and architecture in a pass; NULL when there is none. */
const struct component *component_in_pass(const struct answer *answer, const char *name, const char *arch, enum pass pass);

/* Removes an element, with the elements around it that would be empty then; not the root. */
void delete_with_empty_parents(const struct answer *answer, const struct element *e, struct edits *edits);
