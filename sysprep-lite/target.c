/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/target.h"

#include <string.h>

#include "common/base/file.h"
#include "common/base/utf16.h"
#include "common/image/image.h"
#include "sysprep-lite/glob.h"
#include "sysprep-lite/target_backend.h"

struct target {
	const struct target_backend *backend;
	void *state;
	char *name;
	VEC(struct target_change) changes;
};

static struct target *target_new(const struct target_backend *backend, void *state, const char *name)
{
	struct target *target;

	if (!state)
		return NULL;
	target = xcalloc(1, sizeof(*target));
	target->backend = backend;
	target->state = state;
	target->name = xstrdup(name);
	return target;
}

struct target *target_open(const char *spec, bool for_write, struct err *err)
{
	if (path_is_dir(spec))
		return target_new(&target_dir_backend, target_dir_open(spec, for_write, err), spec);
	return target_new(&target_image_backend, target_image_open(spec, for_write, err), spec);
}

struct target *target_for_edit(struct image_edit *edit)
{
	return target_new(&target_image_backend, target_image_for_edit(edit), image_edit_path(edit));
}

struct target *target_new_for_hives(void)
{
	return target_new(&target_files_backend, target_files_new(), "hives");
}

void target_add_hive(struct target *target, const char *path, const char *host_path)
{
	target_files_add(target->state, path, host_path);
}

void target_freep(struct target **target)
{
	struct target *t = *target;

	*target = NULL;
	if (!t)
		return;
	for (size_t i = 0; i < t->changes.len; i++) {
		free(t->changes.items[i].path);
		free(t->changes.items[i].to);
		free(t->changes.items[i].kept);
		free(t->changes.items[i].own);
	}
	vec_release(&t->changes);
	t->backend->free(t->state);
	free(t->name);
	free(t);
}

const char *target_name(const struct target *target)
{
	return target->name;
}

bool target_has_files(const struct target *target)
{
	return target->backend != &target_files_backend;
}

bool target_stat(struct target *target, const char *path, struct target_entry *ret)
{
	return target->backend->stat(target->state, path, ret);
}

bool target_has(struct target *target, const char *path)
{
	struct target_entry entry;

	return target_stat(target, path, &entry);
}

int target_read(struct target *target, const char *path, uint64_t max, struct strbuf *ret, struct err *err)
{
	if (target->backend->read(target->state, path, max, ret, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

size_t target_read_head(struct target *target, const char *path, void *data, size_t len)
{
	return target->backend->head(target->state, path, data, len);
}

int target_list(struct target *target, const char *folder, target_list_fn fn, void *context, struct err *err)
{
	return target->backend->list(target->state, folder, fn, context, err);
}

struct match {
	struct target *target;
	target_match_fn fn;
	void *context;
	struct err *err;
	const char *folder;  /* the part matched so far */
	const char *part;    /* wanted of the next name */
	const char *rest;    /* behind part; NULL: the name itself is wanted */
	unsigned depth;
};

static int match_below(struct match *match);

static void join(struct strbuf *ret, const char *folder, const char *name)
{
	strbuf_adds(ret, folder);
	if (*folder)
		strbuf_addc(ret, '\\');
	strbuf_adds(ret, name);
}

static int match_descend(const struct match *match, const char *path, const char *pattern)
{
	CLEANUP(strbuf_release) struct strbuf part = STRBUF_INIT;
	struct match below = *match;

	below.rest = glob_next_part(pattern, &part);
	below.folder = path;
	below.part = strbuf_text(&part);
	below.depth++;
	return match_below(&below);
}

static int match_name(void *context, const char *name, const struct target_entry *entry)
{
	struct match *match = context;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	if (!glob_match(match->part, name))
		return 0;
	join(&path, match->folder, name);
	if (!match->rest)
		return match->fn(match->context, strbuf_text(&path), entry);
	if (!entry->is_dir || entry->is_link)
		return 0;
	return match_descend(match, strbuf_text(&path), match->rest);
}

static int match_below(struct match *match)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct target_entry entry;

	if (match->depth > GLOB_DEPTH_MAX)
		return err_set(match->err, ERR_LIMIT, "%s: folders nested too deep", match->folder);
	if (glob_is_wild(match->part))
		return target_list(match->target, match->folder, match_name, match, match->err);
	join(&path, match->folder, match->part);
	if (!target_stat(match->target, strbuf_text(&path), &entry))
		return 0;
	if (!match->rest)
		return match->fn(match->context, strbuf_text(&path), &entry);
	return match_descend(match, strbuf_text(&path), match->rest);
}

int target_match(struct target *target, const char *pattern, target_match_fn fn, void *context, struct err *err)
{
	struct match match = { .target = target, .fn = fn, .context = context, .err = err };

	return match_descend(&match, "", pattern);
}

void target_put(struct target *target, const char *path, const void *data, size_t len)
{
	void *own = xmemdup(data, len);

	*vec_add(&target->changes) = (struct target_change){
		.kind = TARGET_PUT, .path = xstrdup(path), .data = own, .own = own, .len = len,
	};
}

void target_put_lent(struct target *target, const char *path, const void *data, size_t len)
{
	*vec_add(&target->changes) = (struct target_change){
		.kind = TARGET_PUT, .path = xstrdup(path), .data = data, .len = len,
	};
}

void target_remove(struct target *target, const char *path)
{
	*vec_add(&target->changes) = (struct target_change){ .kind = TARGET_REMOVE, .path = xstrdup(path) };
}

void target_rename(struct target *target, const char *from, const char *to)
{
	*vec_add(&target->changes) = (struct target_change){
		.kind = TARGET_RENAME, .path = xstrdup(from), .to = xstrdup(to),
	};
}

const struct target_change *target_change_at(const struct target *target, size_t i)
{
	return i < target->changes.len ? &target->changes.items[i] : NULL;
}

void target_restore(struct target *target, const char *path, const char *kept)
{
	*vec_add(&target->changes) = (struct target_change){
		.kind = TARGET_RESTORE, .path = xstrdup(path), .kept = xstrdup(kept),
	};
}

void target_keep_removed(struct target *target, size_t i, const char *kept)
{
	target->changes.items[i].kept = xstrdup(kept);
}

bool target_has_begun(const struct target *target)
{
	return target->backend->has_begun && target->backend->has_begun(target->state);
}

bool target_is_beside(const struct target *target, const char *host)
{
	return target->backend->is_beside && target->backend->is_beside(target->state, host);
}

bool target_holds(const struct target *target, const char *host)
{
	return target->backend->holds && target->backend->holds(target->state, host);
}

int target_copy_out(struct target *target, const char *path, const char *host, struct err *err)
{
	if (!target->backend->copy_out)
		return err_set(err, ERR_UNSUPPORTED, "%s: cannot be kept", path);
	return target->backend->copy_out(target->state, path, host, err) < 0 ? err_context(err, "%s", path) : 0;
}

bool target_keeps_undo(const struct target *target)
{
	return target->backend->keep_undo != NULL;
}

int target_keep_undo(struct target *target, const char *journal, struct err *err)
{
	return target->backend->keep_undo(target->state, journal, err);
}

static int always_ready(void *context UNUSED, struct err *err UNUSED)
{
	return 0;
}

int target_commit(struct target *target, struct err *err)
{
	return target_commit_when(target, always_ready, NULL, err);
}

int target_commit_when(struct target *target, target_ready_fn ready, void *context, struct err *err)
{
	const struct target_commit commit = {
		.changes = target->changes.items, .n = target->changes.len, .ready = ready, .context = context,
	};

	if (!commit.n)
		return 0;
	return target->backend->commit(target->state, &commit, err);
}
