/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libwim at work on whole images: capture, append, apply, extract. One call is one
 * operation: it checks what it was given, opens, drives one progress bar, maps
 * libwim's errors (texts name the file) and says what was done.
 *
 * A WIM from outside is opened by our own bounded reader first (image.h): libwim
 * alone can be made to take gigabytes by a few hostile bytes.
 *
 * Signals: capture writes a temporary file beside the target, removed by the
 * handlers of tempfiles.h; append and apply hold signals, stop at the next
 * progress message, undo what they can, and then let the signal end the program.
 */
#pragma once

#include "common/cli/cli.h"
#include "common/image/image_apply.h"

/* Level 20 is about six times faster than libwim's usual 50 and 2 % larger. */
#define SESSION_LZX_LEVEL 20
#define SESSION_MAX_LEVEL 50

enum session_compression {
	SESSION_NONE,
	SESSION_XPRESS,
	SESSION_LZX,
	SESSION_LZMS,
};

/* Absolute links that point into the captured or applied tree: change them, leave them, or as the WIM says. */
enum session_links {
	SESSION_LINKS_AUTO,
	SESSION_LINKS_FIX,
	SESSION_LINKS_KEEP,
};

struct session_capture {
	const char *source; /* a folder, or a file or device that holds an NTFS volume */
	const char *wim;
	const char *name;        /* NULL: the last part of source, made unique in the WIM; "" for none */
	const char *description; /* NULL: none */
	const char *flags;       /* <FLAGS>, the edition; NULL: none */
	const struct cli_list *properties; /* "WINDOWS/VERSION/BUILD=19045"; NULL: none */
	const char *config;      /* capture configuration file; NULL: the usual exclusions of Windows */
	enum session_compression compression; /* of a new WIM */
	unsigned level;   /* 1 to 100; 0 for what libwim does */
	unsigned threads; /* 0: one a core */
	enum session_links links;
	bool replace;     /* an existing WIM may be replaced */
	bool check;       /* write an integrity table */
	bool no_check;    /* leave out an existing one */
	bool boot;        /* mark the image as bootable */
	bool solid;
	bool unix_data;
	bool dereference;
	bool no_acls;
	bool strict_acls;
	uint32_t chunk_size;       /* 0: the usual one */
	uint32_t solid_chunk_size;
	enum session_compression solid_compression;
	unsigned solid_level;
	bool reproducible;         /* the same tree gives the same bytes */
	const char *update_from;   /* WIM whose image the source was before: unchanged files are not read; NULL: none */
	const char *update_image;
	const struct cli_list *bases; /* WIMs whose contents are not stored again; NULL: none */
	const struct session_source *sources; /* a list instead of source, which only gives the name then; NULL: none */
	size_t n_sources;
	bool pipable;              /* written from front to end, as a pipe wants it */
};

/* A file or folder of the host and where it goes in the image. */
struct session_source {
	char *host_path;
	char *path;
};

struct session_captured {
	unsigned index;
	char *name; /* free it */
	uint64_t dirs;
	uint64_t files; /* everything that is no folder */
	uint64_t bytes;
	uint64_t excluded; /* by configuration, or of a kind that no WIM holds */
	uint64_t wim_bytes;
	uint64_t unread;   /* bytes of files that update_from spared */
};

/*
 * Makes a new WIM: the target is absent or complete, never partly written. "-" is standard output. A folder is
 * captured by our own code (image_capture.h); NTFS volumes, lists of sources, solid and pipable WIMs by libwim.
 */
int session_capture(const struct session_capture *request, const struct cli *cli, struct session_captured *ret,
		    struct err *err);

/* Adds an image to a WIM; the old images stay readable whenever it is killed. */
int session_append(const struct session_capture *request, const struct cli *cli, struct session_captured *ret,
		   struct err *err);

struct session_apply {
	const char *wim;
	const char *image;  /* name or index; NULL: the only one */
	const char *target; /* folder; made when it is not there */
	const struct cli_list *refs; /* globs of further parts; NULL: none */
	enum session_links links;
	bool check;        /* compare with the integrity table first */
	bool unix_data;
	bool no_acls;
	bool strict_acls;   /* security descriptors that cannot be set are an error */
	bool no_attributes; /* NTFS volumes: without those of Windows */
	bool recover_data; /* write damaged files as far as they can be read */
	bool ntfs;         /* the target must be an NTFS volume */
	unsigned threads;  /* 0: one a core */
};

struct session_applied {
	unsigned index;
	struct image_applied done;
};

/*
 * Writes an image into a folder, by our own code (image_apply.h). A new or empty folder is counted
 * afterwards and must hold what the image holds. A target that is a block device or a file is an NTFS volume,
 * which libwim writes.
 */
int session_apply(const struct session_apply *request, const struct cli *cli, struct session_applied *ret,
		  struct err *err);

struct session_extract {
	struct session_apply what; /* target is the folder to write into */
	const char *const *paths;  /* in the image; "@FILE" reads them from a list, keeping their folders */
	size_t n_paths;
	bool no_wildcards;         /* * and ? stand for themselves */
	bool allow_no_match;
	bool keep_folders;         /* Windows/win.ini and not just win.ini */
};

/* The contents of the files one after the other, in the order in which they are named. fn stops it by returning non-zero. */
int session_extract_stream(const struct session_extract *request, image_data_fn fn, void *context, struct err *err);

int session_extract(const struct session_extract *request, const struct cli *cli, struct session_applied *ret,
		    struct err *err);
