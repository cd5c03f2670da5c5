/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_diff.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "common/image/diff_private.h"

/* Two million paths of a usual length; a few hostile folders of great depth would take any memory. */
#define PATH_BYTES_MAX (1u << 28)

static const char *const what_names[] = {
	"type", "content", "attributes", "times", "security", "streams", "reparse", "short-name", "case",
};

const char *image_diff_what_name(unsigned bit)
{
	return bit < ARRAY_SIZE(what_names) ? what_names[bit] : NULL;
}

/* ---- rows ---- */

struct image_diff_row *diff_add(struct image_diff *diff, enum image_diff_kind kind, const char *path)
{
	struct image_diff_row *row = vec_add(&diff->rows);

	row->kind = kind;
	diff->path_bytes += strlen(path);
	/* a row without a path goes in the end */
	row->path = diff->path_bytes > PATH_BYTES_MAX ? NULL : xstrdup(path);
	return row;
}

static struct image_diff_row *add_node(struct image_diff *diff, const struct image_file *file,
				       enum image_diff_kind kind, const struct wim_node *node)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct image_diff_row *row;
	struct image_entry entry;

	wim_node_path(node, &path);
	image_fill_entry(file, node, &entry);
	row = diff_add(diff, kind, path.len ? path.data : "/");
	row->is_dir = entry.is_dir;
	memcpy(row->hash, entry.sha1, sizeof(row->hash));
	row->has_old = kind == IMAGE_REMOVED;
	row->has_new = kind == IMAGE_ADDED;
	row->old_size = row->has_old ? entry.size : 0;
	row->new_size = row->has_new ? entry.size : 0;
	return row;
}

void diff_add_tree(struct image_diff *diff, const struct image_file *file, enum image_diff_kind kind,
		   const struct wim_node *top)
{
	for (const struct wim_node *node = top; node && diff->path_bytes <= PATH_BYTES_MAX;
	     node = wim_node_walk(top, node))
		add_node(diff, file, kind, node);
}

void image_diff_release(struct image_diff *diff)
{
	for (size_t i = 0; i < diff->rows.len; i++) {
		free(diff->rows.items[i].path);
		free(diff->rows.items[i].old_path);
	}
	vec_release(&diff->rows);
}

/* ---- renamed ---- */

static int by_hash(const void *a, const void *b)
{
	const struct image_diff_row *x = *(struct image_diff_row *const *)a, *y = *(struct image_diff_row *const *)b;
	int order = memcmp(x->hash, y->hash, sizeof(x->hash));

	return order ? order : (int)x->kind - (int)y->kind;
}

static void join_rename(struct image_diff_row *added, struct image_diff_row *removed)
{
	added->kind = IMAGE_RENAMED;
	added->old_path = removed->path;
	added->old_size = removed->old_size;
	added->has_old = true;
	removed->path = NULL; /* the row goes */
}

static void find_renames(struct image_diff *diff)
{
	CLEANUP(freep) struct image_diff_row **rows = xcalloc(diff->rows.len + 1, sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; i < diff->rows.len; i++) {
		struct image_diff_row *row = &diff->rows.items[i];

		if (row->kind <= IMAGE_REMOVED && !row->is_dir && !wim_hash_is_zero(row->hash))
			rows[n++] = row;
	}
	if (n)
		qsort(rows, n, sizeof(*rows), by_hash);
	for (size_t first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n && memcmp(rows[first]->hash, rows[end]->hash, 20) == 0; end++)
			;
		if (end - first == 2 && rows[first]->kind == IMAGE_ADDED && rows[first + 1]->kind == IMAGE_REMOVED)
			join_rename(rows[first], rows[first + 1]);
	}
}

static int by_path(const void *a, const void *b)
{
	const struct image_diff_row *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int diff_check_size(const struct image_diff *diff, struct err *err)
{
	if (diff->path_bytes <= PATH_BYTES_MAX)
		return 0;
	return err_set(err, ERR_LIMIT, "the paths of the differences take more than %u bytes", PATH_BYTES_MAX);
}

void diff_finish(struct image_diff *diff)
{
	size_t kept = 0;

	find_renames(diff);
	for (size_t i = 0; i < diff->rows.len; i++) {
		if (!diff->rows.items[i].path)
			continue;
		diff->count[diff->rows.items[i].kind]++;
		diff->rows.items[kept++] = diff->rows.items[i];
	}
	diff->rows.len = kept;
	if (kept)
		qsort(diff->rows.items, kept, sizeof(*diff->rows.items), by_path);
}

/* ---- two entries ---- */

struct side {
	const struct image_file *file;
	const struct wim_tree *tree;
	struct bytes *security;
};

struct pair {
	const struct wim_node *a, *b;
};

struct comparison {
	struct side a, b;
	unsigned ignore;
	struct image_diff *diff;
	VEC(struct pair) folders; /* still to be compared */
	VEC(const struct wim_node *) left_a;
	VEC(const struct wim_node *) left_b;
};

static const uint8_t no_hash[WIM_HASH_LEN];

static const uint8_t *data_hash(const struct wim_node *node)
{
	const uint8_t *hash = wim_node_data_hash(node);

	return hash ? hash : no_hash;
}

static bool same_reparse(const struct wim_node *a, const struct wim_node *b)
{
	const uint8_t *x = wim_node_reparse_hash(a), *y = wim_node_reparse_hash(b);

	if (!wim_node_is_reparse(a))
		return true;
	return load_le32(a->raw + DENTRY_REPARSE_TAG) == load_le32(b->raw + DENTRY_REPARSE_TAG) &&
	       memcmp(x ? x : no_hash, y ? y : no_hash, WIM_HASH_LEN) == 0;
}

struct named {
	const char *name;
	const uint8_t *hash;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : memcmp(x->hash, y->hash, WIM_HASH_LEN);
}

/* Sorted; free them. */
static struct named *named_streams(const struct wim_node *node, size_t *n)
{
	struct named *streams = xcalloc(node->n_streams + 1u, sizeof(*streams));

	*n = 0;
	for (unsigned i = 1; i <= node->n_streams; i++) {
		struct named stream;

		stream.hash = wim_node_stream(node, i, &stream.name);
		if (*stream.name)
			streams[(*n)++] = stream;
	}
	if (*n)
		qsort(streams, *n, sizeof(*streams), by_name);
	return streams;
}

static bool same_streams(const struct wim_node *a, const struct wim_node *b)
{
	size_t n, m;

	if (!a->n_streams && !b->n_streams)
		return true;

	CLEANUP(freep) struct named *x = named_streams(a, &n);
	CLEANUP(freep) struct named *y = named_streams(b, &m);

	for (size_t i = 0; n == m && i < n; i++)
		if (by_name(&x[i], &y[i]) != 0)
			return false;
	return n == m;
}

static struct bytes security_of(const struct side *side, const struct wim_node *node)
{
	uint32_t id = load_le32(node->raw + DENTRY_SECURITY);

	return id < side->tree->n_security ? side->security[id] : (struct bytes){ 0 };
}

static bool same_security(const struct comparison *c, const struct wim_node *a, const struct wim_node *b)
{
	struct bytes x = security_of(&c->a, a), y = security_of(&c->b, b);

	return x.len == y.len && (!x.len || memcmp(x.data, y.data, x.len) == 0);
}

static bool same_times(const struct wim_node *a, const struct wim_node *b)
{
	return memcmp(a->raw + DENTRY_CREATED, b->raw + DENTRY_CREATED, 8) == 0 &&
	       memcmp(a->raw + DENTRY_WRITTEN, b->raw + DENTRY_WRITTEN, 8) == 0;
}

static unsigned compare(const struct comparison *c, const struct wim_node *a, const struct wim_node *b)
{
	const uint32_t type = WIM_ATTR_DIRECTORY | WIM_ATTR_REPARSE;
	uint32_t changed = wim_node_attributes(a) ^ wim_node_attributes(b);
	unsigned what = 0;

	if (changed & type)
		what |= IMAGE_DIFF_TYPE;
	else if (!same_reparse(a, b))
		what |= IMAGE_DIFF_REPARSE;
	if (memcmp(data_hash(a), data_hash(b), WIM_HASH_LEN) != 0)
		what |= IMAGE_DIFF_CONTENT;
	if (changed & ~type)
		what |= IMAGE_DIFF_ATTRIBUTES;
	if (!same_times(a, b))
		what |= IMAGE_DIFF_TIMES;
	if (!same_security(c, a, b))
		what |= IMAGE_DIFF_SECURITY;
	if (!same_streams(a, b))
		what |= IMAGE_DIFF_STREAMS;
	if (strcmp(a->short_name, b->short_name) != 0)
		what |= IMAGE_DIFF_SHORT_NAME;
	if (strcmp(a->name, b->name) != 0)
		what |= IMAGE_DIFF_CASE;
	return what & ~c->ignore;
}

static void compare_pair(struct comparison *c, const struct wim_node *a, const struct wim_node *b)
{
	unsigned what = compare(c, a, b);
	bool a_dir = wim_node_is_dir(a), b_dir = wim_node_is_dir(b);

	if (what) {
		struct image_diff_row *row = add_node(c->diff, c->b.file, IMAGE_CHANGED, b);
		struct image_entry old, new;

		image_fill_entry(c->a.file, a, &old);
		image_fill_entry(c->b.file, b, &new);
		row->what = what;
		row->has_old = row->has_new = true;
		row->old_size = old.size;
		row->new_size = new.size;
	}
	if (a_dir && b_dir)
		*vec_add(&c->folders) = (struct pair){ .a = a, .b = b };
	for (const struct wim_node *node = a_dir && !b_dir ? a->first : NULL; node; node = node->next)
		diff_add_tree(c->diff, c->a.file, IMAGE_REMOVED, node);
	for (const struct wim_node *node = b_dir && !a_dir ? b->first : NULL; node; node = node->next)
		diff_add_tree(c->diff, c->b.file, IMAGE_ADDED, node);
}

/* ---- folders ---- */

static int order_of(const struct wim_node *a, const struct wim_node *b)
{
	return text_compare_nocase(a->name, strlen(a->name), b->name, strlen(b->name));
}

static uint32_t run_end(const struct wim_node *dir, uint32_t first)
{
	uint32_t end = first + 1;

	while (end < dir->n_children && order_of(dir->sorted[first], dir->sorted[end]) == 0)
		end++;
	return end;
}

/* Names that differ in case only: equal ones first, the rest one by one. Both runs are sorted by the exact name. */
static void compare_run(struct comparison *c, const struct pair *dirs, const uint32_t from[2], const uint32_t end[2])
{
	uint32_t i = from[0], j = from[1];

	c->left_a.len = c->left_b.len = 0;
	while (i < end[0] || j < end[1]) {
		const struct wim_node *a = i < end[0] ? dirs->a->sorted[i] : NULL;
		const struct wim_node *b = j < end[1] ? dirs->b->sorted[j] : NULL;
		int order = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);

		if (order == 0)
			compare_pair(c, a, b);
		else if (order < 0)
			*vec_add(&c->left_a) = a;
		else
			*vec_add(&c->left_b) = b;
		i += order <= 0;
		j += order >= 0;
	}
	for (size_t k = 0; k < MAX(c->left_a.len, c->left_b.len); k++) {
		if (k >= c->left_b.len)
			diff_add_tree(c->diff, c->a.file, IMAGE_REMOVED, c->left_a.items[k]);
		else if (k >= c->left_a.len)
			diff_add_tree(c->diff, c->b.file, IMAGE_ADDED, c->left_b.items[k]);
		else
			compare_pair(c, c->left_a.items[k], c->left_b.items[k]);
	}
}

static void compare_folders(struct comparison *c, struct pair dirs)
{
	uint32_t at[2] = { 0, 0 };

	while (at[0] < dirs.a->n_children || at[1] < dirs.b->n_children) {
		const struct wim_node *a = at[0] < dirs.a->n_children ? dirs.a->sorted[at[0]] : NULL;
		const struct wim_node *b = at[1] < dirs.b->n_children ? dirs.b->sorted[at[1]] : NULL;
		int order = !a ? 1 : !b ? -1 : order_of(a, b);

		if (order < 0) {
			diff_add_tree(c->diff, c->a.file, IMAGE_REMOVED, a);
			at[0]++;
		} else if (order > 0) {
			diff_add_tree(c->diff, c->b.file, IMAGE_ADDED, b);
			at[1]++;
		} else {
			const uint32_t end[2] = { run_end(dirs.a, at[0]), run_end(dirs.b, at[1]) };

			compare_run(c, &dirs, at, end);
			memcpy(at, end, sizeof(at));
		}
	}
}

static int open_side(struct side *side, struct image_file *file, unsigned index, struct err *err)
{
	side->file = file;
	side->tree = image_tree(file, index, err);
	if (!side->tree)
		return -1;
	side->security = wim_tree_security_table(side->tree);
	return 0;
}

int image_diff(struct image_file *a, unsigned a_index, struct image_file *b, unsigned b_index, unsigned ignore,
	       struct image_diff *ret, struct err *err)
{
	struct comparison c = { .ignore = ignore, .diff = ret };
	int done = -1;

	if (open_side(&c.a, a, a_index, err) == 0 && open_side(&c.b, b, b_index, err) == 0) {
		compare_pair(&c, c.a.tree->root, c.b.tree->root);
		while (c.folders.len && diff_check_size(ret, NULL) == 0)
			compare_folders(&c, c.folders.items[--c.folders.len]);
		done = diff_check_size(ret, err);
	}
	if (done == 0)
		diff_finish(ret);
	vec_release(&c.folders);
	vec_release(&c.left_a);
	vec_release(&c.left_b);
	free(c.a.security);
	free(c.b.security);
	return done;
}
