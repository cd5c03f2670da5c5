/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_order.h"

#include "common/image/image_private.h"
#include "tests/unit/image/wim_case.h"

static struct image_file *file;
static struct wim_tree *tree;
static struct wim_order order;

static int make_order(void **state)
{
	struct err err = { 0 };

	if (enter_folder(state) < 0)
		return -1;
	assert_int_equal(run("mkdir src/a; touch src/a/x src/a.txt src/a-b src/A src/Z src/aa; ln -s a src/to-folder"), 0);
	capture("order.wim", "--compress=none");
	file = image_file_open("order.wim", &err);
	tree = file ? image_load_tree(file->reader, file, 1, &err) : NULL;
	if (!tree)
		return -1;
	wim_order_make(tree, &order);
	return 0;
}

static int drop_order(void **state)
{
	wim_order_release(&order);
	image_free_treep(&tree);
	image_file_closep(&file);
	return leave_folder(state);
}

static uint32_t at(const char *path)
{
	uint32_t number = 0;
	const char *part;
	size_t len;

	for (path = image_path_part(path, &part, &len); len; path = image_path_part(path, &part, &len)) {
		number = wim_order_find(&order, number, part, len);
		if (number == UINT32_MAX)
			break;
	}
	return number;
}

static void entries_of_a_folder_are_together_in_the_order_of_their_bytes(void **state UNUSED)
{
	uint32_t next = 1;

	for (uint32_t i = 0; i < order.n; i++) {
		const struct wim_order_item *item = &order.items[i];

		assert_int_equal(item->first, next);
		next += item->n;
		for (uint32_t k = item->first; k < next; k++) {
			assert_int_equal(order.items[k].parent, i);
			assert_true(k == item->first || strcmp(order.items[k - 1].node->name, order.items[k].node->name) < 0);
		}
	}
	assert_int_equal(next, order.n);
	assert_int_equal(order.n, tree->n_nodes);
}

static void entries_are_found_by_their_exact_name(void **state UNUSED)
{
	static const char *const paths[] = { "/a", "/a/x", "/a.txt", "/a-b", "/A", "/Z", "/aa", "/to-folder",
					     "/Windows/System32/config/SYSTEM", "/Gr\303\274\303\237e \342\202\254" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
		uint32_t number = at(paths[i]);

		assert_int_not_equal(number, UINT32_MAX);
		wim_node_path(order.items[number].node, &path);
		assert_string_equal(strbuf_text(&path), paths[i]);
	}
	assert_int_equal(at("/z"), UINT32_MAX);
	assert_int_equal(at("/a."), UINT32_MAX);
	assert_int_equal(at("/a.txt2"), UINT32_MAX);
	assert_int_equal(at("/empty/x"), UINT32_MAX);
	assert_int_equal(at("/one/x"), UINT32_MAX);
	assert_int_equal(at("/to-folder/x"), UINT32_MAX);
}

/* ln made these three one file; copy and chunk+1 have the same contents and are two. */
static void names_of_one_file_know_the_first_of_them(void **state UNUSED)
{
	uint32_t lowest = MIN(MIN(at("/one"), at("/empty-no")), at("/Windows/one-link"));

	assert_int_equal(order.items[at("/one")].link, lowest);
	assert_int_equal(order.items[at("/empty-no")].link, lowest);
	assert_int_equal(order.items[at("/Windows/one-link")].link, lowest);
	assert_int_equal(order.items[at("/copy")].link, at("/copy"));
	assert_int_equal(order.items[at("/chunk+1")].link, at("/chunk+1"));
}

static void links_are_no_folders_and_folders_no_links(void **state UNUSED)
{
	assert_true(wim_node_is_link(order.items[at("/to-folder")].node));
	assert_true(wim_node_is_link(order.items[at("/link")].node));
	assert_false(wim_node_is_link(order.items[at("/a")].node));
	assert_false(wim_node_is_link(order.items[at("/one")].node));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_of_a_folder_are_together_in_the_order_of_their_bytes),
		cmocka_unit_test(entries_are_found_by_their_exact_name),
		cmocka_unit_test(names_of_one_file_know_the_first_of_them),
		cmocka_unit_test(links_are_no_folders_and_folders_no_links),
	};

	return cmocka_run_group_tests(tests, make_order, drop_order);
}
