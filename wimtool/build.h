/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One image being built from a recipe. The work is cut into units: the source as a
 * WIM in the scratch folder, each step as one append to it, then properties, export or
 * split, verify, digest, publish. Each unit has a key: a hash of what went into it,
 * contents of files included. The scratch folder remembers which units are done, so
 * that a killed build goes on behind the last of them; the output appears by a rename
 * at the end, and a manifest beside it.
 *
 *	build_prepare (hashes the inputs) -> build_run -> build_release
 */
#pragma once

#include "common/image/wim_hash.h"
#include "wimtool/recipe.h"

#define BUILD_KEY_LEN 64 /* hexadecimal digits of a SHA-256 */

enum build_unit_kind {
	UNIT_SOURCE,
	UNIT_STEP,
	UNIT_PROPERTIES,
	UNIT_EXPORT,
	UNIT_SPLIT,
	UNIT_VERIFY,
	UNIT_DIGEST,
	UNIT_PUBLISH,
};

struct build_unit {
	enum build_unit_kind kind;
	const struct recipe_step *step; /* of UNIT_STEP */
	char key[BUILD_KEY_LEN + 1];
};

struct build_input {
	const char *kind; /* "folder", "wim", "file" */
	const char *path; /* lent by the recipe or by parts */
	char sha256[BUILD_KEY_LEN + 1]; /* of a file its own; else of names and contents, see build_key.c */
};

struct build_options {
	const char *scratch; /* NULL: beside the output */
	bool resume;
	bool force;      /* build although the output is up to date */
	unsigned threads; /* 0: one a core */
};

/* build_state.c: what is done, in the scratch folder. */
struct build_record {
	char *text; /* JSON, one line */
	char key[BUILD_KEY_LEN + 1];
};

struct build_state {
	char *folder;
	int lock; /* -1: not open */
	size_t n_done;
	VEC(struct build_record) records; /* of each unit that is done */
	bool began;                       /* the unit behind them was begun, its key and what the file looked like: */
	char began_key[BUILD_KEY_LEN + 1];
	char before[BUILD_KEY_LEN + 1];
};

struct build {
	struct cli *cli;
	const struct recipe_file *file;
	const struct recipe *recipe;
	const struct build_options *options;
	size_t index, of; /* of the jobs, from 0 */
	VEC(struct build_unit) units;
	VEC(struct build_input) inputs;
	VEC(char *) parts; /* what the globs of the source name, without the source itself */
	struct build_state state;
	char *manifest; /* path */
	char *work;     /* the WIM being edited */
	char *final;    /* what becomes the output; a folder with parts for a split */
	bool final_is_work;
	/* of the unit that runs: */
	struct json *details;
	struct report *report;
};

int build_prepare(struct build *build, struct err *err);
void build_release(struct build *build);

/* The key of the whole: that of the last unit. */
const char *build_key(const struct build *build);
const char *build_unit_name(const struct build_unit *unit); /* "source", "registry", "export" */

/*
 * Appends the record of the job to ret (JSON). Returns CLI_DONE, CLI_FINDINGS when findings
 * stopped it, or -1.
 */
int build_run(struct build *build, struct strbuf *ret, struct err *err);

/* build_key.c: fills units and inputs with their keys. */
int build_make_keys(struct build *build, struct err *err);

/* build_check.c: after the inputs are known. */
int build_check_output(const struct build *build, struct err *err);

/* build_state.c. Open takes the lock, and with resume reads what is there; otherwise all is cleared. */
int build_state_open(struct build_state *state, const char *folder, bool resume, struct err *err);
int build_state_clear(struct build_state *state, struct err *err);
int build_state_begin(struct build_state *state, const char *key, const char *before, struct err *err);
int build_state_done(struct build_state *state, const char *key, const char *record, struct err *err);
int build_state_remove(struct build_state *state, struct err *err);
void build_state_release(struct build_state *state);

/* build_steps.c, build_output.c: the units. Each is one atomic change of a file in the scratch folder. */
int build_run_source(struct build *build, struct err *err);
int build_run_step(struct build *build, const struct recipe_step *step, struct err *err);
int build_run_properties(struct build *build, struct err *err);
int build_run_export(struct build *build, struct err *err);
int build_run_split(struct build *build, struct err *err);
int build_run_verify(struct build *build, struct err *err);
int build_run_digest(struct build *build, struct err *err);
int build_run_publish(struct build *build, struct err *err);

/* A rename; across file systems a copy with a fixed name, which the next try would write over. */
int build_move_file(const char *from, const char *to, struct err *err);

/* build_manifest.c: 1 when the outputs are those of this key and unharmed, else 0. */
int build_is_up_to_date(struct build *build);
int build_write_manifest(struct build *build, struct err *err);

/* What the record of the digest says of the outputs. */
struct build_output {
	char *name; /* last part */
	char sha256[BUILD_KEY_LEN + 1];
	uint64_t bytes;
};
struct build_outputs {
	VEC(struct build_output) items;
};
int build_read_outputs(const struct build *build, struct build_outputs *ret, struct err *err);
void build_outputs_release(struct build_outputs *outputs);

/* Parts of an earlier build, as its manifest names them, that the new one does not have. */
int build_remove_old_parts(const struct build *build, const struct build_outputs *outputs, struct err *err);

/* SHA-256 as text of a whole file; returns 0 or -1. */
int build_hash_file(const char *path, char ret[BUILD_KEY_LEN + 1], uint64_t *ret_bytes, struct err *err);
void build_hash_text(const uint8_t sha256[SHA256_LEN], char ret[BUILD_KEY_LEN + 1]);

/* One line of JSON on stderr under --progress=json. */
void build_event(const struct build *build, const char *event, const struct build_unit *unit);
