/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plan as a JSON file (goldwim/sysprep-plan/1): besides the edits it holds the SHA-256
 * of every file that the plan was made from, and what each hive will hold afterwards
 * (tree_hash.h). So a plan is carried out only on what it was made for, and the result
 * can be proved (verify.h).
 *
 *	plan_build -> plan_file_write
 *	plan_file_read -> plan_file_check_inputs -> plan_file_check_edits -> plan_apply
 *	plan_file_read -> verify_run
 */
#pragma once

#include "sysprep-lite/plan.h"
#include "sysprep-lite/tree_hash.h"

#define PLAN_FILE_MAX (8u << 20) /* a Windows with 15 adapters: 250 kB; in memory about 40 times as much */

struct plan_input {
	char *path; /* in the target */
	char sha256[65];
};

struct plan_result {
	enum hive_id hive;
	struct tree_hash tree;
};

struct plan_file {
	struct plan *plan;
	VEC(struct plan_input) inputs;
	VEC(struct plan_result) results;
};

/* The document; root is left as it is (the result is computed on a second reading of the target). */
int plan_document(struct plan *plan, struct winroot *root, bool show_secrets, struct strbuf *ret, struct err *err);

/* ERR_FORMAT when the file is no plan: nothing in it is trusted. */
int plan_file_read(const char *path, struct plan_file *ret, struct err *err);
void plan_file_release(struct plan_file *file);

/* ERR_REFUSED when the target is not what the plan was made from. */
int plan_file_check_inputs(const struct plan_file *file, struct winroot *root, struct err *err);

/* Every edit must find what it changes; fills in what is there now. */
int plan_file_check_edits(struct plan_file *file, struct winroot *root, struct err *err);
