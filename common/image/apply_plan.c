/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/image/apply_private.h"
#include "common/image/wim_link.h"

#define ITEMS_MAX (UINT32_MAX - 1)
#define WARNINGS_SHOWN 20

static uint32_t reparse_tag(const struct wim_node *node)
{
	return wim_node_is_reparse(node) ? load_le32(node->raw + DENTRY_REPARSE_TAG) : 0;
}

static bool is_special(const struct image_apply_plan *plan, const struct wim_node *node)
{
	struct wim_unix_data data;

	return plan->request->unix_data && wim_node_unix_data(node, &data) && !S_ISREG(data.mode) &&
	       !S_ISDIR(data.mode) && !S_ISLNK(data.mode);
}

static int refuse(const struct wim_node *node, const char *why, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	wim_node_path(node, &path);
	return err_set(err, ERR_REFUSED, "%.600s: %s", path.len ? strbuf_text(&path) : "/", why);
}

static int find_blob(const struct image_apply_plan *plan, const struct wim_node *node, const uint8_t *hash,
		     const struct wim_blob **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	*ret = NULL;
	if (!hash || wim_hash_is_zero(hash))
		return 0;
	*ret = wim_blobs_find(&plan->request->file->blobs, hash);
	if (*ret && (*ret)->here && wim_resource_check_size(&(*ret)->res, err) == 0)
		return 0;
	wim_node_path(node, &path);
	if (*ret && (*ret)->here)
		return err_context(err, "%.600s", strbuf_text(&path));
	if (*ret && (*ret)->unplaced)
		err_set(err, ERR_NOT_FOUND, "%.600s: the contents are in a solid resource of another part of the split WIM",
			strbuf_text(&path));
	else if (*ret)
		err_set(err, ERR_NOT_FOUND, "%.600s: the contents are in part %u of the split WIM", strbuf_text(&path),
			(*ret)->part);
	else
		err_set(err, ERR_NOT_FOUND, "%.600s: the contents are not in this WIM", strbuf_text(&path));
	return err_hint(err, "name the other parts with --ref='install*.swm'");
}

static unsigned named_streams(const struct wim_node *node)
{
	unsigned n = 0;

	for (unsigned i = 0; i < node->n_streams; i++)
		n += *node->streams[i].name != '\0';
	return n;
}

static int classify(struct image_apply_plan *plan, const struct wim_node *node, struct apply_item *item, struct err *err)
{
	uint32_t tag = reparse_tag(node);

	if (plan->request->strict_acls && (int32_t)load_le32(node->raw + DENTRY_SECURITY) >= 0)
		return refuse(node, "a security descriptor, which a folder of Linux cannot hold", err);
	plan->counts.streams_left_out += named_streams(node);
	if (wim_tag_is_link(tag)) {
		if (node->first)
			return refuse(node, "a link that holds entries: they would be written to where it leads", err);
		item->kind = ITEM_LINK;
		plan->counts.links++;
		if (find_blob(plan, node, wim_node_reparse_hash(node), &item->blob, err) < 0)
			return -1;
		if (!item->blob || item->blob->size > WIM_REPARSE_MAX)
			return refuse(node, "a link without a target, or with one of impossible length", err);
		return 0;
	}
	plan->counts.reparse_left_out += wim_node_is_reparse(node);
	if (wim_node_is_dir(node)) {
		item->kind = ITEM_DIR;
		plan->counts.dirs++;
		return 0;
	}
	if (find_blob(plan, node, wim_node_data_hash(node), &item->blob, err) < 0)
		return -1;
	item->kind = !item->blob && is_special(plan, node) ? ITEM_SPECIAL : ITEM_FILE;
	plan->counts.files++;
	plan->counts.bytes += item->blob ? item->blob->size : 0;
	return 0;
}

static int add_tree(struct image_apply_plan *plan, uint32_t root, struct err *err)
{
	const struct wim_node *top = plan->request->roots[root].node;

	for (const struct wim_node *node = top; node;
	     node = plan->request->roots[root].alone ? NULL : wim_node_walk(top, node)) {
		struct apply_item item = { .node = node, .root = root, .next_of_blob = NO_ITEM, .next_name = NO_ITEM };

		if (classify(plan, node, &item, err) < 0)
			return -1;
		if (plan->items.len == ITEMS_MAX)
			return err_set(err, ERR_LIMIT, "more than %u entries", ITEMS_MAX);
		*vec_add(&plan->items) = item;
	}
	return 0;
}

/* ---- names of one file ---- */

static int compare_names(const void *a, const void *b, void *context)
{
	const struct apply_item *items = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	uint64_t group_x = wim_node_link_group(items[x].node), group_y = wim_node_link_group(items[y].node);

	if (group_x != group_y)
		return group_x < group_y ? -1 : 1;
	return (x > y) - (x < y);
}

static bool same_file(const struct apply_item *a, const struct apply_item *b)
{
	return wim_node_link_group(a->node) == wim_node_link_group(b->node) && a->blob == b->blob;
}

/* The first name of a file in the plan is the file, the others become links to it, in a chain. */
static void join_names(struct image_apply_plan *plan)
{
	struct apply_item *items = plan->items.items;
	VEC(uint32_t) names = { 0 };

	for (uint32_t i = 0; i < plan->items.len; i++)
		if ((items[i].kind == ITEM_FILE || items[i].kind == ITEM_SPECIAL) && items[i].node->link_next != items[i].node)
			*vec_add(&names) = i;
	if (names.len)
		qsort_r(names.items, names.len, sizeof(*names.items), compare_names, items);
	for (size_t i = 1; i < names.len; i++) {
		struct apply_item *before = &items[names.items[i - 1]], *item = &items[names.items[i]];

		if (!same_file(before, item))
			continue;
		item->kind = ITEM_HARD_LINK;
		before->next_name = names.items[i];
	}
	vec_release(&names);
}

/* ---- contents ---- */

static void chain_blobs(struct image_apply_plan *plan)
{
	const struct wim_blobs *blobs = &plan->request->file->blobs;
	CLEANUP(freep) uint32_t *number = xcalloc(blobs->n + 1, sizeof(*number)); /* in plan->blobs, from 1 */
	CLEANUP(freep) uint32_t *last = xcalloc(plan->items.len + 1, sizeof(*last));

	plan->blobs = xcalloc(plan->items.len + 1, sizeof(*plan->blobs));
	plan->first_of_blob = xcalloc(plan->items.len + 1, sizeof(*plan->first_of_blob));
	for (uint32_t i = 0; i < plan->items.len; i++) {
		struct apply_item *item = &plan->items.items[i];
		uint32_t *of_blob;

		if (!item->blob || item->kind == ITEM_HARD_LINK)
			continue;
		/* how much of a sparse one is zeros, nobody knows before it is written */
		if (item->kind == ITEM_FILE && !(wim_node_attributes(item->node) & WIM_ATTR_SPARSE))
			plan->bytes_needed += item->blob->size;
		of_blob = &number[item->blob - blobs->items];
		if (*of_blob == 0) {
			plan->blobs[plan->n_blobs] = item->blob;
			plan->first_of_blob[plan->n_blobs] = i;
			*of_blob = (uint32_t)++plan->n_blobs;
		} else {
			plan->items.items[last[*of_blob - 1]].next_of_blob = i;
		}
		last[*of_blob - 1] = i;
	}
}

static int compare_depths(const void *a, const void *b, void *context)
{
	const struct apply_item *items = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (items[x].node->depth != items[y].node->depth)
		return items[x].node->depth < items[y].node->depth ? -1 : 1;
	return (x > y) - (x < y);
}

static void sort_dirs(struct image_apply_plan *plan)
{
	plan->dirs = xcalloc((size_t)plan->counts.dirs + 1, sizeof(*plan->dirs));
	for (uint32_t i = 0; i < plan->items.len; i++)
		if (plan->items.items[i].kind == ITEM_DIR)
			plan->dirs[plan->n_dirs++] = i;
	if (plan->n_dirs)
		qsort_r(plan->dirs, plan->n_dirs, sizeof(*plan->dirs), compare_depths, plan->items.items);
}

static void note_prefixes(struct image_apply_plan *plan)
{
	plan->root_prefix = xcalloc(plan->request->n_roots + 1, sizeof(*plan->root_prefix));
	for (size_t i = 0; i < plan->request->n_roots; i++) {
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

		wim_node_path(plan->request->roots[i].node, &path);
		plan->root_prefix[i] = path.len;
	}
}

int apply_plan_make(const struct image_apply *request, struct image_apply_plan *ret, struct err *err)
{
	ret->request = request;
	pthread_mutex_init(&ret->lock, NULL);
	note_prefixes(ret);
	for (size_t i = 0; i < request->n_roots; i++)
		if (add_tree(ret, (uint32_t)i, err) < 0)
			return -1;
	join_names(ret);
	chain_blobs(ret);
	sort_dirs(ret);
	return 0;
}

void apply_plan_release(struct image_apply_plan *plan)
{
	for (size_t i = 0; i < plan->items.len; i++)
		free(plan->items.items[i].link_target);
	vec_release(&plan->items);
	free(plan->root_prefix);
	free(plan->blobs);
	free(plan->first_of_blob);
	free(plan->dirs);
}

void apply_path(const struct image_apply_plan *plan, const struct apply_item *item, struct strbuf *ret)
{
	const char *top = plan->request->roots[item->root].path;
	size_t before, drop;

	strbuf_adds(ret, top);
	before = ret->len;
	wim_node_path(item->node, ret);
	/* the part of the path that the root's own node has */
	drop = plan->root_prefix[item->root];
	if (before == 0 && ret->len > drop)
		drop++; /* the slash */
	memmove(ret->data + before, ret->data + before + drop, ret->len - before - drop);
	ret->len -= drop;
	ret->data[ret->len] = '\0';
}

int apply_failed(const struct image_apply_plan *plan, const struct apply_item *item, const char *what, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	int errnum = errno;

	apply_path(plan, item, &path);
	if (errnum == EXDEV || errnum == ELOOP || errnum == ENOTDIR)
		return err_set(err, ERR_REFUSED, "%.600s: %s: something else took the place of a folder, and links are not "
			       "followed", strbuf_text(&path), what);
	return err_errno(err, errnum, "%.600s: %s", strbuf_text(&path), what);
}

void apply_warn(struct image_apply_plan *plan, const struct apply_item *item, const char *what)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!plan->request->warn)
		return;
	apply_path(plan, item, &text);
	strbuf_addf(&text, ": %s", what);
	pthread_mutex_lock(&plan->lock);
	if (plan->warned++ < WARNINGS_SHOWN)
		plan->request->warn(plan->request->context, text.data);
	else if (plan->warned == WARNINGS_SHOWN + 1)
		plan->request->warn(plan->request->context, "more of these are not shown");
	pthread_mutex_unlock(&plan->lock);
}
