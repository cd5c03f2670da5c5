/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run would change, in order, before anything is changed: edits of
 * values, keys and files, and identifiers that are replaced everywhere. A plan is
 * filled from hives that are only read (plan_build), shown (plan_print.c) and
 * carried out (apply.h).
 */
#pragma once

#include "common/base/vec.h"
#include "sysprep-lite/marker.h"
#include "sysprep-lite/operations.h"

enum edit_kind {
	EDIT_SET_VALUE,
	EDIT_DELETE_VALUE,
	EDIT_DELETE_KEY,
	EDIT_PUT_FILE,
	EDIT_DELETE_FILE,
	EDIT_RENAME_FILE,
};

struct value_data {
	bool present;
	uint32_t type;
	struct strbuf data;
};

struct edit {
	enum edit_kind kind;
	const struct op_row *row;
	enum hive_id hive;
	char *path;            /* of the key, or of the file */
	char *name;            /* of the value; new path for a rename */
	struct value_data old;
	struct value_data new; /* data also holds the contents of a file */
	uint64_t size;         /* of a removed file */
};

/* Where an identifier stands. */
struct guid_place {
	enum hive_id hive;
	char *key;
	char *value; /* NULL: in the name of the key */
	bool in_value_name;
	bool binary;
};

enum { GUID_FORMS = 3 }; /* REGF_HIT_BINARY, REGF_HIT_ASCII, REGF_HIT_UTF16 */

struct guid_edit {
	const struct op_row *row;
	struct guid from, to;
	char *name;   /* of a network connection; may be NULL */
	char *device; /* may be NULL */
	char *found;  /* the place that told it: "SYSTEM\ControlSet001\..." */
	bool removed; /* an adapter that Windows finds anew: only what the edits leave is replaced */
	size_t hits[HIVE_COUNT][GUID_FORMS];
	VEC(struct guid_place) places;
};

enum nic_mode {
	NIC_REMAP,
	NIC_REMOVE,
};

enum rearm_mode {
	REARM_AUTO,
	REARM_NONE,
	REARM_SETUPCOMPLETE,
	REARM_STARTUP_SCRIPT,
};

struct plan_options {
	struct op_choice choice;
	enum nic_mode nic;
	enum rearm_mode rearm;
	const char *time_zone; /* key name, index or IANA name; NULL: unchanged */
	const char *computer_name; /* "*": a random one; NULL: unchanged */
	bool only_settings;    /* what is named here, and no operation on identities */
	bool optional_too;     /* operations that are off by default as well: for scan */
};

struct plan {
	VEC(struct edit) edits;
	VEC(struct guid_edit) guids;
	VEC(char *) notes; /* for people: what was left out and why */
	struct marker marker;
	bool only_settings; /* no identities were looked for */
};

/* For plan_freep, and before places are filled again. */
void guid_edit_forget_places(struct guid_edit *edit);

struct plan *plan_build(struct winroot *root, const struct plan_options *options, struct err *err);
void plan_freep(struct plan **plan);
bool plan_is_empty(const struct plan *plan);

/* Number of references of one identifier in all hives. */
size_t guid_edit_hits(const struct guid_edit *edit);

/* For the builders op_*.c. Texts are copied; old is read from the hive. */
struct edit *plan_add(struct plan *plan, enum edit_kind kind, const struct op_row *row, enum hive_id hive,
		      const char *path, const char *name);
int plan_add_set(struct plan *plan, struct regf *hive, regf_key key, const struct op_row *row, enum hive_id id,
		 const char *path, const char *name, uint32_t type, const void *data, size_t len, struct err *err);
int plan_add_delete_value(struct plan *plan, struct regf *hive, regf_key key, const struct op_row *row,
			  enum hive_id id, const char *path, const char *name, struct err *err);

/* Nothing when the file already has these contents. */
int plan_add_file(struct plan *plan, struct winroot *root, const struct op_row *row, const char *path,
		  const void *data, size_t len, struct err *err);
void plan_note(struct plan *plan, const char *fmt, ...) PRINTF_LIKE(2, 3);

int value_read(struct regf *hive, regf_key key, const char *name, struct value_data *ret, struct err *err);
void value_release(struct value_data *value);

/* op_rows.c, op_guids.c, op_rearm.c, op_computer_name.c, op_timezone.c */
int plan_rows(struct plan *plan, struct winroot *root, const struct plan_options *options, struct err *err);
int plan_guids(struct plan *plan, struct winroot *root, const struct plan_options *options, struct err *err);
int plan_rearm(struct plan *plan, struct winroot *root, const struct plan_options *options, struct err *err);
int computer_name_check(const char *name, struct err *err); /* "*" is good, too */
int plan_computer_name(struct plan *plan, struct winroot *root, const struct plan_options *options, struct err *err);
int plan_time_zone(struct plan *plan, struct winroot *root, const struct plan_options *options, struct err *err);

/* Fills the hits of all guids of the plan, to show them; plan_stage counts what it replaces. */
int plan_count_guids(struct plan *plan, struct winroot *root, struct err *err);

/* op_nic_remove.c: from plan_guids, when all identifiers are collected. */
int plan_nic_remove(struct plan *plan, struct winroot *root, struct err *err);

/* guid_places.c: fills edit->hits and edit->places of all guids of the plan, anew each time. */
int plan_find_places(struct plan *plan, struct winroot *root, struct err *err);

/* plan_print.c */
enum plan_detail {
	PLAN_SHORT,  /* the first edits of each operation */
	PLAN_EDITS,  /* every edit */
	PLAN_PLACES, /* and every place of an identifier */
};
void plan_print(const struct plan *plan, FILE *out, enum plan_detail detail, bool show_secrets);
void plan_to_json(const struct plan *plan, struct json *json, bool show_secrets);
const char *edit_kind_name(enum edit_kind kind); /* "set-value"; NULL behind the last */
void value_show(const struct value_data *value, bool hide, struct strbuf *ret);
