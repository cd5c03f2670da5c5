/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Images as folders, through libwim's FUSE server. session_mount returns when the
 * server runs in the background; session_unmount ends it.
 */
#pragma once

#include "common/cli/cli.h"

enum session_streams {
	SESSION_STREAMS_XATTR, /* named streams are extended attributes user.NAME */
	SESSION_STREAMS_NONE,
	SESSION_STREAMS_WINDOWS, /* file:stream */
};

struct session_mount {
	const char *wim;
	const char *image;       /* name or index; NULL: the only one */
	const char *folder;      /* an empty one */
	const struct cli_list *refs;
	const char *staging;     /* folder for changed files; NULL: $TMPDIR or /var/tmp */
	enum session_streams streams;
	bool writable;
	bool check;
	bool unix_data;
	bool allow_other;
};

/* ret_index: the image mounted. */
int session_mount(const struct session_mount *request, unsigned *ret_index, struct err *err);

struct session_unmount {
	const char *folder;
	bool commit;    /* else changes are dropped */
	bool new_image; /* commit as a further image */
	bool force;     /* although files are open; also clears a mount whose server died */
	bool rebuild;   /* write the WIM anew instead of appending */
	bool check;     /* give it an integrity table */
};

struct session_unmounted {
	char *wim;      /* free it; NULL when not known */
	unsigned index; /* 0 when not known */
	bool was_writable;
	bool was_dead;  /* the server had died: changes are lost */
};

int session_unmount(const struct session_unmount *request, const struct cli *cli, struct session_unmounted *ret,
		    struct err *err);
