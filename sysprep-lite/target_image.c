/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/image/image.h"
#include "common/image/split_set.h"
#include "sysprep-lite/target_backend.h"

struct image_target {
	char *path;
	struct image_file *own;  /* opened for reading */
	struct image_edit *edit; /* opened for writing; holds its file */
	struct image_file *file; /* one of the two */
	bool lent;               /* edit is the caller's, who commits it */
	unsigned index;
};

static void fill_entry(const struct image_entry *entry, struct target_entry *ret)
{
	*ret = (struct target_entry){
		.is_dir = entry->is_dir,
		.is_link = entry->reparse_tag != 0,
		.size = entry->size,
	};
}

static bool image_target_stat(void *state, const char *path, struct target_entry *ret)
{
	struct image_target *t = state;
	struct image_entry entry;

	if (image_stat(t->file, t->index, path, &entry, NULL) < 0)
		return false;
	fill_entry(&entry, ret);
	return true;
}

static int image_target_read(void *state, const char *path, uint64_t max, struct strbuf *ret, struct err *err)
{
	struct image_target *t = state;

	return image_read(t->file, t->index, path, max, ret, err);
}

struct head {
	uint8_t *data;
	size_t len, got;
};

static int take_head(void *context, const void *data, size_t len)
{
	struct head *head = context;
	size_t n = MIN(len, head->len - head->got);

	memcpy(head->data + head->got, data, n);
	head->got += n;
	return head->got == head->len;
}

static size_t image_target_head(void *state, const char *path, void *data, size_t len)
{
	struct image_target *t = state;
	struct head head = { .data = data, .len = len };

	(void)image_stream(t->file, t->index, path, take_head, &head, NULL);
	return head.got;
}

struct listing {
	target_list_fn fn;
	void *context;
};

static int list_one(void *context, const struct image_entry *entry)
{
	struct listing *listing = context;
	struct target_entry plain;

	fill_entry(entry, &plain);
	return listing->fn(listing->context, entry->name, &plain);
}

static int image_target_list(void *state, const char *folder, target_list_fn fn, void *context, struct err *err)
{
	struct image_target *t = state;
	struct listing listing = { fn, context };
	struct target_entry entry;

	if (!image_target_stat(state, folder, &entry) || !entry.is_dir)
		return 0;
	return image_dir(t->file, t->index, folder, list_one, &listing, err);
}

static int apply_change(struct image_target *t, const struct target_change *change, struct err *err)
{
	switch (change->kind) {
	case TARGET_PUT:
		return t->lent ? image_edit_put(t->edit, change->path, change->data, change->len, true, err)
			       : image_edit_put_lent(t->edit, change->path, change->data, change->len, true, err);
	case TARGET_REMOVE:
		return image_edit_delete(t->edit, change->path, true, err);
	case TARGET_RENAME:
		return image_edit_rename(t->edit, change->path, change->to, err);
	case TARGET_RESTORE:
		return err_set(err, ERR_UNSUPPORTED, "nothing of a WIM is kept outside of it");
	}
	return 0;
}

static int image_target_commit(void *state, const struct target_commit *commit, struct err *err)
{
	struct image_target *t = state;

	for (size_t i = 0; i < commit->n; i++)
		if (apply_change(t, &commit->changes[i], err) < 0)
			return err_context(err, "%s: %s", t->path, commit->changes[i].path);
	if (t->lent)
		return commit->ready(commit->context, err);
	image_edit_set_gate(t->edit, commit->ready, commit->context);
	if (image_edit_commit(t->edit, NULL, err) < 0)
		return err_context(err, "%s", t->path);
	return 0;
}

static int image_target_keep_undo(void *state, const char *journal, struct err *err)
{
	struct image_target *t = state;

	if (t->lent)
		return err_set(err, ERR_UNSUPPORTED, "the journal of a lent WIM is its owner's");
	image_edit_keep_undo(t->edit, journal);
	return 0;
}

static void image_target_free(void *state)
{
	struct image_target *t = state;

	if (!t->lent)
		image_edit_closep(&t->edit);
	image_file_closep(&t->own);
	free(t->path);
	free(t);
}

struct parts {
	VEC(const char *) patterns;
};

static void parts_release(struct parts *parts)
{
	for (size_t i = 0; i < parts->patterns.len; i++)
		free((void *)(uintptr_t)parts->patterns.items[i]);
	vec_release(&parts->patterns);
}

static char *pattern_of_name(const char *name)
{
	struct strbuf pattern = STRBUF_INIT;

	for (; *name; name++) {
		if (strchr("*?[\\", *name))
			strbuf_addc(&pattern, '\\');
		strbuf_addc(&pattern, *name);
	}
	return strbuf_detach(&pattern);
}

/* Of the first part of a split WIM with the others that lie beside it under the usual names. */
static struct image_file *open_with_parts(const char *path, struct err *err)
{
	CLEANUP(parts_release) struct parts parts = { .patterns = { 0 } };
	struct image_file *file = image_file_open(path, err);
	struct image_file_info info = { .parts = 0 };

	if (file)
		image_file_info(file, &info);
	for (unsigned i = 2; info.part == 1 && i <= info.parts; i++) {
		CLEANUP(freep) char *name = split_part_name(path, i);

		if (path_exists(name))
			*vec_add(&parts.patterns) = pattern_of_name(name);
	}
	if (!parts.patterns.len)
		return file;
	image_file_closep(&file);
	return image_file_open_parts(path, parts.patterns.items, parts.patterns.len, err);
}

static int open_image(struct image_target *t, const char *image, bool for_write, struct err *err)
{
	if (for_write) {
		t->edit = image_edit_open(t->path, image, err);
		if (!t->edit)
			return -1;
		t->file = image_edit_file(t->edit);
		t->index = image_edit_index(t->edit);
		return 0;
	}
	t->own = open_with_parts(t->path, err);
	t->file = t->own;
	if (!t->own || image_select(t->own, image, &t->index, err) < 0)
		return -1;
	/* an image whose list of files cannot be read must not look like an empty one */
	return image_read_list(t->own, t->index, err);
}

void *target_image_open(const char *spec, bool for_write, struct err *err)
{
	struct image_target *t = xcalloc(1, sizeof(*t));
	CLEANUP(freep) char *image = NULL;

	image_split_target(spec, &t->path, &image);
	if (open_image(t, image, for_write, err) == 0)
		return t;
	err_context(err, "%s", t->path);
	image_target_free(t);
	return NULL;
}

void *target_image_for_edit(struct image_edit *edit)
{
	struct image_target *t = xcalloc(1, sizeof(*t));

	t->path = xstrdup(image_edit_path(edit));
	t->edit = edit;
	t->lent = true;
	t->file = image_edit_file(edit);
	t->index = image_edit_index(edit);
	return t;
}

const struct target_backend target_image_backend = {
	.stat = image_target_stat,
	.read = image_target_read,
	.head = image_target_head,
	.list = image_target_list,
	.commit = image_target_commit,
	.free = image_target_free,
	.keep_undo = image_target_keep_undo,
};
