/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables that say which versions of files a hotfix or a product has, and whether an
 * image has them. A table is built in (data/fixes.tsv) or a file of tab-separated
 * columns with a first line of names:
 *
 *	file	version	architecture	branch	article
 *
 * file is a name, or a path as Windows\System32\vssvc.exe; architecture and branch
 * (gdr, ldr) may be empty; article is free text. Further columns are ignored.
 */
#pragma once

#include "common/base/vec.h"
#include "common/cli/cli.h"
#include "wimtool/file_version.h"

#define FIX_TABLE_MAX (1u << 20)
#define FIX_ROWS_MAX 4096

struct doctor;
struct doctor_file;

struct fix_row {
	char *file;
	struct file_version version;
	char *arch;   /* "" for any */
	enum file_branch branch;
	char *article;
};

struct fix_table {
	char *name;
	const char *gap; /* what is known to lack in it; NULL: nothing */
	VEC(struct fix_row) rows;
	char **names; /* the last parts of the files, NULL-terminated: for doctor_scan */
};

/* A built-in name, or a file. ERR_USAGE with a suggestion when it is neither. */
int fix_table_load(const char *name, struct fix_table *ret, struct err *err);
void fix_table_release(struct fix_table *table);

enum fix_state {
	FIX_PRESENT,
	FIX_OLDER,
	FIX_OTHER_BRANCH, /* of the same build and newer, but built on a branch that need not have the fix */
	FIX_UNKNOWN,      /* the file cannot be read or has no version */
};

/* What the rows of the table say of one file; *ret_row is the row that decided. FIX_PRESENT with *ret_row NULL: no row is about it. */
enum fix_state fix_state_of(const struct fix_table *table, const struct doctor_file *file, const struct fix_row **ret_row);

/* Adds findings, prints a line for each file of the table. */
void fix_judge(const struct fix_table *table, const struct doctor *doctor, struct cli *cli, struct report *report);
