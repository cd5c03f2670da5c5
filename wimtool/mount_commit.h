/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing the changes of a mount into the WIM, mounted or not. */
#pragma once

#include "common/image/image_layer.h"
#include "wimtool/mount_state.h"

struct mount_commit {
	const char *append; /* as a further image with this name; NULL: into the image that was mounted */
	bool new_image;     /* as a further image with a name made of the old one */
	bool last;          /* the mount ends with it */
	bool check;         /* give the WIM an integrity table */
};

struct mount_committed {
	unsigned image;
	bool nothing; /* all was in the WIM already */
	struct image_layer_stats stats;
};

/* The caller has locked the record. What a commit that was killed has done is seen and taken over. */
int mount_commit_run(struct mount_record *record, const struct mount_commit *request, struct mount_committed *ret,
		     struct err *err);

/*
 * After a commit that was killed: finds out whether it was done, and remembers that. *did: there was one. The WIM
 * is put back from its undo journal first when there is one.
 */
int mount_commit_settle(struct mount_record *record, bool *did, struct err *err);

/* Are there changes that are not in the WIM? Cheap: true also for changes that were undone. */
bool mount_has_changes(const struct mount_record *record);
