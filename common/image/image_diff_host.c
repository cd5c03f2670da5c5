/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An image beside a folder of the host. Links are not followed; the folder is only read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/base/names.h"
#include "common/image/diff_private.h"

struct host_pair {
	const struct wim_node *node; /* NULL: the folder and all in it is new */
	char *path;                  /* inside the image; "" for the root */
};

struct host_diff {
	const struct image_file *file;
	const char *folder;
	unsigned ignore;
	struct image_diff *diff;
	VEC(struct host_pair) folders;
	struct names names; /* of the folder at work, sorted */
};

static int hash_host_file(const char *path, uint8_t ret[WIM_HASH_LEN], struct err *err)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha1();
	CLEANUP(close_fdp) int fd = file_open_read(path, err);
	CLEANUP(freep) uint8_t *piece = xmalloc(1u << 18);
	ssize_t n = 1;

	if (fd < 0)
		return err_context(err, "%s", path);
	while (n > 0) {
		n = read(fd, piece, 1u << 18);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return err_errno(err, errno, "%s: reading", path);
		else
			wim_hash_update(hash, piece, (size_t)n);
	}
	wim_hash_final(hash, ret);
	return 0;
}

static int same_contents(const struct image_entry *entry, const struct stat *st, const char *host, bool *ret,
			 struct err *err)
{
	uint8_t hash[WIM_HASH_LEN];
	/* of contents that are in another part, or in the WIM that this one builds on, the sum alone is known */
	bool knows_size = entry->size || wim_hash_is_zero(entry->sha1);

	*ret = entry->size == (uint64_t)st->st_size || !knows_size;
	if (!*ret || (knows_size && (entry->size == 0 || filetime_from_timespec(st->st_mtim) == entry->written)))
		return 0;
	if (hash_host_file(host, hash, err) < 0)
		return -1;
	*ret = memcmp(hash, entry->sha1, sizeof(hash)) == 0;
	return 0;
}

static bool same_type(const struct image_entry *entry, const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return entry->reparse_tag != 0;
	if (entry->reparse_tag)
		return false;
	return entry->is_dir ? S_ISDIR(st->st_mode) : S_ISREG(st->st_mode);
}

static int compare(const struct host_diff *d, const struct image_entry *entry, const struct stat *st,
		   const char *host, unsigned *ret, struct err *err)
{
	bool same = true;

	*ret = 0;
	if (!same_type(entry, st))
		*ret |= IMAGE_DIFF_TYPE;
	else if (S_ISREG(st->st_mode) && same_contents(entry, st, host, &same, err) < 0)
		return -1;
	if (!same)
		*ret |= IMAGE_DIFF_CONTENT;
	if (filetime_from_timespec(st->st_mtim) != entry->written)
		*ret |= IMAGE_DIFF_TIMES;
	*ret &= ~d->ignore;
	return 0;
}

static struct image_diff_row *add_host(struct host_diff *d, enum image_diff_kind kind, const char *path,
				       const struct stat *st)
{
	struct image_diff_row *row = diff_add(d->diff, kind, *path ? path : "/");

	row->is_dir = S_ISDIR(st->st_mode);
	row->has_new = true;
	row->new_size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
	return row;
}

static void add_folder(struct host_diff *d, const struct wim_node *node, const char *path)
{
	*vec_add(&d->folders) = (struct host_pair){ .node = node, .path = xstrdup(path) };
}

static int compare_pair(struct host_diff *d, const struct wim_node *node, const char *path, const char *host,
			const struct stat *st, struct err *err)
{
	struct image_entry entry;
	unsigned what;
	bool image_dir = wim_node_is_dir(node) && !wim_node_is_reparse(node);

	image_fill_entry(d->file, node, &entry);
	if (compare(d, &entry, st, host, &what, err) < 0)
		return -1;
	if (what) {
		struct image_diff_row *row = add_host(d, IMAGE_CHANGED, path, st);

		row->what = what;
		row->has_old = true;
		row->old_size = entry.size;
	}
	if (S_ISDIR(st->st_mode))
		add_folder(d, image_dir ? node : NULL, path);
	for (const struct wim_node *child = image_dir && !S_ISDIR(st->st_mode) ? node->first : NULL; child;
	     child = child->next)
		diff_add_tree(d->diff, d->file, IMAGE_REMOVED, child);
	return 0;
}

static int look_at_name(struct host_diff *d, const struct wim_node *dir, const char *folder, const char *name,
			struct err *err)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", folder, name);
	CLEANUP(freep) char *host = xasprintf("%s%s", d->folder, path);
	const struct wim_node *node = dir ? wim_node_child(dir, name, strlen(name)) : NULL;
	struct stat st;

	if (lstat(host, &st) < 0)
		return err_errno(err, errno, "%s", host);
	if (node && strcmp(node->name, name) == 0)
		return compare_pair(d, node, path, host, &st, err);
	add_host(d, IMAGE_ADDED, path, &st);
	if (S_ISDIR(st.st_mode))
		add_folder(d, NULL, path);
	return 0;
}

static int compare_folder(struct host_diff *d, const struct host_pair *pair, struct err *err)
{
	CLEANUP(freep) char *host = xasprintf("%s%s", d->folder, pair->path);

	if (names_of_folder(host, names_by_bytes, &d->names, err) < 0)
		return err_context(err, "%s", host);
	for (size_t i = 0; i < d->names.len; i++)
		if (look_at_name(d, pair->node, pair->path, d->names.items[i], err) < 0)
			return -1;
	for (const struct wim_node *node = pair->node ? pair->node->first : NULL; node; node = node->next)
		if (!d->names.len ||
		    !bsearch(&node->name, d->names.items, d->names.len, sizeof(*d->names.items), names_by_bytes))
			diff_add_tree(d->diff, d->file, IMAGE_REMOVED, node);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* New files that may be removed ones under another name are read. */
static int hash_added(struct host_diff *d, struct err *err)
{
	CLEANUP(freep) uint64_t *sizes = xcalloc(d->diff->rows.len + 1, sizeof(*sizes));
	size_t n = 0;

	for (size_t i = 0; i < d->diff->rows.len; i++)
		if (d->diff->rows.items[i].kind == IMAGE_REMOVED && d->diff->rows.items[i].old_size)
			sizes[n++] = d->diff->rows.items[i].old_size;
	if (n)
		qsort(sizes, n, sizeof(*sizes), by_number);
	for (size_t i = 0; n && i < d->diff->rows.len; i++) {
		struct image_diff_row *row = &d->diff->rows.items[i];

		if (row->kind != IMAGE_ADDED || !row->new_size ||
		    !bsearch(&row->new_size, sizes, n, sizeof(*sizes), by_number))
			continue;

		CLEANUP(freep) char *host = xasprintf("%s%s", d->folder, row->path);

		if (hash_host_file(host, row->hash, err) < 0)
			return -1;
	}
	return 0;
}

static int compare_all(struct host_diff *d, const struct wim_tree *tree, struct err *err)
{
	struct stat st;

	if (stat(d->folder, &st) < 0)
		return err_errno(err, errno, "%s", d->folder);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_FORMAT, "%s: neither a WIM nor a folder", d->folder);
	if (compare_pair(d, tree->root, "", d->folder, &st, err) < 0)
		return -1;
	while (d->folders.len) {
		struct host_pair pair = d->folders.items[--d->folders.len];
		int done = compare_folder(d, &pair, err);

		free(pair.path);
		if (done < 0 || diff_check_size(d->diff, err) < 0)
			return -1;
	}
	return hash_added(d, err);
}

int image_diff_host(struct image_file *a, unsigned a_index, const char *folder, unsigned ignore,
		    struct image_diff *ret, struct err *err)
{
	struct host_diff d = { .file = a, .folder = folder, .ignore = ignore, .diff = ret };
	const struct wim_tree *tree = image_tree(a, a_index, err);
	int done = tree ? compare_all(&d, tree, err) : -1;

	if (done == 0)
		diff_finish(ret);
	for (size_t i = 0; i < d.folders.len; i++)
		free(d.folders.items[i].path);
	vec_release(&d.folders);
	names_release(&d.names);
	return done;
}
