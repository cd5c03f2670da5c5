/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The proof that hives which are about to be written are good: each is opened and walked again
 * by our reader, and in full by libhivex, and must hold as many keys and values as the editor says.
 * The checks run in threads of their own while the new files are being written; the commit asks for
 * the outcome before it puts them in place.
 */
#pragma once

#include "common/base/vec.h"
#include "sysprep-lite/regf.h"

struct hive_checks;

struct proof {
	VEC(struct hive_checks *) hives;
};

/* path is for messages; both path and bytes stay until proof_end. */
void proof_begin(struct proof *proof, const char *path, struct bytes bytes, const struct regf_info *expect);

/* Waits for all; -1 when a hive did not pass. */
int proof_end(struct proof *proof, struct err *err);

/* Waits too. */
void proof_release(struct proof *proof);
