/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/image/wim_hash.h"
#include "sysprep-lite/kept.h"
#include "sysprep-lite/undo.h"
#include "sysprep-lite/winroot.h"

#define FOLDER_DEPTH_MAX 128

struct writing {
	struct target *target;
	struct atomic_file *file;
	const char *folder; /* being listed */
	unsigned depth;
	struct strbuf made; /* folders noted so far, one a line */
	const char *kept;   /* folder of what is kept outside of the journal */
	unsigned n_kept;
	bool moves; /* into it by a rename */
	struct err *err;
};

static int check_path(const char *path, struct err *err)
{
	return strpbrk(path, "\n\t") ? err_set(err, ERR_UNSUPPORTED, "%s: a line end in a name", path) : 0;
}

static int write_line(struct writing *w, const char *text)
{
	if (atomic_file_write(w->file, text, strlen(text), w->err) < 0)
		return -1;
	return atomic_file_write(w->file, "\n", 1, w->err);
}

/* A "put" with the hash of the new contents, a "file" without. */
static int write_contents(struct writing *w, const char *hash, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	CLEANUP(freep) char *head = NULL;

	if (target_read(w->target, path, HIVE_BYTES_MAX, &data, w->err) < 0)
		return -1;
	head = hash ? xasprintf("put %zu %s %s", data.len, hash, path) : xasprintf("file %zu %s", data.len, path);
	if (write_line(w, head) < 0 || atomic_file_write(w->file, data.data, data.len, w->err) < 0)
		return -1;
	return atomic_file_write(w->file, "\n", 1, w->err);
}

/* The topmost folder on the way to path that is not there yet. */
static int note_folder(struct writing *w, const char *path)
{
	for (const char *end = strchr(path, '\\'); end; end = strchr(end + 1, '\\')) {
		CLEANUP(freep) char *folder = xstrndup(path, (size_t)(end - path));
		CLEANUP(freep) char *line = xasprintf("folder %s", folder);
		CLEANUP(freep) char *noted = xasprintf("%s\n", line);

		if (target_has(w->target, folder))
			continue;
		if (w->made.len && strstr(w->made.data, noted))
			return 0;
		strbuf_adds(&w->made, noted);
		return write_line(w, line);
	}
	return 0;
}

static int write_put(struct writing *w, const struct target_change *change)
{
	uint8_t sha1[20];
	char hash[WIM_HASH_TEXT_LEN + 1];
	CLEANUP(freep) char *line = NULL;

	wim_sha1(change->data, change->len, sha1);
	wim_hash_format(sha1, hash);
	if (target_has(w->target, change->path))
		return write_contents(w, hash, change->path);
	line = xasprintf("new %s %s", hash, change->path);
	if (note_folder(w, change->path) < 0)
		return -1;
	return write_line(w, line);
}

static int write_removed(struct writing *w, const char *path, const struct target_entry *entry);

static int write_child(void *context, const char *name, const struct target_entry *entry)
{
	struct writing *w = context;
	const char *folder = w->folder;
	CLEANUP(freep) char *path = xasprintf("%s\\%s", folder, name);
	int status = write_removed(w, path, entry);

	w->folder = folder;
	return status;
}

/* The next name in the folder of what is kept, which is made for the first. */
static char *next_kept(struct writing *w)
{
	if (!w->n_kept && mkdir(w->kept, 0700) < 0) {
		err_errno(w->err, errno, "%s", w->kept);
		return NULL;
	}
	return xasprintf("%s/%u", w->kept, w->n_kept++);
}

/* On another file system: copied, which needs its room twice. */
static int write_copy(struct writing *w, const char *path, uint64_t size)
{
	CLEANUP(freep) char *kept = next_kept(w);
	CLEANUP(freep) char *line = NULL;

	if (!kept || target_copy_out(w->target, path, kept, w->err) < 0)
		return -1;
	line = xasprintf("kept %u %llu %s", w->n_kept - 1, (unsigned long long)size, path);
	return write_line(w, line);
}

static int write_removed(struct writing *w, const char *path, const struct target_entry *entry)
{
	CLEANUP(freep) char *line = NULL;
	int status;

	if (check_path(path, w->err) < 0)
		return -1;
	if (entry->is_dir && !entry->is_link) {
		if (w->depth == FOLDER_DEPTH_MAX)
			return err_set(w->err, ERR_LIMIT, "%s: folders nested too deep", path);
		w->depth++;
		w->folder = path;
		status = target_list(w->target, path, write_child, w, w->err);
		w->depth--;
		return status;
	}
	if (entry->is_link) {
		line = xasprintf("lost %llu %s", (unsigned long long)entry->size, path);
		return write_line(w, line);
	}
	return entry->size <= UNDO_KEPT_FILE_MAX ? write_contents(w, NULL, path) : write_copy(w, path, entry->size);
}

/* What is removed is moved aside instead: nothing is copied, and it comes back as it was. */
static int write_moved(struct writing *w, size_t i, const char *path, uint64_t size)
{
	CLEANUP(freep) char *kept = next_kept(w);
	CLEANUP(freep) char *line = NULL;

	if (!kept || check_path(path, w->err) < 0)
		return -1;
	target_keep_removed(w->target, i, kept);
	line = xasprintf("kept %u %llu %s", w->n_kept - 1, (unsigned long long)size, path);
	return write_line(w, line);
}

static int write_removal(struct writing *w, size_t i, const struct target_change *change)
{
	struct target_entry entry;

	if (!target_stat(w->target, change->path, &entry))
		return 0;
	return w->moves ? write_moved(w, i, change->path, entry.size) : write_removed(w, change->path, &entry);
}

static int write_change(struct writing *w, size_t i, const struct target_change *change)
{
	CLEANUP(freep) char *line = NULL;

	if (check_path(change->path, w->err) < 0)
		return -1;
	switch (change->kind) {
	case TARGET_PUT:
		return write_put(w, change);
	case TARGET_REMOVE:
		return write_removal(w, i, change);
	case TARGET_RENAME:
		line = xasprintf("rename %s\t%s", change->path, change->to);
		return write_line(w, line);
	case TARGET_RESTORE:
		return err_set(w->err, ERR_UNSUPPORTED, "an undo cannot be undone");
	}
	return 0;
}

static int write_all(struct writing *w)
{
	const struct target_change *change;

	if (write_line(w, "goldwim-undo 1") < 0)
		return -1;
	for (size_t i = 0; (change = target_change_at(w->target, i)); i++)
		if (write_change(w, i, change) < 0)
			return -1;
	return write_line(w, "end");
}

static int check_place(struct target *target, const char *path, const char *kept, struct err *err)
{
	CLEANUP(freep) char *folder = path_folder(path);

	if (path_exists(path) || path_exists(kept))
		return err_set(err, ERR_REFUSED, "there is a file already; an undo journal is not overwritten");
	if (target_holds(target, folder)) {
		err_set(err, ERR_REFUSED, "lies in the target, and would become a part of the image");
		return err_hint(err, "name a place outside of %s", target_name(target));
	}
	return 0;
}

static int write_journal(struct writing *w, const char *path)
{
	CLEANUP(freep) char *folder = path_folder(path);

	w->moves = target_is_beside(w->target, folder);
	w->file = atomic_file_open(path, w->err);
	if (!w->file || write_all(w) < 0 || (w->n_kept && file_fsync_folder_of(w->kept, w->err) < 0))
		return -1;
	return atomic_file_commit(&w->file, w->err);
}

int undo_write(struct target *target, const char *path, struct err *err)
{
	CLEANUP(freep) char *kept = kept_folder(path);
	struct writing w = { .target = target, .kept = kept, .err = err };
	int status;

	if (check_place(target, path, kept, err) < 0)
		return err_context(err, "%s", path);
	if (target_keeps_undo(target))
		return target_keep_undo(target, path, err);
	status = write_journal(&w, path);
	if (status < 0)
		undo_discard(path);
	atomic_file_closep(&w.file);
	strbuf_release(&w.made);
	return status < 0 ? err_context(err, "%s", path) : 0;
}

void undo_discard(const char *path)
{
	CLEANUP(freep) char *kept = kept_folder(path);

	(void)unlink(path);
	for (unsigned i = 0; i < UNDO_KEPT_MAX; i++) {
		CLEANUP(freep) char *copy = xasprintf("%s/%u", kept, i);

		if (unlink(copy) < 0)
			break;
	}
	(void)rmdir(kept);
}
