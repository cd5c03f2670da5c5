/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files, links and folders of the host into an image. First everything is read
 * and checked, then the tree is changed, so that a failure leaves it alone.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/base/names.h"
#include "common/base/utf16.h"
#include "common/image/capture_scan.h"
#include "common/image/edit_private.h"
#include "common/image/wim_link.h"

#define HOST_DEPTH_MAX 1000 /* folders; PATH_MAX stops most trees long before */
#define COPY_PIECE (1u << 18)

struct host_item {
	char *host_path;
	char *path; /* in the image, for messages; that of the source itself is looked up */
	const char *name; /* the end of path */
	size_t parent;    /* its folder, an item before it */
	struct wim_node *node; /* what is there, or was made */
	struct stat st;
	uint8_t hash[WIM_HASH_LEN];
	char *data; /* reparse data of a symbolic link */
	size_t data_len;
	struct strbuf tagged; /* of Linux, with unix_data */
	char *below;          /* path below the source: "/a/b", "" for itself */
	enum capture_verdict verdict;
	bool points_to_dir;
	unsigned depth;
};

struct host_tree {
	const struct image_host_rules *rules;
	VEC(struct host_item) items;
	struct names names; /* of the folder that is being read */
};

static void host_tree_release(struct host_tree *tree)
{
	for (size_t i = 0; i < tree->items.len; i++) {
		free(tree->items.items[i].host_path);
		free(tree->items.items[i].path);
		free(tree->items.items[i].data);
		free(tree->items.items[i].below);
		strbuf_release(&tree->items.items[i].tagged);
	}
	vec_release(&tree->items);
	names_release(&tree->names);
}

/* ---- reading the host ---- */

static int each_piece(const char *host_path, wim_data_fn fn, void *context, struct err *err)
{
	CLEANUP(close_fdp) int fd = file_open_read(host_path, err);
	CLEANUP(freep) char *piece = xmalloc(COPY_PIECE);

	if (fd < 0)
		return err_context(err, "%s", host_path);
	for (;;) {
		ssize_t n = read(fd, piece, COPY_PIECE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "%s", host_path);
		if (n == 0)
			return 0;

		int stop = fn(context, piece, (size_t)n);

		if (stop)
			return stop;
	}
}

struct summing {
	struct wim_hash *hash;
	uint64_t size;
};

static int sum_piece(void *context, const void *data, size_t len)
{
	struct summing *summing = context;

	wim_hash_update(summing->hash, data, len);
	summing->size += len;
	return 0;
}

int edit_hash_host_file(const char *host_path, uint8_t hash[WIM_HASH_LEN], uint64_t *ret_size, struct err *err)
{
	CLEANUP(wim_hash_freep) struct wim_hash *sum = wim_hash_new_sha1();
	struct summing summing = { .hash = sum };

	if (each_piece(host_path, sum_piece, &summing, err) < 0)
		return -1;
	memset(hash, 0, WIM_HASH_LEN);
	if (summing.size)
		wim_hash_final(sum, hash);
	*ret_size = summing.size;
	return 0;
}

static int hash_file(struct host_item *item, struct err *err)
{
	uint64_t size = 0;

	if (edit_hash_host_file(item->host_path, item->hash, &size, err) < 0)
		return -1;
	item->st.st_size = (off_t)size;
	return 0;
}

static int read_symlink(struct host_item *item, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	char target[4096];
	ssize_t len = readlink(item->host_path, target, sizeof(target) - 1);

	if (len < 0)
		return err_errno(err, errno, "%s", item->host_path);
	target[len] = '\0';
	if (wim_link_build(target, &data, err) < 0)
		return err_context(err, "%s", item->host_path);
	item->points_to_dir = path_is_dir(item->host_path);
	item->data_len = data.len;
	item->data = strbuf_detach(&data);
	wim_sha1(item->data, item->data_len, item->hash);
	return 0;
}

static int look(const struct host_tree *tree, const char *host_path, struct stat *st, struct err *err)
{
	/* a link to nothing stays a link */
	if ((tree->rules->dereference && stat(host_path, st) == 0) || lstat(host_path, st) == 0)
		return 0;
	return err_errno(err, errno, "%s", host_path);
}

static bool is_special(const struct stat *st)
{
	return !S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode) && !S_ISDIR(st->st_mode);
}

static int read_contents(const struct host_tree *tree, struct host_item *item, struct err *err)
{
	if (tree->rules->unix_data && capture_unix_data(item->host_path, &item->st, &item->tagged, err) < 0)
		return -1;
	if (S_ISREG(item->st.st_mode))
		return hash_file(item, err);
	if (S_ISLNK(item->st.st_mode))
		return read_symlink(item, err);
	if (S_ISDIR(item->st.st_mode) || tree->rules->unix_data)
		return 0;
	return err_set(err, ERR_UNSUPPORTED, "%s: neither a file nor a folder nor a symbolic link", item->host_path);
}

/* Takes over the texts of what. */
static int read_item(struct host_tree *tree, const struct host_item *what, struct err *err)
{
	struct host_item *item = vec_add(&tree->items);

	*item = *what;
	if (look(tree, item->host_path, &item->st, err) < 0)
		return -1;
	if (item->depth > HOST_DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "%s: nested more than %d deep", item->host_path, HOST_DEPTH_MAX);
	return read_contents(tree, item, err);
}

/* Tells why an entry of a folder is left out; false when it is not. */
static bool is_left_out(const struct host_tree *tree, const char *host_path, const char *below,
			enum capture_verdict above, enum capture_verdict *ret)
{
	const struct image_host_rules *rules = tree->rules;
	const char *why = NULL;
	struct stat st;

	*ret = rules->config ? capture_config_judge(rules->config, below, above) : CAPTURE_TAKE;
	if (look(tree, host_path, &st, NULL) < 0)
		return false; /* reading it says why */
	if (rules->note && !rules->unix_data && is_special(&st))
		why = "left out: a WIM cannot hold this kind of file";
	else if (*ret != CAPTURE_LEAVE && (*ret != CAPTURE_PASS || S_ISDIR(st.st_mode)))
		return false;
	if (rules->note)
		rules->note(rules->context, host_path, why);
	return true;
}

static int read_child(struct host_tree *tree, size_t parent, const char *name, struct err *err)
{
	const struct host_item *folder = &tree->items.items[parent];
	struct host_item item = {
		.host_path = path_join(folder->host_path, name),
		.path = path_join(folder->path, name),
		.below = xasprintf("%s/%s", folder->below, name),
		.parent = parent,
		.depth = folder->depth + 1,
	};

	item.name = item.path + strlen(item.path) - strlen(name);
	if (!is_left_out(tree, item.host_path, item.below, folder->verdict, &item.verdict))
		return read_item(tree, &item, err);
	free(item.host_path);
	free(item.path);
	free(item.below);
	return 0;
}

/* What capture takes as a name, with exact names: a backslash parts nothing in it. */
static int check_host_name(const char *name, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;

	if (!wim_has_exact_names())
		return wim_name_check(name, strlen(name), err);
	if (text_to_utf16le(name, strlen(name), &units, err) == 0 && units.len <= 255 * 2)
		return 0;
	return err_set(err, ERR_UNSUPPORTED, "\"%.60s\" is no UTF-8, or longer than 255 units of UTF-16", name);
}

static int check_names(const struct names *names, struct err *err)
{
	for (size_t i = 0; i < names->len; i++) {
		const char *name = names->items[i];

		if (check_host_name(name, err) < 0)
			return -1;
		if (i && !wim_has_exact_names() && text_equal_nocase(names->items[i - 1], name))
			return err_set(err, ERR_REFUSED, "\"%s\" and \"%s\" differ only in case", names->items[i - 1], name);
	}
	return 0;
}

static int read_folder(struct host_tree *tree, size_t index, struct err *err)
{
	const char *host_path = tree->items.items[index].host_path;

	if (names_of_folder(host_path, names_by_letters, &tree->names, err) < 0 || check_names(&tree->names, err) < 0)
		return err_context(err, "%s", host_path);
	for (size_t i = 0; i < tree->names.len; i++)
		if (read_child(tree, index, tree->names.items[i], err) < 0)
			return -1;
	return 0;
}

static int read_host(struct host_tree *tree, const char *host_path, const char *path, struct err *err)
{
	const struct host_item source = { .host_path = xstrdup(host_path), .path = xstrdup(path), .below = xstrdup("") };

	if (read_item(tree, &source, err) < 0)
		return -1;
	for (size_t i = 0; i < tree->items.len; i++)
		if (S_ISDIR(tree->items.items[i].st.st_mode) && read_folder(tree, i, err) < 0)
			return -1;
	return 0;
}

/* ---- checking against the image ---- */

/* Below the source its own names count, not what a path would make of them. */
static int find_place(const struct image_edit *edit, const struct host_tree *tree, const struct host_item *item,
		      struct edit_place *ret, struct err *err)
{
	struct wim_node *dir, *node;

	if (item->depth == 0)
		return edit_resolve(edit, item->path, ret, err);
	assert(item->name && *item->name);
	dir = tree->items.items[item->parent].node;
	if (dir && dir->depth >= WIM_DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "%s: nested more than %d deep", item->path, WIM_DEPTH_MAX);
	node = dir ? wim_node_child(dir, item->name, strlen(item->name)) : NULL;
	*ret = (struct edit_place){ .node = node ? node : dir, .rest = node ? "" : item->name };
	return 0;
}

/* A link, or a device, is no file whose contents are replaced: it makes place for the new one. */
static bool changes_kind(const struct host_item *item, const struct wim_node *node)
{
	return !S_ISREG(item->st.st_mode) || wim_node_is_reparse(node);
}

static int check_item(const struct image_edit *edit, const struct host_tree *tree, struct host_item *item,
		      struct err *err)
{
	const struct image_host_rules *rules = tree->rules;
	struct edit_place place = { .rest = "" };

	if (find_place(edit, tree, item, &place, err) < 0)
		return -1;
	item->node = *place.rest ? NULL : place.node;
	if (!item->node)
		return 0;
	if (S_ISDIR(item->st.st_mode)) {
		if (!wim_node_is_dir(place.node) || wim_node_is_reparse(place.node))
			return err_set(err, ERR_REFUSED, "%s: is no folder in the image, but one on the host",
				       item->path);
		return 0;
	}
	if (rules->no_replace && !wim_node_is_dir(place.node))
		return err_set(err, ERR_REFUSED, "%s: is there already", item->path);
	if (rules->replace_links && changes_kind(item, place.node) && !wim_node_is_dir(place.node))
		return 0;
	if (S_ISLNK(item->st.st_mode)) {
		err_set(err, ERR_REFUSED, "%s: is there already; a link does not replace it", item->path);
		return err_hint(err, "delete it first");
	}
	return edit_check_replace(place.node, item->path, err);
}

/* ---- changing the tree ---- */

struct host_link {
	dev_t device;
	ino_t inode;
	struct wim_node *node;
};

struct applying {
	struct image_edit *edit;
	VEC(struct host_link) links; /* sorted */
};

static void applying_release(struct applying *applying)
{
	vec_release(&applying->links);
}

static size_t link_place(const struct applying *applying, const struct stat *st, bool *found)
{
	size_t low = 0;
	size_t high = applying->links.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct host_link *link = &applying->links.items[middle];

		if (link->device < st->st_dev || (link->device == st->st_dev && link->inode < st->st_ino))
			low = middle + 1;
		else
			high = middle;
	}
	*found = low < applying->links.len && applying->links.items[low].device == st->st_dev &&
		 applying->links.items[low].inode == st->st_ino;
	return low;
}

/* New entries of one host file become hard links of one another. */
static void join_hard_link(struct applying *applying, const struct stat *st, struct wim_node *node)
{
	bool found;
	size_t place = link_place(applying, st, &found);

	if (found) {
		struct wim_node *first = applying->links.items[place].node;

		if (wim_node_link_group(first) == 0)
			store_le64(first->raw + DENTRY_LINK_GROUP, applying->edit->next_link_group++);
		store_le64(node->raw + DENTRY_LINK_GROUP, wim_node_link_group(first));
		wim_node_link(first, node);
		return;
	}
	(void)vec_add(&applying->links);
	memmove(&applying->links.items[place + 1], &applying->links.items[place],
		(applying->links.len - 1 - place) * sizeof(struct host_link));
	applying->links.items[place] = (struct host_link){ .device = st->st_dev, .inode = st->st_ino, .node = node };
}

static uint32_t attributes_of(const struct host_item *item)
{
	if (S_ISDIR(item->st.st_mode))
		return WIM_ATTR_DIRECTORY;
	if (S_ISLNK(item->st.st_mode))
		return WIM_ATTR_REPARSE | (item->points_to_dir ? WIM_ATTR_DIRECTORY : 0);
	if (!S_ISREG(item->st.st_mode))
		return 0;
	return WIM_ATTR_ARCHIVE | (capture_has_holes(&item->st) ? WIM_ATTR_SPARSE : 0);
}

static void add_new(struct applying *applying, struct host_item *item, const struct edit_place *place)
{
	const char *name = item->name;
	size_t len = name ? strlen(name) : 0;
	struct wim_node *parent = name ? place->node : edit_make_parents(applying->edit, place, &name, &len);
	uint64_t written = filetime_from_timespec(item->st.st_mtim);

	assert(parent);

	struct wim_node *node = wim_node_new(applying->edit->tree, name, len, &(struct wim_new_node){
		.attributes = attributes_of(item),
		.security_id = (int32_t)load_le32(parent->raw + DENTRY_SECURITY),
		.created = written,
		.accessed = filetime_from_timespec(item->st.st_atim),
		.written = written,
		.hash = item->hash,
		.reparse_tag = WIM_TAG_SYMLINK,
		.reparse_flags = WIM_REPARSE_NOT_FIXED,
		.tagged = item->tagged.len ? &item->tagged : NULL,
	});

	item->node = node;
	wim_node_attach(applying->edit->tree, parent, node);
	if (!S_ISDIR(item->st.st_mode) && !S_ISLNK(item->st.st_mode) && item->st.st_nlink > 1)
		join_hard_link(applying, &item->st, node);
	applying->edit->changed = true;
}

static void add_contents(struct image_edit *edit, const struct host_item *item)
{
	struct new_blob blob = { 0 };

	memcpy(blob.hash, item->hash, WIM_HASH_LEN);
	if (item->data) {
		blob.size = item->data_len;
		blob.data = xmemdup(item->data, item->data_len);
	} else {
		blob.size = (uint64_t)item->st.st_size;
		blob.host_path = realpath(item->host_path, NULL);
		if (!blob.host_path)
			blob.host_path = xstrdup(item->host_path);
	}
	edit_add_blob(edit, &blob);
}

/* The tagged items of the host in place of those that the entry has. */
static void set_tagged(struct applying *applying, const struct host_item *item, struct wim_node *node)
{
	const uint8_t *at = (const uint8_t *)item->tagged.data, *end = at + item->tagged.len;

	for (; at < end; at += 8 + round_up(load_le32(at + 4), 8))
		wim_node_set_tag(applying->edit->tree, node, load_le32(at), at + 8, load_le32(at + 4));
	applying->edit->changed |= item->tagged.len > 0;
}

static int apply_item(struct applying *applying, const struct host_tree *tree, struct host_item *item, struct err *err)
{
	const struct image_host_rules *rules = tree->rules;
	struct edit_place place = { .rest = "" };

	if (find_place(applying->edit, tree, item, &place, err) < 0)
		return -1;
	assert(place.node); /* its folder came before it */
	if (!*place.rest && rules->replace_links && !wim_node_is_dir(place.node) && changes_kind(item, place.node)) {
		edit_remove(applying->edit, place.node);
		if (find_place(applying->edit, tree, item, &place, err) < 0)
			return -1;
	}
	item->node = place.node;
	if (*place.rest) {
		add_new(applying, item, &place);
	} else if (S_ISREG(item->st.st_mode)) {
		if (memcmp(wim_node_data_hash(place.node), item->hash, WIM_HASH_LEN) != 0) {
			edit_replace_data(place.node, item->hash, filetime_from_timespec(item->st.st_mtim));
			applying->edit->changed = true;
		}
		set_tagged(applying, item, place.node);
	}
	if (S_ISREG(item->st.st_mode) || S_ISLNK(item->st.st_mode))
		add_contents(applying->edit, item);
	return 0;
}

int image_edit_add_host_tree(struct image_edit *edit, const char *host_path, const char *path,
			     const struct image_host_rules *rules, struct err *err)
{
	static const struct image_host_rules none;
	CLEANUP(host_tree_release) struct host_tree tree = { .rules = rules ? rules : &none };
	CLEANUP(applying_release) struct applying applying = { .edit = edit };

	if (edit_check_open(edit, err) < 0 || read_host(&tree, host_path, path, err) < 0)
		return -1;
	for (size_t i = 0; i < tree.items.len; i++)
		if (check_item(edit, &tree, &tree.items.items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < tree.items.len; i++)
		if (apply_item(&applying, &tree, &tree.items.items[i], err) < 0)
			return -1;
	return 0;
}
