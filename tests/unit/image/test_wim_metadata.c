/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees built by hand: what is right is read and written back, what is wrong is named. */
#include "common/image/wim_metadata.h"

#include <stdlib.h>

#include "tests/unit/cmocka_all.h"

static void add_u64(struct strbuf *buf, uint64_t value)
{
	uint8_t raw[8];

	store_le64(raw, value);
	strbuf_add(buf, raw, sizeof(raw));
}

/* Appends an entry with an ASCII name; returns where it is. */
static size_t add_entry(struct strbuf *buf, const char *name, uint32_t attributes, uint64_t subdir)
{
	size_t at = buf->len;
	size_t name_len = 2 * strlen(name);

	strbuf_add_fill(buf, '\0', 0x66);
	for (const char *p = name; *p; p++) {
		strbuf_addc(buf, *p);
		strbuf_addc(buf, '\0');
	}
	if (*name)
		strbuf_add_fill(buf, '\0', 2);
	while (buf->len % 8)
		strbuf_addc(buf, '\0');

	uint8_t *raw = (uint8_t *)buf->data + at;

	store_le64(raw, buf->len - at);
	store_le32(raw + 0x08, attributes);
	store_le32(raw + 0x0c, 0xffffffff);
	store_le64(raw + 0x10, subdir);
	store_le16(raw + 0x64, (uint16_t)name_len);
	return at;
}

static void set_subdir(struct strbuf *buf, size_t entry, uint64_t subdir)
{
	store_le64((uint8_t *)buf->data + entry + 0x10, subdir);
}

/* No security, a root, and the end of its list; the root's children are to be at the end. */
static size_t begin(struct strbuf *buf)
{
	add_u64(buf, 8);

	size_t root = add_entry(buf, "", 0x10, 0);

	add_u64(buf, 0);
	set_subdir(buf, root, buf->len);
	return root;
}

static void good_tree(struct strbuf *buf)
{
	begin(buf);

	size_t dir = add_entry(buf, "dir", 0x10, 0);

	add_entry(buf, "file", 0x20, 0);
	add_entry(buf, "Zed", 0x20, 0);
	add_u64(buf, 0);
	set_subdir(buf, dir, buf->len);
	add_entry(buf, "inner", 0x20, 0);
	add_u64(buf, 0);
}

static void assert_broken(struct strbuf *buf, enum err_kind kind)
{
	struct wim_tree tree = { 0 };
	struct err err = { 0 };

	assert_int_equal(wim_tree_parse(buf, &tree, &err), -1);
	assert_int_equal(err.kind, kind);
	assert_true(err.text[0]);
}

static void a_tree_is_read_and_written_back_the_same(void **state UNUSED)
{
	struct strbuf buf = STRBUF_INIT;
	struct strbuf before = STRBUF_INIT;
	struct strbuf after = STRBUF_INIT;
	struct strbuf path = STRBUF_INIT;
	struct wim_tree tree;

	good_tree(&buf);
	strbuf_add(&before, buf.data, buf.len);
	assert_int_equal(wim_tree_parse(&buf, &tree, NULL), 0);
	assert_int_equal(tree.n_nodes, 5);
	wim_tree_serialise(&tree, &after);
	assert_int_equal(after.len, before.len);
	assert_memory_equal(after.data, before.data, before.len);

	const struct wim_node *dir = wim_node_child(tree.root, "DIR", 3);

	assert_non_null(dir);
	assert_ptr_equal(tree.root->first, dir);
	wim_node_path(wim_node_child(dir, "inner", 5), &path);
	assert_string_equal(path.data, "/dir/inner");
	assert_null(wim_node_child(dir, "inne", 4));
	strbuf_release(&before);
	strbuf_release(&after);
	strbuf_release(&path);
	wim_tree_release(&tree);
}

static void a_cycle_is_refused(void **state UNUSED)
{
	struct strbuf buf = STRBUF_INIT;

	begin(&buf);

	size_t children = buf.len;
	size_t dir = add_entry(&buf, "dir", 0x10, 0);

	add_u64(&buf, 0);
	set_subdir(&buf, dir, children);
	assert_broken(&buf, ERR_FORMAT);
}

static void folders_that_share_children_are_refused(void **state UNUSED)
{
	struct strbuf buf = STRBUF_INIT;

	begin(&buf);

	size_t a = add_entry(&buf, "a", 0x10, 0);
	size_t b = add_entry(&buf, "b", 0x10, 0);

	add_u64(&buf, 0);
	set_subdir(&buf, a, buf.len);
	set_subdir(&buf, b, buf.len);
	add_entry(&buf, "x", 0x20, 0);
	add_u64(&buf, 0);
	assert_broken(&buf, ERR_FORMAT);
}

static void entries_inside_one_another_are_refused(void **state UNUSED)
{
	struct strbuf buf = STRBUF_INIT;

	begin(&buf);

	size_t dir = add_entry(&buf, "a long name for a folder", 0x10, 0);

	add_u64(&buf, 0);
	set_subdir(&buf, dir, dir + 8);
	assert_broken(&buf, ERR_FORMAT);
}

static void bad_names_are_refused(void **state UNUSED)
{
	static const char *const names[] = { ".", "..", "a/b" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct strbuf buf = STRBUF_INIT;

		begin(&buf);
		add_entry(&buf, names[i], 0x20, 0);
		add_u64(&buf, 0);
		assert_broken(&buf, ERR_FORMAT);
	}

	struct strbuf twice = STRBUF_INIT;

	begin(&twice);
	add_entry(&twice, "same", 0x20, 0);
	add_entry(&twice, "other", 0x20, 0);
	add_entry(&twice, "same", 0x20, 0);
	add_u64(&twice, 0);
	assert_broken(&twice, ERR_FORMAT);

	struct strbuf nameless = STRBUF_INIT;

	begin(&nameless);
	add_entry(&nameless, "", 0x20, 0);
	add_u64(&nameless, 0);
	assert_broken(&nameless, ERR_FORMAT);

	struct strbuf odd = STRBUF_INIT;

	begin(&odd);

	size_t at = add_entry(&odd, "abc", 0x20, 0);

	store_le16((uint8_t *)odd.data + at + 0x64, 5);
	add_u64(&odd, 0);
	assert_broken(&odd, ERR_FORMAT);
}

static void lengths_are_checked(void **state UNUSED)
{
	static const struct {
		size_t field; /* in the entry */
		uint64_t value;
	} rows[] = {
		{ 0x00, 0x60 },  { 0x00, 1u << 20 }, { 0x00, UINT64_MAX }, { 0x60, 1 },
		{ 0x62, 200 },   { 0x64, 500 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strbuf buf = STRBUF_INIT;

		begin(&buf);

		size_t at = add_entry(&buf, "abc", 0x20, 0);
		uint8_t *raw = (uint8_t *)buf.data + at;

		if (rows[i].field)
			store_le16(raw + rows[i].field, (uint16_t)rows[i].value);
		else
			store_le64(raw, rows[i].value);
		add_u64(&buf, 0);
		assert_broken(&buf, ERR_FORMAT);
	}
}

static void a_list_without_an_end_is_refused(void **state UNUSED)
{
	struct strbuf buf = STRBUF_INIT;

	begin(&buf);
	add_entry(&buf, "abc", 0x20, 0);
	assert_broken(&buf, ERR_FORMAT);
}

static void security_descriptors_must_fit(void **state UNUSED)
{
	static const uint32_t rows[][2] = { { 8, 1 }, { 8, 0xffffffff }, { 0xfffffff0, 0 }, { 16, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strbuf buf = STRBUF_INIT;

		good_tree(&buf);
		store_le32((uint8_t *)buf.data, rows[i][0]);
		store_le32((uint8_t *)buf.data + 4, rows[i][1]);
		assert_broken(&buf, ERR_FORMAT);
	}

	struct strbuf tiny = STRBUF_INIT;

	strbuf_add(&tiny, "\0\0\0", 3);
	assert_broken(&tiny, ERR_TRUNCATED);
}

static void deep_nesting_has_a_limit_and_no_recursion(void **state UNUSED)
{
	for (unsigned depth = 16000; depth < 80000; depth += 60000) {
		struct strbuf buf = STRBUF_INIT;
		struct wim_tree tree;

		begin(&buf);
		for (unsigned i = 0; i < depth; i++) {
			size_t dir = add_entry(&buf, "d", 0x10, 0);

			add_u64(&buf, 0);
			set_subdir(&buf, dir, buf.len);
		}
		add_u64(&buf, 0);
		if (depth > WIM_DEPTH_MAX) {
			assert_broken(&buf, ERR_LIMIT);
			continue;
		}
		assert_int_equal(wim_tree_parse(&buf, &tree, NULL), 0);
		assert_int_equal(tree.n_nodes, depth + 1);
		wim_tree_release(&tree);
	}
}

static void hard_links_form_a_ring(void **state UNUSED)
{
	struct strbuf buf = STRBUF_INIT;
	struct wim_tree tree;
	unsigned n = 0;

	begin(&buf);
	for (unsigned i = 0; i < 6; i++) {
		char name[2] = { (char)('a' + i), '\0' };

		size_t at = add_entry(&buf, name, i == 5 ? 0x10 : 0x20, 0);

		store_le64((uint8_t *)buf.data + at + 0x58, i % 2 + 7);
	}
	add_u64(&buf, 0);
	assert_int_equal(wim_tree_parse(&buf, &tree, NULL), 0);

	/* a, c, e are one file; f has the number of b and d, but is a folder */
	const struct wim_node *a = wim_node_child(tree.root, "a", 1);
	const struct wim_node *link = a;

	do {
		assert_true((link->name[0] - 'a') % 2 == 0);
		n++;
		link = link->link_next;
	} while (link != a);
	assert_int_equal(n, 3);
	assert_ptr_equal(wim_node_child(tree.root, "f", 1)->link_next, wim_node_child(tree.root, "f", 1));
	wim_tree_release(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_is_read_and_written_back_the_same),
		cmocka_unit_test(a_cycle_is_refused),
		cmocka_unit_test(folders_that_share_children_are_refused),
		cmocka_unit_test(entries_inside_one_another_are_refused),
		cmocka_unit_test(bad_names_are_refused),
		cmocka_unit_test(lengths_are_checked),
		cmocka_unit_test(a_list_without_an_end_is_refused),
		cmocka_unit_test(security_descriptors_must_fit),
		cmocka_unit_test(deep_nesting_has_a_limit_and_no_recursion),
		cmocka_unit_test(hard_links_form_a_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
