/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An existing WIM file, read by our own bounded reader (wim_*.h) and changed by
 * our own append commit. The one home of libwim for everything else (capture,
 * apply, mount) is session.h.
 *
 * Reading: image_file_open -> image_file_select -> image_file_read / image_file_dir.
 * Paths inside an image accept '/' and '\', with or without a leading one or "C:",
 * in any case; names are WTF-8. Nothing here follows reparse points.
 *
 * Changing: image_edit_open takes an exclusive flock on the WIM, edits are
 * collected in memory, image_edit_commit appends new blobs, the metadata resource
 * with only the changed fields changed, the blob table, the XML (and the integrity
 * table when there was one), and the header last. A replaced file keeps its security
 * descriptor, attributes, creation time, short name and hard links; its
 * last-write time is set. Before the first write an undo journal
 * ("WIM.goldwim-undo", header and everything from the blob table on) is written
 * through; it is removed at the end. A killed commit leaves the old image
 * readable; image_recover (also called by image_edit_open) puts the file back
 * byte for byte.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/guid.h"
#include "common/base/strbuf.h"

struct image_file;

/* For the whole program: names of files and images are those that are written exactly so, in no other case. */
void image_set_exact_names(bool exact);

/* What one image of a WIM says about itself in the XML. Texts are lent by image_file. */
struct image_info {
	unsigned index;          /* from 1 */
	const char *name;        /* "" when absent */
	const char *description;
	const char *display_name;
	const char *flags;       /* edition id as in <FLAGS> */
	const char *edition;     /* WINDOWS/EDITIONID */
	const char *arch;        /* "x86", "amd64", "arm64", ...; "" when absent */
	const char *version;     /* "10.0.19045.2965"; "" when absent */
	const char *languages;   /* space separated; first is the default */
	const char *default_language;
	const char *product_name, *installation_type, *hal, *product_type, *product_suite, *system_root; /* of WINDOWS */
	uint64_t dir_count;
	uint64_t file_count;
	uint64_t total_bytes;
	uint64_t hard_link_bytes;
	uint64_t created;        /* FILETIME; 0 when absent */
	uint64_t modified;
	unsigned sp_level;       /* WINDOWS/VERSION/SPLEVEL */
	bool wimboot;
	bool has_windows;        /* the XML speaks of a Windows */
};

struct image_file_info {
	uint64_t file_bytes;
	uint64_t total_bytes; /* WIM/TOTALBYTES of the XML: what lies before it in the file */
	struct guid guid;
	unsigned image_count;
	unsigned boot_index;
	unsigned part;
	unsigned parts;
	const char *compression; /* "none", "XPRESS", "LZX", "LZMS" */
	uint32_t chunk_size;     /* bytes */
	bool has_integrity;
	bool solid;              /* has solid resources */
	bool read_only;
	bool write_in_progress;
	bool pipable;
};

struct image_file *image_file_open(const char *path, struct err *err);
void image_file_closep(struct image_file **file);

/*
 * Opens a WIM with further files that hold its contents: the other parts of a split WIM, or WIMs upon which it
 * builds. refs are globs; one that matches nothing is ERR_NOT_FOUND; path itself may match. Errors name the file.
 */
struct image_file *image_file_open_parts(const char *path, const char *const *refs, size_t n_refs, struct err *err);

void image_file_info(const struct image_file *file, struct image_file_info *ret);

/* Reads the list of files of an image, which is kept: what is wrong with it is told here, and by nothing later. */
int image_read_list(struct image_file *file, unsigned index, struct err *err);

/* SHA-1 of the metadata resource (20 bytes, lent), by which an image is known again; NULL when there is no such image. */
const uint8_t *image_metadata_hash(const struct image_file *file, unsigned index);
int image_info(struct image_file *file, unsigned index, struct image_info *ret, struct err *err);

/* The XML as UTF-8 without BOM; owned by file. */
const char *image_xml(const struct image_file *file);

/*
 * Index (from 1) by number or by image name; NULL or "" means the only image. ERR_NOT_FOUND names those there are,
 * ERR_REFUSED: several have this name.
 */
int image_select(struct image_file *file, const char *name_or_index, unsigned *ret, struct err *err);

/* Splits "install.wim:2" into path and image; image NULL when there is no ":". Free both. */
void image_split_target(const char *target, char **path, char **image);

/* For a path that cannot be opened: where it is such a target, for a command that takes the image by itself, a hint. Returns -1. */
int image_hint_target(const char *path, struct err *err);

struct image_entry {
	const char *name;       /* last part; lent until file is closed */
	const char *short_name; /* "" when none */
	uint32_t attributes;    /* FILE_ATTRIBUTE_* */
	uint32_t reparse_tag;   /* 0 when none */
	int32_t security_id;    /* -1 when none */
	uint64_t created, written, accessed; /* FILETIME */
	uint64_t link_group;    /* equal and non-zero for hard links */
	uint64_t size;          /* of the unnamed stream */
	uint8_t sha1[20];       /* of the unnamed stream; zero for empty files */
	unsigned n_named_streams;
	bool is_dir;
};

/* The entry of a path ("" or "/" is the root): ERR_NOT_FOUND when there is none. */
int image_stat(struct image_file *file, unsigned index, const char *path, struct image_entry *ret, struct err *err);

/* Calls fn for each child of a folder, in the order of the image. fn stops the walk by returning non-zero; that is returned. */
typedef int (*image_dir_fn)(void *context, const struct image_entry *entry);
int image_dir(struct image_file *file, unsigned index, const char *path, image_dir_fn fn, void *context, struct err *err);

/* Walks a folder and everything in it; path is the full path with '/' and a leading '/'. */
typedef int (*image_walk_fn)(void *context, const char *path, const struct image_entry *entry);
int image_walk(struct image_file *file, unsigned index, const char *path, image_walk_fn fn, void *context, struct err *err);

/* Appends the contents of a file; larger than max bytes is ERR_LIMIT. SHA-1 is checked. */
int image_read(struct image_file *file, unsigned index, const char *path, uint64_t max, struct strbuf *ret,
	       struct err *err);

/* The same in pieces, for files of any size; fn returning non-zero stops with that value. */
typedef int (*image_data_fn)(void *context, const void *data, size_t len);
int image_stream(struct image_file *file, unsigned index, const char *path, image_data_fn fn, void *context,
		 struct err *err);

struct image_edit;
struct capture_config;

/* Locks the WIM and recovers it first when a journal lies beside it. */
struct image_edit *image_edit_open(const char *path, const char *name_or_index, struct err *err);

/* The file as it is before the edits. */
struct image_file *image_edit_file(struct image_edit *edit);
unsigned image_edit_index(const struct image_edit *edit);
const char *image_edit_path(const struct image_edit *edit); /* lent */

/* ERR_USAGE when a part of the path cannot be the name of a new file. */
int image_path_check(const char *path, struct err *err);

/*
 * Each edit is checked against the tree as edited so far and copies what it is
 * given; on failure the tree is unchanged. put replaces the unnamed stream of an existing file or makes a new
 * one (parents must exist unless make_parents; a new file gets the security
 * descriptor of its folder, now as its times and ARCHIVE as its attribute).
 * add_host_tree adds a file, symbolic link or folder of the host with all below it.
 */
int image_edit_put(struct image_edit *edit, const char *path, const void *data, size_t len, bool make_parents,
		   struct err *err);

/* The same without a copy: data must stay until the edit is committed or closed. */
int image_edit_put_lent(struct image_edit *edit, const char *path, const void *data, size_t len, bool make_parents,
			struct err *err);

/* How add_host_tree is asked for by a capture's options; NULL: by none of them. */
struct image_host_rules {
	const struct capture_config *config; /* NULL: nothing is left out */
	bool unix_data;     /* keep owner, mode, device and extended attributes */
	bool dereference;   /* store what links point to */
	bool no_replace;    /* a file that is there is an error */
	bool replace_links; /* links and files take each other's place */
	/* Told of what is left out (why NULL: by config). NULL: what a WIM cannot hold is an error. */
	void (*note)(void *context, const char *path, const char *why);
	void *context;
};

int image_edit_add_host_tree(struct image_edit *edit, const char *host_path, const char *path,
			     const struct image_host_rules *rules, struct err *err);
int image_edit_mkdir(struct image_edit *edit, const char *path, struct err *err);
int image_edit_delete(struct image_edit *edit, const char *path, bool recursive, struct err *err);
int image_edit_clear(struct image_edit *edit, struct err *err); /* deletes all but the root */
int image_edit_rename(struct image_edit *edit, const char *from, const char *to, struct err *err);

/* The same, and what is called TO goes, as rename(2) has it. */
int image_edit_rename_over(struct image_edit *edit, const char *from, const char *to, struct err *err);

/* How many threads compress in the commit; 0, as it is without this call: one for each processor. */
void image_edit_set_threads(struct image_edit *edit, unsigned threads);

struct image_commit_stats {
	uint64_t blobs_added;
	uint64_t bytes_appended;
};

/* Writes everything in one append. Nothing to do is no write. ret may be NULL. */
int image_edit_commit(struct image_edit *edit, struct image_commit_stats *ret, struct err *err);
void image_edit_closep(struct image_edit **edit);

/*
 * gate is called when all is written and read back, and only the header is still the old one:
 * -1 fails the commit. So a check of the new contents may run while they are compressed.
 */
void image_edit_set_gate(struct image_edit *edit, int (*gate)(void *context, struct err *err), void *context);

/*
 * Lets the commit leave its undo journal as the file path, which must not exist: image_undo puts
 * the WIM back from it, byte for byte, as long as nobody else changed it since (ERR_REFUSED). It is
 * small: header, tables and XML as they were. When it cannot be written the commit fails as a whole.
 */
void image_edit_keep_undo(struct image_edit *edit, const char *path);
bool image_undo_is(const char *path); /* begins as such a file does */
int image_undo(const char *wim, const char *undo, struct err *err);

/* Replays an undo journal. *did tells whether there was one. */
int image_recover(const char *path, bool *did, struct err *err);
