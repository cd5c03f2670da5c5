/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/fix.h"

#include <stdlib.h>
#include <string.h>

#define CONTEXT 3
#define TABLE_MAX (16u * 1024 * 1024) /* cells for comparing the middle part; above it is replaced as a whole */

struct lines {
	VEC(struct bytes) list;
};

enum op { KEEP, REMOVE, ADD };

struct step {
	enum op op;
	size_t old_at; /* line numbers from 0 */
	size_t new_at;
};

struct script {
	VEC(struct step) steps;
};

static void split(struct bytes b, struct lines *ret)
{
	size_t at = 0;

	while (at < b.len) {
		const uint8_t *newline = memchr(b.data + at, '\n', b.len - at);
		size_t end = newline ? (size_t)(newline - b.data) + 1 : b.len;

		*vec_add(&ret->list) = bytes_of(b.data + at, end - at);
		at = end;
	}
}

static bool same(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
	return a->list.items[i].len == b->list.items[j].len &&
	       memcmp(a->list.items[i].data, b->list.items[j].data, a->list.items[i].len) == 0;
}

static void add_step(struct script *script, enum op op, size_t i, size_t j)
{
	*vec_add(&script->steps) = (struct step){ op, i, j };
}

/* The middle part by the longest common subsequence. */
static void compare_middle(const struct lines *a, size_t a_from, size_t a_to, const struct lines *b, size_t b_from,
			   size_t b_to, struct script *script)
{
	size_t n = a_to - a_from, m = b_to - b_from, i = 0, j = 0, width = m + 1;
	uint32_t *len = (n + 1) * width <= TABLE_MAX ? xcalloc((n + 1) * width, sizeof(*len)) : NULL;

	for (size_t x = n; len && x-- > 0;)
		for (size_t y = m; y-- > 0;)
			len[x * width + y] = same(a, a_from + x, b, b_from + y)
						     ? len[(x + 1) * width + y + 1] + 1
						     : MAX(len[(x + 1) * width + y], len[x * width + y + 1]);
	while (i < n || j < m) {
		if (len && i < n && j < m && same(a, a_from + i, b, b_from + j))
			add_step(script, KEEP, a_from + i++, b_from + j++);
		else if (i < n && (j == m || !len || len[(i + 1) * width + j] >= len[i * width + j + 1]))
			add_step(script, REMOVE, a_from + i++, b_from + j);
		else
			add_step(script, ADD, a_from + i, b_from + j++);
	}
	free(len);
}

static void compare(const struct lines *a, const struct lines *b, struct script *script)
{
	size_t n = a->list.len, m = b->list.len, head = 0, tail = 0;

	while (head < n && head < m && same(a, head, b, head))
		head++;
	while (tail < n - head && tail < m - head && same(a, n - 1 - tail, b, m - 1 - tail))
		tail++;
	for (size_t i = 0; i < head; i++)
		add_step(script, KEEP, i, i);
	compare_middle(a, head, n - tail, b, head, m - tail, script);
	for (size_t i = 0; i < tail; i++)
		add_step(script, KEEP, n - tail + i, m - tail + i);
}

static void print_line(const struct lines *a, const struct lines *b, const struct step *s, struct strbuf *ret)
{
	struct bytes line = s->op == ADD ? b->list.items[s->new_at] : a->list.items[s->old_at];

	strbuf_addc(ret, s->op == KEEP ? ' ' : s->op == ADD ? '+' : '-');
	strbuf_add(ret, line.data, line.len);
	if (line.len == 0 || line.data[line.len - 1] != '\n')
		strbuf_adds(ret, "\n\\ No newline at end of file\n");
}

static void print_hunk(const struct lines *a, const struct lines *b, const struct script *script, size_t from, size_t to,
		       struct strbuf *ret)
{
	const struct step *first = &script->steps.items[from];
	size_t n_old = 0, n_new = 0;

	for (size_t i = from; i < to; i++) {
		n_old += script->steps.items[i].op != ADD;
		n_new += script->steps.items[i].op != REMOVE;
	}
	strbuf_addf(ret, "@@ -%zu,%zu +%zu,%zu @@\n", first->old_at + (n_old > 0), n_old, first->new_at + (n_new > 0), n_new);
	for (size_t i = from; i < to; i++)
		print_line(a, b, &script->steps.items[i], ret);
}

static void print_hunks(const struct lines *a, const struct lines *b, const struct script *script, struct strbuf *ret)
{
	size_t n = script->steps.len, i = 0;

	while (i < n) {
		size_t from, to, quiet = 0;

		while (i < n && script->steps.items[i].op == KEEP)
			i++;
		if (i == n)
			return;
		from = i > CONTEXT ? i - CONTEXT : 0;
		for (to = i; to < n && quiet <= 2 * CONTEXT; to++)
			quiet = script->steps.items[to].op == KEEP ? quiet + 1 : 0;
		to -= quiet > CONTEXT ? quiet - CONTEXT : 0;
		print_hunk(a, b, script, from, to, ret);
		i = to;
	}
}

void unified_diff(const char *path, struct bytes before, struct bytes after, struct strbuf *ret)
{
	struct lines a = { .list = { NULL, 0, 0 } }, b = { .list = { NULL, 0, 0 } };
	struct script script = { .steps = { NULL, 0, 0 } };

	if (before.len == after.len && memcmp(before.data, after.data, after.len) == 0)
		return;
	while (*path == '/' || strncmp(path, "./", 2) == 0)
		path += *path == '/' ? 1 : 2;
	split(before, &a);
	split(after, &b);
	compare(&a, &b, &script);
	strbuf_addf(ret, "diff --git a/%1$s b/%1$s\n--- a/%1$s\n+++ b/%1$s\n", path);
	print_hunks(&a, &b, &script, ret);
	vec_release(&a.list);
	vec_release(&b.list);
	vec_release(&script.steps);
}
