/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/utf16.h"
#include "common/image/image_match.h"
#include "common/image/session_read.h"

#define LIST_MAX (64u << 20)

struct chosen {
	const struct session_extract *request;
	const struct wim_tree *tree;
	VEC(struct image_apply_root) roots;
	VEC(char *) texts; /* the paths of roots */
};

static void chosen_release(struct chosen *chosen)
{
	for (size_t i = 0; i < chosen->texts.len; i++)
		free(chosen->texts.items[i]);
	vec_release(&chosen->texts);
	vec_release(&chosen->roots);
}

static void add_root(struct chosen *chosen, const struct wim_node *node, bool with_folders, bool alone)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	char *text;

	if (with_folders)
		wim_node_path(node, &path);
	text = xstrdup(with_folders ? strbuf_text(&path) + (path.len > 0) : node->name);
	*vec_add(&chosen->texts) = text;
	*vec_add(&chosen->roots) = (struct image_apply_root){ .node = node, .path = text, .alone = alone };
}

static void add_folders_above(struct chosen *chosen, const struct wim_node *node)
{
	if (!node || !node->parent)
		return;
	add_folders_above(chosen, node->parent);
	add_root(chosen, node, true, true);
}

static void add_node(struct chosen *chosen, const struct wim_node *node, bool with_folders)
{
	if (with_folders)
		add_folders_above(chosen, node->parent);
	add_root(chosen, node, with_folders, false);
}

static int add_path(struct chosen *chosen, const char *path, bool with_folders, struct err *err)
{
	const struct session_extract *r = chosen->request;
	CLEANUP(image_matches_release) struct image_matches found = { 0 };

	if (r->no_wildcards || !image_is_pattern(path)) {
		const struct wim_node *node = image_lookup(chosen->tree, path, err);

		if (!node)
			return r->allow_no_match && err->kind == ERR_NOT_FOUND ? 0 : -1;
		add_node(chosen, node, with_folders);
		return 0;
	}
	image_match(chosen->tree, path, &found);
	for (size_t i = 0; i < found.nodes.len; i++)
		add_node(chosen, found.nodes.items[i], with_folders);
	if (!found.nodes.len && !r->allow_no_match)
		return err_set(err, ERR_NOT_FOUND, "%s: nothing in the image matches", path);
	return 0;
}

/* Blanks and quotes around a path go. */
static char *trim(char *line)
{
	size_t len;

	line += strspn(line, " \t\r");
	len = strlen(line);
	while (len && strchr(" \t\r", line[len - 1]))
		len--;
	if (len >= 2 && (line[0] == '"' || line[0] == '\'') && line[len - 1] == line[0]) {
		line++;
		len -= 2;
	}
	line[len] = '\0';
	return line;
}

static int add_lines(struct chosen *chosen, char *text, struct err *err)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line = trim(line);
		if (*line && *line != '#' && *line != ';' && add_path(chosen, line, true, err) < 0)
			return -1;
	}
	return 0;
}

/* One path a line, UTF-8 or UTF-16LE; # and ; begin comments. "-" is standard input. */
static int add_list(struct chosen *chosen, const char *file, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int result;

	if (file_read_all(file, LIST_MAX, &raw, err) < 0)
		return err_context(err, "%s", file);
	if (raw.len >= 2 && memcmp(raw.data, "\xff\xfe", 2) == 0)
		utf16le_to_text(bytes_of(raw.data + 2, raw.len - 2), &text);
	else if (raw.len >= 3 && memcmp(raw.data, "\xef\xbb\xbf", 3) == 0)
		strbuf_add(&text, raw.data + 3, raw.len - 3);
	else
		strbuf_add(&text, raw.data, raw.len);
	strbuf_add(&text, "", 1);
	result = add_lines(chosen, text.data, err);
	return result < 0 ? err_context(err, "%s", file) : 0;
}

static int compare_roots(const void *a, const void *b)
{
	return strcmp(((const struct image_apply_root *)a)->path, ((const struct image_apply_root *)b)->path);
}

/* What was chosen twice is written once; two files for one name are refused. */
static int drop_doubles(struct chosen *chosen, struct err *err)
{
	struct image_apply_root *roots = chosen->roots.items;
	size_t kept = 0;

	if (chosen->roots.len)
		qsort(roots, chosen->roots.len, sizeof(*roots), compare_roots);
	for (size_t i = 0; i < chosen->roots.len; i++) {
		if (kept && compare_roots(&roots[kept - 1], &roots[i]) == 0) {
			if (roots[kept - 1].node != roots[i].node)
				return err_set(err, ERR_REFUSED,
					       "two entries would be written to \"%s\"; --preserve-dir-structure keeps them apart",
					       roots[i].path);
			roots[kept - 1].alone &= roots[i].alone;
		} else {
			roots[kept++] = roots[i];
		}
	}
	chosen->roots.len = kept;
	return 0;
}

/* Is it written with a folder above it that is chosen with all below it? Then both have their paths of the image. */
static bool comes_with_folder(const struct chosen *chosen, const struct image_apply_root *root)
{
	CLEANUP(freep) char *path = xstrdup(root->path);
	const struct wim_node *above = root->node->parent;

	for (; above && *path; above = above->parent) {
		char *slash = strrchr(path, '/');
		const struct image_apply_root key = { .path = path }, *found;

		*(slash ? slash : path) = '\0';
		found = bsearch(&key, chosen->roots.items, chosen->roots.len, sizeof(key), compare_roots);
		if (found && !found->alone && found->node == above)
			return true;
	}
	return false;
}

static void drop_inner(struct chosen *chosen)
{
	CLEANUP(freep) bool *inner = xcalloc(chosen->roots.len + 1, sizeof(*inner));
	size_t kept = 0;

	for (size_t i = 0; i < chosen->roots.len; i++)
		inner[i] = comes_with_folder(chosen, &chosen->roots.items[i]);
	for (size_t i = 0; i < chosen->roots.len; i++)
		if (!inner[i])
			chosen->roots.items[kept++] = chosen->roots.items[i];
	chosen->roots.len = kept;
}

static int gather(struct chosen *chosen, struct err *err)
{
	const struct session_extract *r = chosen->request;

	for (size_t i = 0; i < r->n_paths; i++) {
		int result = r->paths[i][0] == '@' ? add_list(chosen, r->paths[i] + 1, err)
						   : add_path(chosen, r->paths[i], r->keep_folders, err);

		if (result < 0)
			return -1;
	}
	return 0;
}

static int choose(struct chosen *chosen, struct err *err)
{
	if (gather(chosen, err) < 0 || drop_doubles(chosen, err) < 0)
		return -1;
	drop_inner(chosen);
	return 0;
}

int session_extract_stream(const struct session_extract *r, image_data_fn fn, void *context, struct err *err)
{
	unsigned index;
	CLEANUP(image_file_closep) struct image_file *file = session_open_source(&r->what, &index, err);
	CLEANUP(chosen_release) struct chosen chosen = { .request = r };
	int result = 0;

	if (!file)
		return -1;
	chosen.tree = image_tree(file, index, err);
	if (!chosen.tree || gather(&chosen, err) < 0)
		return err_context(err, "%s", r->what.wim);
	for (size_t i = 0; i < chosen.roots.len && result == 0; i++) {
		const struct image_apply_root *root = &chosen.roots.items[i];

		if (!root->alone)
			result = image_stream_node(file, root->node, root->path, fn, context, err);
	}
	return result < 0 ? err_context(err, "%s", r->what.wim) : result;
}

int session_extract(const struct session_extract *r, const struct cli *cli, struct session_applied *ret, struct err *err)
{
	unsigned index;
	CLEANUP(image_file_closep) struct image_file *file = session_open_source(&r->what, &index, err);
	CLEANUP(chosen_release) struct chosen chosen = { .request = r };
	struct image_apply write = { .file = file };

	if (!file)
		return -1;
	chosen.tree = image_tree(file, index, err);
	if (!chosen.tree || choose(&chosen, err) < 0)
		return err_context(err, "%s", r->what.wim);
	write.roots = chosen.roots.items;
	write.n_roots = chosen.roots.len;
	ret->index = index;
	return session_write_folder(&r->what, &write, false, false, cli, &ret->done, err);
}
