/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks the upper folder of an overlay beside the tree of the image. */
#include "common/image/image_layer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/base/names.h"
#include "common/base/utf16.h"
#include "common/image/layer_private.h"

#define WHITEOUT_PREFIX ".wh." /* of fuse-overlayfs where it may make no devices */
#define OPAQUE_NAME ".wh..wh..opq"
#define TARGET_MAX 4096

static void layer_release(struct layer *layer)
{
	for (size_t i = 0; i < layer->links.len; i++)
		free(layer->links.items[i].target);
	vec_release(&layer->links);
	for (size_t i = 0; i < layer->linked.len; i++)
		free(layer->linked.items[i].host_path);
	vec_release(&layer->linked);
	vec_release(&layer->inodes);
	wim_order_release(&layer->order);
	free(layer->numbers);
	free(layer->shared);
}

/* ---- files with several names ---- */

static size_t inode_place(const struct layer *layer, const struct stat *st, bool *found)
{
	size_t low = 0;
	size_t high = layer->inodes.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct layer_inode *item = &layer->inodes.items[middle];

		if (item->device < st->st_dev || (item->device == st->st_dev && item->inode < st->st_ino))
			low = middle + 1;
		else
			high = middle;
	}
	*found = low < layer->inodes.len && layer->inodes.items[low].device == st->st_dev &&
		 layer->inodes.items[low].inode == st->st_ino;
	return low;
}

static struct layer_inode *find_inode(struct layer *layer, const struct stat *st)
{
	bool found;
	size_t place = inode_place(layer, st, &found);

	return found ? &layer->inodes.items[place] : NULL;
}

static void add_inode(struct layer *layer, const struct stat *st, struct wim_node *node)
{
	bool found;
	size_t place = inode_place(layer, st, &found);

	if (found)
		return;
	(void)vec_add(&layer->inodes);
	memmove(&layer->inodes.items[place + 1], &layer->inodes.items[place],
		(layer->inodes.len - 1 - place) * sizeof(*layer->inodes.items));
	layer->inodes.items[place] =
		(struct layer_inode){ .device = st->st_dev, .inode = st->st_ino, .node = node };
}

/* The node is about to be no name of its file any more; another one stands for it. */
static void leave_file(struct layer *layer, const struct wim_node *node)
{
	for (size_t i = 0; i < layer->inodes.len; i++)
		if (layer->inodes.items[i].node == node)
			layer->inodes.items[i].node = node->link_next == node ? NULL : node->link_next;
}

static void leave_ring(struct layer *layer, struct wim_node *node)
{
	leave_file(layer, node);
	if (wim_node_link_group(node))
		store_le64(node->raw + DENTRY_LINK_GROUP, 0);
	wim_node_unlink(node);
}

/* Makes node a further name of the file first. */
static void link_names(struct layer *layer, struct wim_node *first, struct wim_node *node)
{
	if (first == node || (wim_node_link_group(first) && wim_node_link_group(first) == wim_node_link_group(node)))
		return;
	leave_ring(layer, node);
	if (wim_node_link_group(first) == 0)
		store_le64(first->raw + DENTRY_LINK_GROUP, layer->edit->next_link_group++);
	store_le64(node->raw + DENTRY_LINK_GROUP, wim_node_link_group(first));
	wim_node_link(first, node);
}

/* The same for an upper file of which other names may have been seen, or may come. */
static void join_inode(struct layer *layer, const struct stat *st, struct wim_node *node)
{
	struct layer_inode *inode = find_inode(layer, st);

	if (!inode)
		add_inode(layer, st, node);
	else if (inode->node)
		link_names(layer, inode->node, node);
	else
		inode->node = node;
}

/* ---- one entry ---- */

/* The entry with exactly that name. */
static struct wim_node *exact_child(const struct wim_node *dir, const char *name)
{
	struct wim_node *child = wim_node_child(dir, name, strlen(name));

	return child && strcmp(child->name, name) == 0 ? child : NULL;
}

static void remove_node(struct layer *layer, struct wim_node *node)
{
	for (struct wim_node *n = node; n; n = wim_node_walk(node, n)) {
		leave_file(layer, n);
		wim_node_unlink(n);
	}
	edit_remove(layer->edit, node);
	layer->stats.removed++;
}

static int check_new(const struct wim_node *dir, const char *name, struct err *err)
{
	const struct wim_node *other = wim_node_child(dir, name, strlen(name));

	if (wim_name_check(name, strlen(name), err) < 0)
		return -1;
	if (other)
		return err_set(err, ERR_REFUSED, "\"%s\" and \"%s\" differ only in case", name, other->name);
	return dir->depth >= WIM_DEPTH_MAX ? err_set(err, ERR_LIMIT, "nested more than %d deep", WIM_DEPTH_MAX) : 0;
}

/* A new entry in dir: a copy of the one that it was made of, or one like its folder. */
static struct wim_node *add_node(struct layer *layer, struct wim_node *dir, const char *name,
				 const struct wim_node *origin, uint32_t attributes, const struct stat *st,
				 struct err *err)
{
	uint64_t written = filetime_from_timespec(st->st_mtim);
	struct wim_node *node;

	if (check_new(dir, name, err) < 0)
		return NULL;
	if (origin)
		node = wim_node_clone(layer->edit->tree, origin, name, strlen(name));
	else
		node = wim_node_new(layer->edit->tree, name, strlen(name), &(struct wim_new_node){
			.attributes = attributes,
			.security_id = (int32_t)load_le32(dir->raw + DENTRY_SECURITY),
			.created = written,
			.accessed = written, /* reading the file for a commit must not make the next one differ */
			.written = written,
			.reparse_tag = WIM_TAG_SYMLINK,
		});
	wim_node_attach(layer->edit->tree, dir, node);
	layer->stats.changed++;
	layer->edit->changed = true;
	return node;
}

static bool is_plain_file(const struct wim_node *node)
{
	return !wim_node_is_dir(node) && !wim_node_is_link(node);
}

static bool is_same_file(const struct layer *layer, const struct wim_node *a, const struct wim_node *b)
{
	return a == b || layer_file_number(layer, a) == layer_file_number(layer, b);
}

/* The entry that a file of that name replaces, freed of what does not go with it; NULL when it must be made. */
static struct wim_node *settle_file(struct layer *layer, struct wim_node *old, const struct wim_node *origin)
{
	if (!old)
		return NULL;
	/* another file was moved over it, or it was no file: what it was is gone */
	if (!is_plain_file(old) || (origin && !is_same_file(layer, old, origin))) {
		remove_node(layer, old);
		return NULL;
	}
	/* a new file under the old name, as editors write them, is no longer the one with the other names */
	if (!origin)
		leave_ring(layer, old);
	return old;
}

static int set_all(struct layer *layer, struct wim_node *node, const char *path, const struct stat *st,
		   struct err *err)
{
	return layer_set_data(layer, node, path, st, err) < 0 ? -1 : layer_set_rest(layer, node, path, st, err);
}

/* The number of the base file with several names that an upper file is, or was, one of; UINT32_MAX for others. */
static uint32_t linked_file(const struct layer *layer, const struct wim_node *origin)
{
	uint32_t number = origin ? layer_file_number(layer, origin) : UINT32_MAX;

	return number != UINT32_MAX && layer->shared[number] ? number : UINT32_MAX;
}

static int put_file(struct layer *layer, struct wim_node *dir, const char *name, const char *path,
		    const struct stat *st, struct err *err)
{
	struct wim_node *origin = layer_origin(layer, path);
	struct wim_node *node = settle_file(layer, exact_child(dir, name), origin);
	uint32_t number = linked_file(layer, origin);
	bool in_place = node;

	if (!node)
		node = add_node(layer, dir, name, origin && is_plain_file(origin) ? origin : NULL, WIM_ATTR_ARCHIVE, st,
				err);
	if (!node)
		return -1;
	if (number != UINT32_MAX) {
		*vec_add(&layer->linked) = (struct layer_change){
			.file = number, .node = node, .in_place = in_place, .host_path = xstrdup(path), .st = *st,
		};
		return 0;
	}
	if (st->st_nlink > 1)
		join_inode(layer, st, node);
	return set_all(layer, node, path, st, err);
}

/* ---- names of one file ---- */

static int compare_changes(const void *a, const void *b)
{
	const struct layer_change *x = a;
	const struct layer_change *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	/* of equal contents, those written last give their time */
	if (x->st.st_mtim.tv_sec != y->st.st_mtim.tv_sec)
		return x->st.st_mtim.tv_sec < y->st.st_mtim.tv_sec ? -1 : 1;
	if (x->st.st_mtim.tv_nsec != y->st.st_mtim.tv_nsec)
		return x->st.st_mtim.tv_nsec < y->st.st_mtim.tv_nsec ? -1 : 1;
	if (x->st.st_ino != y->st.st_ino)
		return x->st.st_ino < y->st.st_ino ? -1 : 1;
	return strcmp(x->host_path, y->host_path);
}

/* Names that are one file in the upper folder. */
static size_t count_same_inode(const struct layer_change *changes, size_t n)
{
	size_t same = 1;

	while (same < n && changes[same].file == changes[0].file && changes[same].st.st_ino == changes[0].st.st_ino)
		same++;
	return same;
}

static bool any_in_place(const struct layer_change *changes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (changes[i].in_place)
			return true;
	return false;
}

/*
 * Have all that were changed under a name of the base the same new contents? 1, 0, or -1 on an error. *anchor is the
 * first of these names.
 */
static int are_equal(const struct layer_change *changes, size_t n, struct wim_node **anchor, struct err *err)
{
	uint8_t first[WIM_HASH_LEN] = { 0 };
	uint8_t other[WIM_HASH_LEN] = { 0 };
	uint64_t size;

	*anchor = NULL;
	for (size_t i = 0; i < n; i++) {
		if (!changes[i].in_place)
			continue;
		if (edit_hash_host_file(changes[i].host_path, *anchor ? other : first, &size, err) < 0)
			return -1;
		if (*anchor && memcmp(first, other, sizeof(first)) != 0)
			return 0;
		if (!*anchor)
			*anchor = changes[i].node;
	}
	return 1;
}

/* Names of one upper file become names of one file: that of ring when it is given. */
static int set_names(struct layer *layer, struct layer_change *changes, size_t n, struct wim_node *ring,
		     struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (!ring)
			leave_ring(layer, changes[i].node);
		link_names(layer, ring ? ring : changes[0].node, changes[i].node);
	}
	for (size_t i = 0; i < n; i++)
		if (set_all(layer, changes[i].node, changes[i].host_path, &changes[i].st, err) < 0)
			return err_context(err, "%s", changes[i].node->name);
	return 0;
}

static int set_linked(struct layer *layer, struct err *err)
{
	struct layer_change *items = layer->linked.items;
	size_t len = layer->linked.len;
	size_t n = 0;

	if (len)
		qsort(items, len, sizeof(*items), compare_changes);
	for (size_t i = 0; i < len; i += n) {
		struct wim_node *anchor;
		int equal;
		size_t same;

		for (n = 1; i + n < len && items[i + n].file == items[i].file;)
			n++;
		equal = are_equal(items + i, n, &anchor, err);
		if (equal < 0)
			return -1;
		for (size_t k = i; k < i + n; k += same) {
			same = count_same_inode(items + k, i + n - k);
			if (set_names(layer, items + k, same, equal && any_in_place(items + k, same) ? anchor : NULL, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int put_link(struct layer *layer, struct wim_node *dir, const char *name, const char *path,
		    const struct stat *st, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf seen = STRBUF_INIT;
	struct wim_node *node = exact_child(dir, name);
	char target[TARGET_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len < 0)
		return err_errno(err, errno, "reading the link");
	target[len] = '\0';
	if (node && wim_node_is_link(node))
		layer_link_text(layer, node, &seen);
	if (node && strcmp(strbuf_text(&seen), target) == 0)
		return 0;
	if (node)
		remove_node(layer, node);
	node = add_node(layer, dir, name, NULL, WIM_ATTR_REPARSE, st, err);
	return node ? layer_set_link(layer, node, target, err) : -1;
}

/* Pipes, sockets and devices: only Linux can hold them, as empty files that say what they are. */
static int put_special(struct layer *layer, struct wim_node *dir, const char *name, const char *path,
		       const struct stat *st, struct err *err)
{
	struct wim_node *node = exact_child(dir, name);

	if (!layer->options->unix_data) {
		err_set(err, ERR_UNSUPPORTED, "is neither a file nor a folder nor a symbolic link");
		return err_hint(err, "remove it, or mount with --unix-data");
	}
	if (node && (!is_plain_file(node) || !wim_hash_is_zero(wim_node_data_hash(node)))) {
		remove_node(layer, node);
		node = NULL;
	}
	if (!node)
		node = add_node(layer, dir, name, NULL, WIM_ATTR_ARCHIVE, st, err);
	return node ? layer_set_rest(layer, node, path, st, err) : -1;
}

/* ---- folders ---- */

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

static bool is_opaque(const char *path)
{
	static const char *const names[] = { "trusted.overlay.opaque", "user.overlay.opaque",
					     "user.fuseoverlayfs.opaque", "trusted.fuseoverlayfs.opaque" };
	CLEANUP(freep) char *file = path_join(path, OPAQUE_NAME);
	struct stat st;
	char value;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (lgetxattr(path, names[i], &value, 1) == 1 && value == 'y')
			return true;
	return lstat(file, &st) == 0;
}

static void remove_children(struct layer *layer, struct wim_node *dir)
{
	while (dir->first)
		remove_node(layer, dir->first);
}

static int walk(struct layer *layer, struct wim_node *dir, const char *path, struct err *err);

static int put_folder(struct layer *layer, struct wim_node *dir, const char *name, const char *path,
		      const struct stat *st, struct err *err)
{
	struct wim_node *origin = layer_origin(layer, path);
	struct wim_node *node = exact_child(dir, name);

	if (node && (!wim_node_is_dir(node) || wim_node_is_link(node))) {
		remove_node(layer, node);
		node = NULL;
	}
	if (origin && (!wim_node_is_dir(origin) || wim_node_is_link(origin)))
		origin = NULL;
	if (node && is_opaque(path))
		remove_children(layer, node);
	if (!node)
		node = add_node(layer, dir, name, origin, WIM_ATTR_DIRECTORY, st, err);
	if (!node || walk(layer, node, path, err) < 0)
		return -1;
	return layer_set_rest(layer, node, path, st, err);
}

static int put_any(struct layer *layer, struct wim_node *dir, const char *name, const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return err_errno(err, errno, "%s", path);
	if (is_whiteout(&st))
		return 0;
	if (S_ISDIR(st.st_mode))
		return put_folder(layer, dir, name, path, &st, err);

	int done = S_ISREG(st.st_mode) ? put_file(layer, dir, name, path, &st, err) :
		   S_ISLNK(st.st_mode) ? put_link(layer, dir, name, path, &st, err) :
					 put_special(layer, dir, name, path, &st, err);

	if (done < 0) {
		CLEANUP(strbuf_release) struct strbuf where = STRBUF_INIT;

		wim_node_path(dir, &where);
		return err_context(err, "%.600s/%.255s", strbuf_text(&where), name);
	}
	return 0;
}

static void put_whiteout(struct layer *layer, const struct wim_node *dir, const char *name, const char *path)
{
	bool by_name = strncmp(name, WHITEOUT_PREFIX, strlen(WHITEOUT_PREFIX)) == 0;
	struct wim_node *node;
	struct stat st;

	if (!by_name && (lstat(path, &st) < 0 || !is_whiteout(&st)))
		return;
	node = exact_child(dir, by_name ? name + strlen(WHITEOUT_PREFIX) : name);
	if (node)
		remove_node(layer, node);
}

/* What is gone first, so that a name in another case finds its place free. */
static int walk(struct layer *layer, struct wim_node *dir, const char *path, struct err *err)
{
	CLEANUP(names_release) struct names names = { 0 };

	if (names_of_folder(path, names_by_bytes, &names, err) < 0)
		return err_context(err, "%s", path);
	for (size_t i = 0; i < names.len; i++) {
		CLEANUP(freep) char *below = path_join(path, names.items[i]);

		put_whiteout(layer, dir, names.items[i], below);
	}
	for (size_t i = 0; i < names.len; i++) {
		const char *name = names.items[i];
		CLEANUP(freep) char *below = path_join(path, name);

		if (strncmp(name, WHITEOUT_PREFIX, strlen(WHITEOUT_PREFIX)) != 0 &&
		    put_any(layer, dir, name, below, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- all ---- */

int image_edit_put_layer(struct image_edit *edit, const struct image_layer *options, struct image_layer_stats *ret,
			 struct err *err)
{
	CLEANUP(layer_release) struct layer layer = { .edit = edit, .options = options };
	struct stat st;

	if (edit_check_open(edit, err) < 0)
		return -1;
	if (lstat(options->upper, &st) < 0)
		return err_errno(err, errno, "%s", options->upper);
	layer_number_base(&layer);
	if (walk(&layer, edit->tree->root, options->upper, err) < 0 || set_linked(&layer, err) < 0 ||
	    layer_set_rest(&layer, edit->tree->root, options->upper, &st, err) < 0)
		return -1;
	layer_finish_links(&layer);
	if (ret)
		*ret = layer.stats;
	return 0;
}
