/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/image/edit_refs.h"
#include "common/image/wim_journal.h"

/* ---- opening ---- */

int image_open_locked(const char *path, struct err *err)
{
	int fd = file_open_read(path, err);

	if (fd < 0)
		return -1;
	close(fd);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_errno(err, errno, "cannot be opened for writing");
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		err_set(err, ERR_BUSY, "another program is changing this WIM");
	else
		err_errno(err, errno, "cannot be locked");
	close(fd);
	return -1;
}

int image_check_can_replace(const struct image_file *file, struct err *err)
{
	const struct wim_header *header = &file->header;

	if (header->flags & WIM_FLAG_READONLY) {
		err_set(err, ERR_REFUSED, "the WIM is marked read-only");
		return err_hint(err,
				"export its images to a new WIM (wimtool export WIM all NEW) and change that");
	}
	if (header->parts != 1 || (header->flags & WIM_FLAG_SPANNED)) {
		err_set(err, ERR_UNSUPPORTED, "part %u of a split WIM of %u parts", header->part, header->parts);
		return err_hint(err, "join the parts into one WIM and change that");
	}
	return 0;
}

int image_check_can_change(const struct image_file *file, struct err *err)
{
	if (image_check_can_replace(file, err) < 0)
		return -1;
	if (!file->header.pipable)
		return 0;
	err_set(err, ERR_UNSUPPORTED, "a pipable WIM cannot be changed in place");
	return err_hint(err, "make a normal one of it: wimtool optimize WIM --not-pipable");
}

uint64_t edit_highest_link_group(const struct wim_tree *tree)
{
	uint64_t highest = 0;

	for (const struct wim_node *node = tree->root; node; node = wim_node_walk(tree->root, node))
		highest = MAX(highest, wim_node_link_group(node));
	return highest;
}

static int load_file(struct image_edit *edit, const char *name_or_index, struct err *err)
{
	bool did;
	int fd = image_open_locked(edit->path, err);

	if (fd < 0)
		return -1;
	if (wim_journal_replay(edit->path, fd, &did, err) < 0) {
		close(fd);
		return -1;
	}
	edit->file = image_file_open_fd(fd, err);
	if (!edit->file || image_check_can_change(edit->file, err) < 0 ||
	    image_select(edit->file, name_or_index, &edit->index, err) < 0)
		return -1;
	return 0;
}

struct image_edit *edit_open_file(const char *path, const char *name_or_index, struct err *err)
{
	CLEANUP(image_edit_closep) struct image_edit *edit = xcalloc(1, sizeof(*edit));
	struct image_edit *opened;

	edit->path = realpath(path, NULL);
	if (!edit->path) {
		err_errno(err, errno, "cannot be opened");
		image_hint_target(path, err);
		return NULL;
	}
	if (load_file(edit, name_or_index, err) < 0)
		return NULL;
	opened = edit;
	edit = NULL;
	return opened;
}

void edit_take_tree(struct image_edit *edit, struct wim_tree *tree)
{
	edit->tree = tree;
	edit->next_link_group = edit_highest_link_group(tree) + 1;
}

struct image_edit *image_edit_open(const char *path, const char *name_or_index, struct err *err)
{
	struct image_edit *edit = edit_open_file(path, name_or_index, err);
	struct wim_tree *tree = edit ? image_load_tree(edit->file->reader, edit->file, edit->index, err) : NULL;

	if (!tree) {
		image_edit_closep(&edit);
		return NULL;
	}
	edit_take_tree(edit, tree);
	edit_note_before(edit, tree);
	return edit;
}

static void release_blob(const struct new_blob *blob)
{
	if (!blob->lent)
		free(blob->data);
	free(blob->host_path);
}

void image_edit_closep(struct image_edit **edit)
{
	struct image_edit *e = *edit;

	if (!e)
		return;
	for (size_t i = 0; i < e->blobs.len; i++)
		release_blob(&e->blobs.items[i]);
	vec_release(&e->blobs);
	free(e->blob_slots);
	vec_release(&e->before.hashes);
	vec_release(&e->before.chunks);
	strbuf_release(&e->result);
	image_free_treep(&e->tree);
	image_file_closep(&e->file);
	free(e->path);
	free(e->undo_path);
	free(e->new_name);
	free(e);
	*edit = NULL;
}

struct image_file *image_edit_file(struct image_edit *edit)
{
	return edit->file;
}

unsigned image_edit_index(const struct image_edit *edit)
{
	return edit->index;
}

const char *image_edit_path(const struct image_edit *edit)
{
	return edit->path;
}

void image_edit_set_threads(struct image_edit *edit, unsigned threads)
{
	edit->threads = threads;
}

void image_edit_keep_undo(struct image_edit *edit, const char *path)
{
	free(edit->undo_path);
	edit->undo_path = xstrdup(path);
}

void image_edit_set_gate(struct image_edit *edit, int (*gate)(void *context, struct err *err), void *context)
{
	edit->gate = gate;
	edit->gate_context = context;
}

bool image_undo_is(const char *path)
{
	return wim_journal_is(path);
}

int image_undo(const char *wim, const char *undo, struct err *err)
{
	CLEANUP(freep) char *real = realpath(wim, NULL);
	CLEANUP(close_fdp) int fd = -1;
	bool did;

	if (!real)
		return err_errno(err, errno, "cannot be opened");
	fd = image_open_locked(real, err);
	if (fd < 0 || wim_journal_replay(real, fd, &did, err) < 0)
		return -1;
	return wim_journal_take_back(undo, fd, err);
}

int image_recover(const char *path, bool *did, struct err *err)
{
	CLEANUP(freep) char *real = realpath(path, NULL);
	CLEANUP(close_fdp) int fd = -1;

	if (!real)
		return err_errno(err, errno, "cannot be opened");
	fd = image_open_locked(real, err);
	return fd < 0 ? -1 : wim_journal_replay(real, fd, did, err);
}

/* ---- new contents ---- */

static size_t first_slot(const struct image_edit *edit, const uint8_t *hash)
{
	return (size_t)load_le64(hash) & (edit->n_slots - 1);
}

const struct new_blob *edit_find_blob(const struct image_edit *edit, const uint8_t hash[WIM_HASH_LEN])
{
	if (!edit->n_slots)
		return NULL;
	for (size_t slot = first_slot(edit, hash); edit->blob_slots[slot]; slot = (slot + 1) & (edit->n_slots - 1)) {
		const struct new_blob *blob = &edit->blobs.items[edit->blob_slots[slot] - 1];

		if (memcmp(blob->hash, hash, WIM_HASH_LEN) == 0)
			return blob;
	}
	return NULL;
}

static void take_slot(struct image_edit *edit, size_t index)
{
	size_t slot = first_slot(edit, edit->blobs.items[index].hash);

	while (edit->blob_slots[slot])
		slot = (slot + 1) & (edit->n_slots - 1);
	edit->blob_slots[slot] = (uint32_t)index + 1;
}

static void grow_slots(struct image_edit *edit)
{
	edit->n_slots = edit->n_slots ? edit->n_slots * 2 : 64;
	free(edit->blob_slots);
	edit->blob_slots = xcalloc(edit->n_slots, sizeof(*edit->blob_slots));
	for (size_t i = 0; i < edit->blobs.len; i++)
		take_slot(edit, i);
}

void edit_add_blob(struct image_edit *edit, const struct new_blob *blob)
{
	const struct wim_blob *old = wim_blobs_find(&edit->file->blobs, blob->hash);

	if (wim_hash_is_zero(blob->hash) || (old && old->here) || edit_find_blob(edit, blob->hash)) {
		release_blob(blob);
		return;
	}
	if ((edit->blobs.len + 1) * 2 > edit->n_slots)
		grow_slots(edit);
	*vec_add(&edit->blobs) = *blob;
	take_slot(edit, edit->blobs.len - 1);
}

uint64_t edit_blob_size(const struct image_edit *edit, const uint8_t hash[WIM_HASH_LEN])
{
	const struct wim_blob *old = wim_blobs_find(&edit->file->blobs, hash);
	const struct new_blob *added = old ? NULL : edit_find_blob(edit, hash);

	return old ? old->size : added ? added->size : 0;
}

/* ---- paths ---- */

static int check_folder(const struct wim_node *node, const char *path, const char *rest, struct err *err)
{
	int shown = (int)MIN((size_t)(rest - path), (size_t)400);

	if (!wim_node_is_dir(node))
		return err_set(err, ERR_USAGE, "%.*s: is a file, a folder is wanted", shown, path);
	if (wim_node_is_reparse(node))
		return err_set(err, ERR_REFUSED, "%.*s: is a link; name the folder that it leads to", shown, path);
	return 0;
}

static int check_new_names(const char *rest, unsigned depth, struct err *err)
{
	const char *part;
	size_t len;

	for (rest = image_path_part(rest, &part, &len); len; rest = image_path_part(rest, &part, &len)) {
		if (wim_name_check(part, len, err) < 0)
			return -1;
		if (++depth > WIM_DEPTH_MAX)
			return err_set(err, ERR_LIMIT, "nested more than %d deep", WIM_DEPTH_MAX);
	}
	return 0;
}

int image_path_check(const char *path, struct err *err)
{
	return check_new_names(image_path_start(path), 0, err);
}

int edit_resolve(const struct image_edit *edit, const char *path, struct edit_place *ret, struct err *err)
{
	struct wim_node *node = edit->tree->root;
	const char *rest = image_path_start(path);
	const char *part;
	size_t len;

	for (;;) {
		const char *next = image_path_part(rest, &part, &len);

		if (len == 0) {
			*ret = (struct edit_place){ .node = node, .rest = "" };
			return 0;
		}
		if (check_folder(node, path, part, err) < 0)
			return -1;

		struct wim_node *child = wim_node_child(node, part, len);

		if (!child) {
			*ret = (struct edit_place){ .node = node, .rest = part };
			return check_new_names(part, node->depth, err) < 0 ? err_context(err, "%.300s", path) : 0;
		}
		node = child;
		rest = next;
	}
}

static bool is_last_part(const char *rest)
{
	const char *part;
	size_t len;

	rest = image_path_part(rest, &part, &len);
	(void)image_path_part(rest, &part, &len);
	return len == 0;
}

static struct wim_node *make_dir(struct image_edit *edit, struct wim_node *parent, const char *name, size_t len)
{
	uint64_t now = filetime_now();
	struct wim_node *node = wim_node_new(edit->tree, name, len, &(struct wim_new_node){
		.attributes = WIM_ATTR_DIRECTORY,
		.security_id = (int32_t)load_le32(parent->raw + DENTRY_SECURITY),
		.created = now, .accessed = now, .written = now,
	});

	wim_node_attach(edit->tree, parent, node);
	edit->changed = true;
	return node;
}

struct wim_node *edit_make_parents(struct image_edit *edit, const struct edit_place *place, const char **name,
				   size_t *len)
{
	struct wim_node *parent = place->node;
	const char *rest = image_path_part(place->rest, name, len);

	while (*rest && !is_last_part(*name)) {
		parent = make_dir(edit, parent, *name, *len);
		rest = image_path_part(rest, name, len);
	}
	return parent;
}

int edit_check_open(struct image_edit *edit, struct err *err)
{
	if (edit->committed)
		return err_set(err, ERR_USAGE, "the edits were written already; open the WIM again");
	strbuf_release(&edit->result);
	return 0;
}

const struct strbuf *edit_result(struct image_edit *edit)
{
	if (!edit->result.len) {
		strbuf_reserve(&edit->result, edit->tree->data.len + 4096);
		wim_tree_serialise(edit->tree, &edit->result);
		wim_sha1(edit->result.data, edit->result.len, edit->result_hash);
	}
	return &edit->result;
}

/* ---- the edits ---- */

int edit_check_replace(const struct wim_node *node, const char *path, struct err *err)
{
	if (wim_node_is_dir(node))
		return err_set(err, ERR_USAGE, "%s: is a folder", path);
	if (!wim_node_data_hash(node)) {
		err_set(err, ERR_REFUSED, "%s: is a link or another reparse point", path);
		return err_hint(err, "delete it first, or name the file that it leads to");
	}
	if (wim_node_attributes(node) & WIM_ATTR_ENCRYPTED)
		return err_set(err, ERR_UNSUPPORTED, "%s: is encrypted by Windows (EFS)", path);
	return 0;
}

void edit_replace_data(struct wim_node *node, const uint8_t hash[WIM_HASH_LEN], uint64_t written)
{
	struct wim_node *link = node;

	do {
		uint8_t *place = wim_node_data_hash(link);

		if (place)
			memcpy(place, hash, WIM_HASH_LEN);
		store_le64(link->raw + DENTRY_WRITTEN, written);
		link = link->link_next;
	} while (link != node);
}

static struct new_blob blob_of(const void *data, size_t len, bool lent)
{
	struct new_blob blob = { .size = len, .lent = lent };

	if (len) {
		wim_sha1(data, len, blob.hash);
		blob.data = lent ? (uint8_t *)(uintptr_t)data : xmemdup(data, len);
	}
	return blob;
}

static void put_new(struct image_edit *edit, const struct edit_place *place, const uint8_t *hash)
{
	uint64_t now = filetime_now();
	const char *name;
	size_t len;
	struct wim_node *parent = edit_make_parents(edit, place, &name, &len);
	struct wim_node *node = wim_node_new(edit->tree, name, len, &(struct wim_new_node){
		.attributes = WIM_ATTR_ARCHIVE,
		.security_id = (int32_t)load_le32(parent->raw + DENTRY_SECURITY),
		.created = now, .accessed = now, .written = now,
		.hash = hash,
	});

	wim_node_attach(edit->tree, parent, node);
	edit->changed = true;
}

static int no_parent(const struct edit_place *place, const char *path, struct err *err)
{
	const char *part;
	size_t len;

	(void)image_path_part(place->rest, &part, &len);
	return err_set(err, ERR_NOT_FOUND, "%s: there is no folder \"%.*s\" in the image", path, (int)len, part);
}

static int put(struct image_edit *edit, const char *path, const void *data, size_t len, bool lent, bool make_parents,
	       struct err *err)
{
	struct edit_place place = { 0 };

	if (edit_check_open(edit, err) < 0 || edit_resolve(edit, path, &place, err) < 0)
		return -1;
	if (!*place.rest && edit_check_replace(place.node, path, err) < 0)
		return -1;
	if (*place.rest && !make_parents && !is_last_part(place.rest))
		return no_parent(&place, path, err);

	struct new_blob blob = blob_of(data, len, lent);

	if (*place.rest) {
		put_new(edit, &place, blob.hash);
	} else if (memcmp(wim_node_data_hash(place.node), blob.hash, WIM_HASH_LEN) != 0) {
		edit_replace_data(place.node, blob.hash, filetime_now());
		edit->changed = true;
	}
	edit_add_blob(edit, &blob);
	return 0;
}

int image_edit_put(struct image_edit *edit, const char *path, const void *data, size_t len, bool make_parents,
		   struct err *err)
{
	return put(edit, path, data, len, false, make_parents, err);
}

int image_edit_put_lent(struct image_edit *edit, const char *path, const void *data, size_t len, bool make_parents,
			struct err *err)
{
	return put(edit, path, data, len, true, make_parents, err);
}

int image_edit_mkdir(struct image_edit *edit, const char *path, struct err *err)
{
	struct edit_place place = { 0 };
	const char *name;
	size_t len;

	if (edit_check_open(edit, err) < 0 || edit_resolve(edit, path, &place, err) < 0)
		return -1;
	if (!*place.rest)
		return err_set(err, ERR_REFUSED, "%s: is there already", path);
	if (!is_last_part(place.rest))
		return no_parent(&place, path, err);
	(void)image_path_part(place.rest, &name, &len);
	make_dir(edit, place.node, name, len);
	return 0;
}

/* An existing entry that is not the root. */
static struct wim_node *find_entry(const struct image_edit *edit, const char *path, struct err *err)
{
	struct wim_node *node = image_lookup(edit->tree, path, err);

	if (node && !node->parent) {
		err_set(err, ERR_REFUSED, "%s: is the root of the image", path);
		return NULL;
	}
	return node;
}

void edit_remove(struct image_edit *edit, struct wim_node *node)
{
	wim_node_detach(edit->tree, node);
	for (struct wim_node *n = node; n; n = wim_node_walk(node, n)) {
		wim_node_unlink(n);
		free(n->sorted);
		n->sorted = NULL;
	}
	edit->changed = true;
}

int image_edit_delete(struct image_edit *edit, const char *path, bool recursive, struct err *err)
{
	struct wim_node *node;

	if (edit_check_open(edit, err) < 0)
		return -1;
	node = find_entry(edit, path, err);
	if (!node)
		return -1;
	if (node->first && !recursive)
		return err_set(err, ERR_REFUSED, "%s: is a folder that is not empty", path);
	edit_remove(edit, node);
	return 0;
}

int image_edit_clear(struct image_edit *edit, struct err *err)
{
	if (edit_check_open(edit, err) < 0)
		return -1;
	while (edit->tree->root->first)
		edit_remove(edit, edit->tree->root->first);
	return 0;
}

static bool is_inside(const struct wim_node *node, const struct wim_node *top)
{
	for (; node; node = node->parent)
		if (node == top)
			return true;
	return false;
}

static unsigned height(const struct wim_node *top)
{
	unsigned deepest = top->depth;

	for (const struct wim_node *node = top; node; node = wim_node_walk(top, node))
		deepest = MAX(deepest, node->depth);
	return deepest - top->depth;
}

/* A link to a folder is none. */
static bool is_folder(const struct wim_node *node)
{
	return wim_node_is_dir(node) && !wim_node_is_reparse(node);
}

/* What rename(2) takes away: a file for a file, an empty folder for a folder. */
static int check_gives_way(const struct wim_node *old, const struct wim_node *node, bool replace, const char *to,
			   struct err *err)
{
	if (!replace || !old->parent)
		return err_set(err, ERR_REFUSED, "%s: is there already", to);
	if (is_folder(old) != is_folder(node))
		return err_set(err, ERR_REFUSED, "%s: is there already, %s", to, is_folder(old) ? "a folder" : "no folder");
	if (old->first)
		return err_set(err, ERR_REFUSED, "%s: is a folder that is not empty", to);
	return 0;
}

/* Where a renamed entry will be: its folder and its new name, and what goes for it (NULL: nothing is there). */
static int find_target(const struct image_edit *edit, const struct wim_node *node, const char *to, bool replace,
		       struct wim_node **ret_dir, struct wim_node **ret_old, const char **name, size_t *len, struct err *err)
{
	struct edit_place place = { 0 };

	if (edit_resolve(edit, to, &place, err) < 0)
		return -1;
	*ret_old = *place.rest || place.node == node ? NULL : place.node;
	if (*ret_old && check_gives_way(place.node, node, replace, to, err) < 0)
		return -1;
	if (*place.rest && !is_last_part(place.rest))
		return no_parent(&place, to, err);
	assert(place.node);
	*ret_dir = *place.rest ? place.node : place.node->parent;
	assert(*ret_dir); /* the root alone has none, and is neither renamed nor replaced */
	if (is_inside(*ret_dir, node))
		return err_set(err, ERR_REFUSED, "%s: is inside of what is to be moved", to);
	if ((*ret_dir)->depth + 1u + height(node) > WIM_DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "%s: is nested too deep", to);

	const char *rest = image_path_start(to);

	for (rest = image_path_part(rest, name, len); !is_last_part(*name);)
		rest = image_path_part(rest, name, len);
	return wim_name_check(*name, *len, err);
}

static int rename_entry(struct image_edit *edit, const char *from, const char *to, bool replace, struct err *err)
{
	struct wim_node *dir = NULL, *old = NULL;
	const char *name = NULL;
	size_t len = 0;
	struct wim_node *node;

	if (edit_check_open(edit, err) < 0)
		return -1;
	node = find_entry(edit, from, err);
	if (!node || find_target(edit, node, to, replace, &dir, &old, &name, &len, err) < 0)
		return -1;
	if (old)
		edit_remove(edit, old);
	wim_node_detach(edit->tree, node);

	int done = wim_node_rename(edit->tree, node, name, len, err);

	wim_node_attach(edit->tree, dir, node);
	edit->changed = true;
	return done;
}

int image_edit_rename(struct image_edit *edit, const char *from, const char *to, struct err *err)
{
	return rename_entry(edit, from, to, false, err);
}

int image_edit_rename_over(struct image_edit *edit, const char *from, const char *to, struct err *err)
{
	return rename_entry(edit, from, to, true, err);
}
