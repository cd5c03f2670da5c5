/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moving a product key to the place that activates: Shell-Setup/ProductKey in
 * pass specialize, of the architecture it comes from.
 */
#pragma once

#include "unattend/lint.h"

/* Gives hit the edits; no edits when another key stands there already. */
void plan_move_key(const struct answer *answer, const struct setting *key, struct hit *hit);

/* The same without removing it from where it stands. */
void plan_copy_key(const struct answer *answer, const struct setting *key, struct hit *hit);

/* Removes a key, and a ProductKey around it that would be left empty. */
void delete_key_element(const struct answer *answer, const struct setting *key, struct edits *edits);
