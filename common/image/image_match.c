/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_match.h"

#include "common/base/utf16.h"

bool image_is_pattern(const char *path)
{
	return path[strcspn(path, "*?")] != '\0';
}

/* The length of the character at text: ? stands for one of them, whatever it takes. */
static size_t char_len(const char *text, size_t len)
{
	uint32_t code;
	size_t n = text_codepoint(text, len, &code);

	return n ? n : 1;
}

static int compare_exactly(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len != b_len || memcmp(a, b, a_len) != 0;
}

/* Greedy with one point to go back to, so that no pattern takes more than pattern times name steps. */
static bool name_matches(const char *pattern, size_t pattern_len, const char *name)
{
	int (*compare)(const char *a, size_t a_len, const char *b, size_t b_len) =
		wim_has_exact_names() ? compare_exactly : text_compare_nocase;
	size_t name_len = strlen(name), p = 0, n = 0, star = SIZE_MAX, star_name = 0;

	while (n < name_len) {
		size_t step = char_len(name + n, name_len - n);

		if (p < pattern_len && pattern[p] == '*') {
			star = p++;
			star_name = n;
		} else if (p < pattern_len && pattern[p] == '?') {
			p++;
			n += step;
		} else if (p < pattern_len && compare(pattern + p, char_len(pattern + p, pattern_len - p), name + n,
						      step) == 0) {
			p += char_len(pattern + p, pattern_len - p);
			n += step;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			star_name += char_len(name + star_name, name_len - star_name);
			n = star_name;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == '*')
		p++;
	return p == pattern_len;
}

static void match_part(const struct wim_node *dir, const char *part, size_t len, struct image_matches *ret)
{
	if (!memchr(part, '*', len) && !memchr(part, '?', len)) {
		const struct wim_node *child = wim_node_child(dir, part, len);

		if (child)
			*vec_add(&ret->nodes) = child;
		return;
	}
	for (const struct wim_node *node = dir->first; node; node = node->next)
		if (name_matches(part, len, node->name))
			*vec_add(&ret->nodes) = node;
}

void image_match(const struct wim_tree *tree, const char *pattern, struct image_matches *ret)
{
	struct image_matches now = { 0 };
	const char *part;
	size_t len;

	*vec_add(&now.nodes) = tree->root;
	for (const char *rest = image_path_part(image_path_start(pattern), &part, &len); len;
	     rest = image_path_part(rest, &part, &len)) {
		struct image_matches next = { 0 };

		for (size_t i = 0; i < now.nodes.len; i++)
			match_part(now.nodes.items[i], part, len, &next);
		image_matches_release(&now);
		now = next;
	}
	for (size_t i = 0; i < now.nodes.len; i++)
		*vec_add(&ret->nodes) = now.nodes.items[i];
	image_matches_release(&now);
}

void image_matches_release(struct image_matches *matches)
{
	vec_release(&matches->nodes);
}
