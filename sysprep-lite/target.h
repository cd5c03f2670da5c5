/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the user named: a Windows root folder (mounted or extracted), one image
 * in a WIM file (IMAGE.wim:INDEX, read and changed in place without a mount), or
 * single hives (--hive NAME=FILE). Rules and operations see only this.
 *
 * Paths are below the root, with a backslash between the parts, in any case;
 * symbolic links and reparse points are not followed.
 *
 *	target_open -> target_read / target_stat / target_list
 *	            -> target_put / target_remove / target_rename -> target_commit
 *
 * Changes are collected and seen by nobody before target_commit. In a folder each
 * file is written to a temporary file beside it first, all of them; then they are
 * renamed in the order in which they were put; removals and renames come last. In a WIM
 * everything is one append.
 */
#pragma once

#include "common/base/err.h"
#include "common/base/strbuf.h"

struct target;

struct target_entry {
	bool is_dir;
	bool is_link; /* symbolic link or reparse point */
	uint64_t size;
};

/* for_write locks a WIM (and recovers an interrupted commit first) or the folder, against other runs. */
struct target *target_open(const char *spec, bool for_write, struct err *err);

/*
 * An image that the caller has opened for editing (common/image/image.h). target_commit puts the
 * changes into edit; the caller calls image_edit_commit and closes it, after target_freep. What
 * was edited before is not seen: the target reads the image as it is in the file.
 */
struct image_edit;
struct target *target_for_edit(struct image_edit *edit);

/* Hives that the user names one by one; there are no other files. */
struct target *target_new_for_hives(void);
void target_add_hive(struct target *target, const char *path, const char *host_path);
void target_freep(struct target **target);

/* As the user wrote it, for messages. */
const char *target_name(const struct target *target);
bool target_has_files(const struct target *target); /* more than hives */

bool target_stat(struct target *target, const char *path, struct target_entry *ret);
bool target_has(struct target *target, const char *path);

/* Appends the contents. ERR_NOT_FOUND, ERR_LIMIT, ... with the path in the text. */
int target_read(struct target *target, const char *path, uint64_t max, struct strbuf *ret, struct err *err);

/* The first bytes of a file of any size; fewer when it is shorter, 0 when it cannot be read. */
size_t target_read_head(struct target *target, const char *path, void *data, size_t len);

/* Names of a folder in a stable order; fn stops by returning non-zero. A missing folder has no names. */
typedef int (*target_list_fn)(void *context, const char *name, const struct target_entry *entry);
int target_list(struct target *target, const char *folder, target_list_fn fn, void *context, struct err *err);

/* Calls fn for each file or folder that matches a pattern of glob.h. */
typedef int (*target_match_fn)(void *context, const char *path, const struct target_entry *entry);
int target_match(struct target *target, const char *pattern, target_match_fn fn, void *context, struct err *err);

enum target_change_kind {
	TARGET_PUT,
	TARGET_REMOVE,
	TARGET_RENAME,
	TARGET_RESTORE,
};

struct target_change {
	enum target_change_kind kind;
	char *path;
	char *to;         /* of a rename */
	char *kept;       /* host path: where a removed thing goes, and a restored one comes from; may be NULL */
	const void *data; /* of a put */
	size_t len;
	void *own;        /* data, when it is a copy */
};

/* Each copies what it is given. put makes missing folders. remove takes a folder with all below it. */
void target_put(struct target *target, const char *path, const void *data, size_t len);
void target_put_lent(struct target *target, const char *path, const void *data, size_t len); /* not copied */
void target_remove(struct target *target, const char *path);
void target_rename(struct target *target, const char *from, const char *to);
void target_restore(struct target *target, const char *path, const char *kept); /* folders only; see kept.h */

/* What is collected so far, in order; NULL at the end. */
const struct target_change *target_change_at(const struct target *target, size_t i);
int target_commit(struct target *target, struct err *err);

/*
 * The same; ready is called when everything is written beside the old and nothing is in place yet: -1
 * fails the commit, and the target is as it was. An image_edit that is lent asks it at once.
 */
typedef int (*target_ready_fn)(void *context, struct err *err);
int target_commit_when(struct target *target, target_ready_fn ready, void *context, struct err *err);

/* After a commit that failed: true when something is changed already. */
bool target_has_begun(const struct target *target);

/* ---- for the undo journal ---- */

/* The removal that is change i moves what it removes to the host path instead. */
void target_keep_removed(struct target *target, size_t i, const char *kept);

/* True when something can be moved between target and host folder by a rename. */
bool target_is_beside(const struct target *target, const char *host);
bool target_holds(const struct target *target, const char *host); /* host folder is below it */
int target_copy_out(struct target *target, const char *path, const char *host, struct err *err);

/*
 * True when the target keeps its own undo journal, a WIM: target_commit then leaves it as the file
 * journal, for target_undo.
 */
bool target_keeps_undo(const struct target *target);
int target_keep_undo(struct target *target, const char *journal, struct err *err);
