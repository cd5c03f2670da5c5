/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of each mount, kept on the disk so that it outlives the server and
 * the machine: a folder for each below the state folder, in it
 *
 *	mount.json   the record
 *	server       held locked by the server as long as it lives
 *	lock         held locked by a command that changes the mount
 *	log          what the server had to say
 *	lower/       of a mount for changes: where the image itself is mounted
 *	upper/ work/ the changes, unless --staging-dir put them elsewhere
 *	base         the list of files that the changes refer to
 *	ended        is there when the mount is over and the rest is being removed
 *
 * The state folder is $GOLDWIM_STATE_DIR, or goldwim below $XDG_STATE_HOME, /var/lib (root) or ~/.local/state.
 */
#pragma once

#include "common/base/guid.h"
#include "common/base/vec.h"
#include "common/cli/cli.h"

#define MOUNT_HASH_LEN 20

struct mount_record {
	char *folder; /* of the state of this mount */
	char *wim;
	char *mountpoint;
	char *staging; /* holds upper and work; NULL of a read-only mount */
	char *scratch; /* --staging-dir; NULL: $TMPDIR. Decoded data of solid WIMs goes there */
	struct guid guid; /* of the WIM */
	unsigned image;
	bool writable;
	bool unix_data;
	bool ignore_case;
	bool allow_other;
	int streams; /* enum image_fs_streams */
	uint64_t cache_bytes;
	struct cli_list refs; /* owned texts */
	int64_t server; /* process id; 0 when none was started */
	uint64_t started; /* FILETIME */
	uint8_t base[MOUNT_HASH_LEN];      /* the list of files that the changes refer to */
	uint8_t committed[MOUNT_HASH_LEN]; /* the one that is in the WIM since the last commit */
	uint8_t pending[MOUNT_HASH_LEN];   /* the one that a commit was going to write; zero when none was */
	bool keeps_xattrs; /* the staging folder holds extended attributes of users */
	bool by_fuse;      /* fuse-overlayfs, not the kernel */
	bool by_user;      /* not by root */
};

/* The attribute in which entries of the image tell the layer for changes where they come from. */
const char *mount_origin(const struct mount_record *record);

/* Makes the folder of a new mount; fills record->folder. */
int mount_record_new(struct mount_record *record, struct err *err);

/* Written through and renamed into place. */
int mount_record_save(const struct mount_record *record, struct err *err);

/* Removes the folder with all in it, and the staging folder; killed in between, it has_ended. */
bool mount_record_has_ended(const struct mount_record *record);
int mount_record_remove(const struct mount_record *record, struct err *err);
void mount_record_release(struct mount_record *record);

struct mount_records {
	struct mount_record *items;
	size_t len;
	size_t cap;
	VEC(char *) broken; /* folders whose record cannot be read */
};

/* All there are, the oldest first. */
int mount_records_load(struct mount_records *ret, struct err *err);
void mount_records_release(struct mount_records *records);

/* The newest record of a mount point; NULL with ERR_NOT_FOUND. */
struct mount_record *mount_records_find(struct mount_records *records, const char *mountpoint, struct err *err);

/* Removes a folder whose record cannot be read. */
int mount_remove_broken(const char *folder, struct err *err);

/* Where recover puts what others left; its parents are made. Free it; NULL on an error. */
char *mount_recovered_folder(struct err *err);

/* Removes a folder with all in it; never what is mounted there. Is not there: fine. */
int mount_remove_tree(const char *path, struct err *err);

/* A path with links in its folder resolved; works for a mount point whose server is dead. Free it. */
char *mount_real_path(const char *path, struct err *err);

/* NAME in the folder of a record; free it. */
char *mount_path(const struct mount_record *record, const char *name);

/*
 * Locks the record for a command, or for the server that it is going to start; the lock ends with the file
 * descriptor. -1 with ERR_BUSY when another holds it.
 */
int mount_lock(const struct mount_record *record, struct err *err);
int mount_lock_server(const struct mount_record *record, struct err *err);

bool mount_server_lives(const struct mount_record *record);

/* Waits for the end of the server, a few seconds at most. */
bool mount_wait_for_end(const struct mount_record *record);

/* Is something mounted at path? *type gets the kind of the topmost ("fuse.wimtool"); free it. type may be NULL. */
bool mount_is_mounted(const char *path, char **type);

enum mount_status {
	MOUNT_OK,
	MOUNT_NEEDS_REMOUNT,
	MOUNT_INVALID,
};

/* why says in words what is wrong; may be NULL. */
enum mount_status mount_status(const struct mount_record *record, struct err *why);
const char *mount_status_name(enum mount_status status);
