/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/undo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/vec.h"
#include "common/image/wim_hash.h"
#include "sysprep-lite/kept.h"
#include "sysprep-lite/winroot.h"

#define FIRST_LINE "goldwim-undo 1"
#define LINE_MAX_LEN 70000 /* longer than any path of Windows */

struct record {
	char *line;    /* the words behind the kind */
	char kind[8];
	struct bytes data;
};

struct undoing {
	struct target *target;
	struct bytes journal;
	const char *kept; /* folder */
	size_t at;
	VEC(struct record) records;
	struct undo_stats stats;
	struct err *err;
};

/* ---- reading ---- */

static int next_line(struct undoing *u, char **ret)
{
	struct bytes rest = bytes_from(u->journal, u->at);
	const uint8_t *end = memchr(rest.data, '\n', MIN(rest.len, (size_t)LINE_MAX_LEN));

	if (!end)
		return err_at(u->err, ERR_TRUNCATED, rest.offset, "the journal ends in the middle of a line");
	*ret = xstrndup((const char *)rest.data, (size_t)(end - rest.data));
	u->at += (size_t)(end - rest.data) + 1;
	return 0;
}

/* The contents behind a line whose first word is their length. */
static int take_data(struct undoing *u, struct record *record)
{
	char *end;
	unsigned long long len = strtoull(record->line, &end, 10);

	if (end == record->line || *end != ' ' || !bytes_slice(u->journal, u->at, len, &record->data) ||
	    !bytes_holds(u->journal, u->at + len, 1))
		return err_at(u->err, ERR_TRUNCATED, u->at, "the contents of a file are not complete");
	u->at += (size_t)len + 1;
	memmove(record->line, end + 1, strlen(end + 1) + 1);
	return 0;
}

static int take_record(struct undoing *u, char *line)
{
	static const char *const kinds[] = { "put", "new", "folder", "kept", "file", "lost", "rename" };
	char *space = strchr(line, ' ');

	for (size_t i = 0; space && i < ARRAY_SIZE(kinds); i++) {
		struct record *record;

		if (strncmp(line, kinds[i], (size_t)(space - line)) != 0 || kinds[i][space - line])
			continue;
		record = vec_add(&u->records);
		snprintf(record->kind, sizeof(record->kind), "%s", kinds[i]);
		record->line = xstrdup(space + 1);
		if (strcmp(kinds[i], "put") == 0 || strcmp(kinds[i], "file") == 0)
			return take_data(u, record);
		return 0;
	}
	return err_at(u->err, ERR_FORMAT, u->at, "not a record of an undo journal");
}

static int read_journal(struct undoing *u)
{
	CLEANUP(freep) char *first = NULL;

	if (next_line(u, &first) < 0 || !first || strcmp(first, FIRST_LINE) != 0)
		return err_set(u->err, ERR_FORMAT, "not an undo journal: it does not begin with \"" FIRST_LINE "\"");
	for (;;) {
		CLEANUP(freep) char *line = NULL;

		if (next_line(u, &line) < 0 || !line)
			return -1;
		if (strcmp(line, "end") == 0)
			return 0;
		if (take_record(u, line) < 0)
			return -1;
	}
}

/* ---- taking back ---- */

static void hash_text(const void *data, size_t len, char ret[WIM_HASH_TEXT_LEN + 1])
{
	uint8_t sha1[20];

	wim_sha1(data, len, sha1);
	wim_hash_format(sha1, ret);
}

/* "SHA1 PATH" */
static const char *path_behind_hash(const struct record *record)
{
	return strlen(record->line) > WIM_HASH_TEXT_LEN ? record->line + WIM_HASH_TEXT_LEN + 1 : "";
}

static int changed_since(struct undoing *u, const char *path)
{
	return err_set(u->err, ERR_REFUSED, "%s was changed since the journal was written", path);
}

static int undo_put(struct undoing *u, const struct record *record)
{
	const char *path = path_behind_hash(record);
	CLEANUP(strbuf_release) struct strbuf now = STRBUF_INIT;
	char hash[WIM_HASH_TEXT_LEN + 1];

	if (target_read(u->target, path, HIVE_BYTES_MAX, &now, u->err) < 0)
		return -1;
	if (now.len == record->data.len && (!now.len || memcmp(now.data, record->data.data, now.len) == 0))
		return 0;
	hash_text(now.data, now.len, hash);
	if (strncmp(hash, record->line, WIM_HASH_TEXT_LEN) != 0)
		return changed_since(u, path);
	target_put_lent(u->target, path, record->data.data, record->data.len);
	u->stats.restored++;
	return 0;
}

static bool is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && path[len] == '\\';
}

static int count_file(void *context, const char *name UNUSED, const struct target_entry *entry)
{
	*(size_t *)context += !entry->is_dir;
	return 0;
}

/* Files directly in folder, and those which the journal says are new in it. */
static bool is_all_ours(struct undoing *u, const char *folder)
{
	size_t there = 0, ours = 0;

	(void)target_list(u->target, folder, count_file, &there, NULL);
	for (size_t i = 0; i < u->records.len; i++) {
		const struct record *record = &u->records.items[i];
		const char *path = path_behind_hash(record);

		ours += strcmp(record->kind, "new") == 0 && is_below(path, folder) &&
			!strchr(path + strlen(folder) + 1, '\\') && target_has(u->target, path);
	}
	return there <= ours;
}

struct all_ours {
	struct undoing *undoing;
	const char *folder;
	unsigned depth;
};

static int check_folder(void *context, const char *name, const struct target_entry *entry)
{
	struct all_ours *above = context;
	CLEANUP(freep) char *path = xasprintf("%s\\%s", above->folder, name);
	struct all_ours below = { above->undoing, path, above->depth + 1 };

	if (!entry->is_dir)
		return 0;
	if (below.depth > 32 || !is_all_ours(above->undoing, path))
		return 1;
	return target_list(above->undoing->target, path, check_folder, &below, NULL);
}

/* A folder that we made goes when only files of ours are in it. */
static bool undo_folder(struct undoing *u, const char *folder)
{
	struct all_ours all = { u, folder, 0 };

	if (!target_has(u->target, folder) || !is_all_ours(u, folder) ||
	    target_list(u->target, folder, check_folder, &all, NULL) != 0)
		return false;
	target_remove(u->target, folder);
	return true;
}

static bool is_in_removed_folder(const struct undoing *u, const char *path)
{
	const struct target_change *change;

	for (size_t i = 0; (change = target_change_at(u->target, i)); i++)
		if (change->kind == TARGET_REMOVE && is_below(path, change->path))
			return true;
	return false;
}

static int undo_new(struct undoing *u, const struct record *record)
{
	const char *path = path_behind_hash(record);
	CLEANUP(strbuf_release) struct strbuf now = STRBUF_INIT;
	char hash[WIM_HASH_TEXT_LEN + 1];

	if (!target_has(u->target, path))
		return 0;
	if (target_read(u->target, path, HIVE_BYTES_MAX, &now, u->err) < 0)
		return -1;
	hash_text(now.data, now.len, hash);
	if (strncmp(hash, record->line, WIM_HASH_TEXT_LEN) != 0)
		return changed_since(u, path);
	u->stats.restored++;
	if (!is_in_removed_folder(u, path))
		target_remove(u->target, path);
	return 0;
}

static int undo_rename(struct undoing *u, const struct record *record)
{
	char *tab = strchr(record->line, '\t');

	if (!tab)
		return err_set(u->err, ERR_FORMAT, "a rename of the journal names one path only");
	*tab = '\0';
	if (target_has(u->target, tab + 1) && !target_has(u->target, record->line)) {
		target_rename(u->target, tab + 1, record->line);
		u->stats.restored++;
	}
	return 0;
}

static int undo_record(struct undoing *u, const struct record *record)
{
	if (strcmp(record->kind, "put") == 0)
		return undo_put(u, record);
	if (strcmp(record->kind, "new") == 0)
		return undo_new(u, record);
	if (strcmp(record->kind, "folder") == 0) {
		(void)undo_folder(u, record->line);
		return 0;
	}
	return 0;
}

/* "NUMBER SIZE PATH" */
static int undo_kept(struct undoing *u, const struct record *record)
{
	char *size, *path;
	unsigned long number = strtoul(record->line, &size, 10);
	CLEANUP(freep) char *kept = NULL;

	(void)strtoull(size, &path, 10);
	if (*size != ' ' || *path != ' ' || number > UNDO_KEPT_MAX)
		return err_set(u->err, ERR_FORMAT, "a record of the journal names nothing that is kept");
	path++;
	kept = xasprintf("%s/%lu", u->kept, number);
	if (path_exists(kept) && !target_has(u->target, path)) {
		target_restore(u->target, path, kept);
		u->stats.restored++;
	} else if (!target_has(u->target, path)) {
		u->stats.lost++;
	}
	return 0;
}

static int undo_file(struct undoing *u, const struct record *record)
{
	if (!target_has(u->target, record->line)) {
		target_put_lent(u->target, record->line, record->data.data, record->data.len);
		u->stats.restored++;
	}
	return 0;
}

/* Removals and renames, which go back in the opposite order. */
static int undo_move(struct undoing *u, const struct record *record)
{
	if (strcmp(record->kind, "rename") == 0)
		return undo_rename(u, record);
	if (strcmp(record->kind, "kept") == 0)
		return undo_kept(u, record);
	if (strcmp(record->kind, "file") == 0)
		return undo_file(u, record);
	u->stats.lost += strcmp(record->kind, "lost") == 0;
	return 0;
}

int undo_stage(struct target *target, const char *path, struct bytes journal, struct undo_stats *ret, struct err *err)
{
	CLEANUP(freep) char *kept = kept_folder(path);
	struct undoing u = { .target = target, .journal = journal, .kept = kept, .err = err };
	int status = read_journal(&u);

	for (size_t i = 0; i < u.records.len && status == 0; i++)
		status = undo_record(&u, &u.records.items[i]);
	for (size_t i = u.records.len; i > 0 && status == 0; i--)
		status = undo_move(&u, &u.records.items[i - 1]);
	for (size_t i = 0; i < u.records.len; i++)
		free(u.records.items[i].line);
	vec_release(&u.records);
	if (status == 0)
		*ret = u.stats;
	return status;
}

void undo_clean(const char *path)
{
	CLEANUP(freep) char *kept = kept_folder(path);

	(void)rmdir(kept);
}
