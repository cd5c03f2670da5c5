/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A setting, with all that is in it, from one pass to another.
 */
#pragma once

#include "unattend/lint.h"

/* Adds the edits; component and pass are made where they are missing, and gone where nothing is left of them. */
void plan_move_setting(const struct answer *answer, const struct setting *s, enum pass to, struct edits *edits);

/* Removes an element, with the elements around it that would be empty then; not the root. */
void delete_with_empty_parents(const struct answer *answer, const struct element *e, struct edits *edits);
