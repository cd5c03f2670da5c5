/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is refused at opening, and why; reading; what a handle that is no longer good does. */
#include "tests/unit/sysprep-lite/regf_build.h"

#include <stdlib.h>

enum { ROOT = 0x20, CELLS = 4096 + 4 }; /* CELLS + offset: data of a cell in the file */

/* root with children A (subkey AA, values x and y) and B */
struct sample {
	struct strbuf file;
	uint32_t a, aa, b, x, y, sk;
};

static uint32_t word(const struct sample *sample, size_t at)
{
	return load_le32((const uint8_t *)sample->file.data + at);
}

static void sample_init(struct sample *sample)
{
	static const uint8_t data[20] = "twenty bytes of data";
	struct regf *hive = build_hive(5);
	struct err err = { 0 };

	*sample = (struct sample){ 0 };
	sample->a = regf_add_key(hive, regf_root(hive), "A", &err);
	sample->aa = regf_add_key(hive, sample->a, "AA", &err);
	sample->b = regf_add_key(hive, regf_root(hive), "B", &err);
	assert_int_equal(regf_set_value(hive, sample->a, "x", REGF_BINARY, data, sizeof(data), &err), 0);
	assert_int_equal(regf_set_value(hive, sample->a, "y", REGF_BINARY, data, sizeof(data), &err), 0);
	sample->x = regf_value_find(hive, sample->a, "x");
	sample->y = regf_value_find(hive, sample->a, "y");
	build_finish(&hive, &sample->file);
	sample->sk = word(sample, CELLS + ROOT + 44);
}

static void sample_release(struct sample *sample)
{
	strbuf_release(&sample->file);
}

/* A field of the sample set to a number: refused at that place. */
static void assert_field_refused(size_t at, uint32_t number, enum err_kind kind, uint64_t offset)
{
	CLEANUP(sample_release) struct sample sample;

	sample_init(&sample);
	build_put32(&sample.file, at, number);
	assert_refused_at(build_view(&sample.file), kind, offset);
}

static void what_is_no_hive_is_refused(void **state UNUSED)
{
	static const char text[8192] = "MZ";

	assert_refused(bytes_of("", 0), NULL, ERR_FORMAT);
	assert_refused(bytes_of("reg", 3), NULL, ERR_FORMAT);
	assert_refused(bytes_of("regf", 4), NULL, ERR_TRUNCATED);
	assert_refused(bytes_of(text, sizeof(text)), NULL, ERR_FORMAT);
}

static void a_wrong_checksum_is_named_with_both_numbers(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	struct err err = { 0 };

	build_empty(5, &file);
	file.data[0x30] ^= 1;
	assert_null(regf_open(build_view(&file), NULL, &err));
	assert_int_equal(err.kind, ERR_FORMAT);
	assert_int_equal(err.offset, 508);
	assert_non_null(strstr(err.text, "does not match 0x"));
}

static void versions_outside_1_3_to_1_6_are_refused(void **state UNUSED)
{
	assert_field_refused(24, 2, ERR_UNSUPPORTED, 20);
	assert_field_refused(24, 7, ERR_UNSUPPORTED, 20);
	assert_field_refused(20, 2, ERR_UNSUPPORTED, 20);
	assert_field_refused(28, 1, ERR_FORMAT, 28);
	for (uint32_t minor = 3; minor <= 6; minor++) {
		struct regf *hive = build_hive(minor);
		struct regf_info info;

		regf_get_info(hive, &info);
		assert_int_equal(info.minor, minor);
		assert_int_equal(info.keys, 1);
		regf_freep(&hive);
	}
}

static void bins_that_do_not_fit_the_file_are_refused(void **state UNUSED)
{
	assert_field_refused(40, 0x2000, ERR_TRUNCATED, 40);
	assert_field_refused(40, 0, ERR_FORMAT, 40);
	assert_field_refused(40, 0x1800, ERR_FORMAT, 40);
	assert_field_refused(40, 0xfffff000, ERR_FORMAT, 40);
	assert_field_refused(4096, 0x6e696268 ^ 1, ERR_FORMAT, 4096);
	assert_field_refused(4096 + 4, 0x1000, ERR_FORMAT, 4096 + 4);
	assert_field_refused(4096 + 8, 0, ERR_FORMAT, 4096 + 8);
	assert_field_refused(4096 + 8, 0x2000, ERR_FORMAT, 4096 + 8);
}

static void cells_that_do_not_fit_their_bin_are_refused(void **state UNUSED)
{
	assert_field_refused(4096 + ROOT, 0, ERR_FORMAT, 4096 + ROOT);
	assert_field_refused(4096 + ROOT, (uint32_t)-100, ERR_FORMAT, 4096 + ROOT);
	assert_field_refused(4096 + ROOT, (uint32_t)-8192, ERR_FORMAT, 4096 + ROOT);
	assert_field_refused(4096 + ROOT, 0x80000000, ERR_FORMAT, 4096 + ROOT);
}

static void a_root_that_is_no_key_is_refused(void **state UNUSED)
{
	assert_field_refused(36, 0x28, ERR_FORMAT, 4096);
	assert_field_refused(36, 0xffffffff, ERR_FORMAT, 4096);
	assert_field_refused(CELLS + ROOT, 0x6b6e ^ 1, ERR_FORMAT, CELLS + ROOT);
}

static void a_name_that_crosses_its_cell_is_refused(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;

	sample_init(&s);
	assert_field_refused(CELLS + s.aa + 72, 0x7fff, ERR_FORMAT, CELLS + s.aa + 72);
	assert_field_refused(CELLS + s.x, 0x7fff6b76, ERR_FORMAT, CELLS + s.x + 2);
}

static void a_wrong_parent_is_refused(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;

	sample_init(&s);
	assert_field_refused(CELLS + s.aa + 16, s.b, ERR_FORMAT, CELLS + s.aa + 16);
}

static void subkey_lists_that_disagree_or_loop_are_refused(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;
	uint32_t list;

	sample_init(&s);
	list = word(&s, CELLS + s.a + 28);
	assert_field_refused(CELLS + s.a + 20, 2, ERR_FORMAT, CELLS + s.a + 20);    /* counts two, holds one */
	assert_field_refused(CELLS + s.a + 28, 0x10, ERR_FORMAT, CELLS + s.a + 28); /* no cell */
	assert_field_refused(CELLS + list, 0xffff686c, ERR_FORMAT, CELLS + list); /* more entries than the cell holds */
	assert_field_refused(CELLS + list, 0x00016972, ERR_FORMAT, CELLS + s.aa); /* a root whose leaf is a key */
	assert_field_refused(CELLS + list + 4, ROOT, ERR_FORMAT, 4096 + s.a);     /* the root as its own grandchild */
	assert_field_refused(CELLS + list + 4, s.b, ERR_FORMAT, 4096 + s.a);      /* a child of somebody else */
}

static void values_that_lead_nowhere_or_are_shared_are_refused(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;
	uint32_t list;

	sample_init(&s);
	list = word(&s, CELLS + s.a + 40);
	assert_field_refused(CELLS + s.a + 36, 0x40000000, ERR_FORMAT, 4096 + list);
	assert_field_refused(CELLS + list + 4, s.x, ERR_FORMAT, CELLS + list + 4);
	assert_field_refused(CELLS + s.y + 8, word(&s, CELLS + s.x + 8), ERR_FORMAT, CELLS + s.y + 8);
	assert_field_refused(CELLS + s.y + 8, s.aa, ERR_FORMAT, 4096 + s.a);
	assert_field_refused(CELLS + s.y + 4, 200, ERR_FORMAT, CELLS + word(&s, CELLS + s.y + 8));
	assert_field_refused(CELLS + s.y + 4, 0x7fffffff, ERR_LIMIT, CELLS + s.y + 4);
	assert_field_refused(CELLS + s.y + 4, 0x80000005, ERR_FORMAT, CELLS + s.y + 4);
}

static void a_broken_ring_of_descriptors_is_refused(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;

	sample_init(&s);
	assert_field_refused(CELLS + s.sk + 4, s.a, ERR_FORMAT, CELLS + s.sk + 4);
	assert_field_refused(CELLS + s.sk + 8, 0, ERR_FORMAT, CELLS + s.sk + 4);
	assert_field_refused(CELLS + s.sk + 16, 0xffff, ERR_FORMAT, CELLS + s.sk + 16);
	assert_field_refused(CELLS + s.b + 44, s.a, ERR_FORMAT, CELLS + s.b + 44);
}

static void keys_are_nested_no_deeper_than_windows_allows(void **state UNUSED)
{
	struct regf *hive = build_hive(5);
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct err err = { 0 };
	regf_key key = regf_root(hive), below;
	size_t depth = 0;

	while ((below = regf_add_key(hive, key, "d", &err)) != 0) {
		key = below;
		depth++;
	}
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(depth, 512);
	regf_key_path(hive, key, &path);
	assert_int_equal(path.len, 2 * 512 - 1);
	assert_int_equal(regf_find(hive, regf_root(hive), path.data), key);
	build_finish(&hive, &path);
	hive = build_open(build_view(&path), NULL);
	regf_freep(&hive);
}

static void a_dirty_hive_is_refused_with_a_hint_but_can_be_looked_at(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;
	struct err err = { 0 };
	struct regf_info info;
	struct regf *hive;

	sample_init(&s);
	build_put32(&s.file, 4, word(&s, 8) + 1);
	assert_null(regf_open(build_view(&s.file), NULL, &err));
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_non_null(strstr(err.hint, "shut Windows down"));
	hive = regf_open_to_read(build_view(&s.file), NULL, &err);
	assert_non_null(hive);
	regf_get_info(hive, &info);
	assert_true(info.was_dirty && info.read_only);
	assert_int_equal(regf_find(hive, regf_root(hive), "a\\aa"), s.aa);
	assert_int_equal(regf_set_u32(hive, s.a, "n", 1, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_int_equal(regf_add_key(hive, s.a, "n", &err), 0);
	assert_int_equal(regf_delete_key(hive, s.a, &err), -1);
	assert_memory_equal(regf_finish(hive).data, s.file.data, s.file.len);
	regf_freep(&hive);
}

static void an_unchanged_hive_gives_its_bytes_back(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;
	struct regf *hive;
	struct err err = { 0 };

	sample_init(&s);
	hive = build_open(build_view(&s.file), NULL);
	assert_int_equal(regf_delete_value(hive, s.a, "not there", &err), 0);
	assert_int_equal(regf_add_key(hive, s.a, "aA", &err), s.aa);
	assert_int_equal(regf_set_value(hive, s.a, "x", REGF_BINARY, "twenty bytes of data", 20, &err), 0);
	assert_false(regf_is_changed(hive));
	assert_int_equal(regf_finish(hive).len, s.file.len);
	assert_memory_equal(regf_finish(hive).data, s.file.data, s.file.len);
	regf_freep(&hive);
}

static void keys_and_values_are_found_in_any_case(void **state UNUSED)
{
	struct regf *hive = build_hive(5);
	struct err err = { 0 };
	regf_key key = regf_add_key(hive, regf_root(hive), "\xc3\x84pfel \xd0\x96", &err); /* stored wide */
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint32_t number = 0;

	assert_int_equal(regf_child(hive, regf_root(hive), "\xc3\xa4PFEL \xd0\xb6"), key);
	assert_int_equal(regf_child(hive, regf_root(hive), "\xc3\xa4PFEL"), 0);
	assert_int_equal(regf_child(hive, regf_root(hive), "\xff"), 0);
	assert_int_equal(regf_set_text(hive, key, "N\xc3\xa9", REGF_EXPAND_SZ, "a\xe2\x82\xac", &err), 0);
	assert_int_equal(regf_set_u32(hive, key, "", 0xfedcba98, &err), 0);
	assert_true(regf_get_text(hive, key, "n\xc3\x89", &text));
	assert_string_equal(text.data, "a\xe2\x82\xac");
	assert_true(regf_get_u32(hive, key, "", &number));
	assert_int_equal(number, 0xfedcba98);
	assert_false(regf_get_u32(hive, key, "N\xc3\xa9", &number));
	assert_false(regf_get_text(hive, key, "", &text));
	regf_freep(&hive);
}

static void a_handle_of_something_deleted_does_no_harm(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct regf *hive;
	struct bytes security;
	struct err err = { 0 };

	sample_init(&s);
	hive = build_open(build_view(&s.file), NULL);
	assert_int_equal(regf_delete_key(hive, s.a, &err), 0);
	assert_int_equal(regf_delete_key(hive, s.a, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(regf_set_u32(hive, s.aa, "n", 1, &err), -1);
	assert_int_equal(regf_rename_key(hive, s.aa, "n", &err), -1);
	assert_int_equal(regf_child_count(hive, s.a), 0);
	assert_int_equal(regf_value_count(hive, s.a), 0);
	assert_int_equal(regf_value_data(hive, s.x, &text, &err), -1);
	assert_false(regf_key_security(hive, s.a, &security));
	regf_key_name(hive, s.a, &text);
	assert_int_equal(text.len, 0);
	assert_int_equal(regf_parent(hive, 0xffffffff), 0);
	assert_int_equal(regf_child_at(hive, 12345678, 0), 0);
	regf_freep(&hive);
}

static void bad_names_and_the_root_are_refused(void **state UNUSED)
{
	struct regf *hive = build_hive(5);
	regf_key root = regf_root(hive);
	struct err err = { 0 };
	char name[257];

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	assert_int_equal(regf_add_key(hive, root, "", &err), 0);
	assert_int_equal(regf_add_key(hive, root, "a\\b", &err), 0);
	assert_int_equal(regf_add_key(hive, root, "\x80", &err), 0);
	assert_int_equal(regf_add_key(hive, root, name, &err), 0);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_true(regf_add_key(hive, root, name + 1, &err));
	assert_int_equal(regf_delete_key(hive, root, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	regf_freep(&hive);
}

static void a_predefined_handle_has_no_values(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;
	struct regf *hive;
	struct err err = { 0 };

	sample_init(&s);
	build_put32(&s.file, CELLS + s.b, 0x00606b6e);
	build_put32(&s.file, CELLS + s.b + 36, 0x80000050); /* HKEY_PERFORMANCE_TEXT */
	hive = build_open(build_view(&s.file), NULL);
	assert_int_equal(regf_value_count(hive, s.b), 0);
	assert_int_equal(regf_set_u32(hive, s.b, "n", 1, &err), -1);
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_int_equal(regf_delete_key(hive, s.b, &err), 0);
	regf_freep(&hive);
}

static void a_hive_with_deeper_keys_is_refused(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	struct regf *hive = build_hive(5);
	struct err err = { 0 };
	regf_key deepest = regf_root(hive), donor, moved;
	uint32_t list;

	for (size_t i = 0; i < 512; i++)
		deepest = regf_add_key(hive, deepest, "d", &err);
	donor = regf_add_key(hive, regf_root(hive), "e", &err);
	moved = regf_add_key(hive, donor, "f", &err);
	build_finish(&hive, &file);
	list = load_le32((uint8_t *)file.data + CELLS + donor + 28);
	build_put32(&file, CELLS + donor + 20, 0);
	build_put32(&file, CELLS + deepest + 20, 1);
	build_put32(&file, CELLS + deepest + 28, list);
	build_put32(&file, CELLS + moved + 16, deepest);
	assert_refused(build_view(&file), NULL, ERR_LIMIT);
}

static size_t count_used_cells(struct bytes file)
{
	size_t n = 0;

	for (size_t bin = 4096; bin < file.len; bin += bytes_le32(file, bin + 8))
		for (size_t at = bin + 32, size; at < bin + bytes_le32(file, bin + 8); at += size) {
			int32_t cell = (int32_t)bytes_le32(file, at);

			size = (size_t)abs(cell);
			n += cell < 0;
		}
	return n;
}

/* The data of value x becomes the class of B: there is no call that makes a class. */
static void give_class(struct sample *s)
{
	static const uint8_t text[] = { 'c', 0, 0xe9, 0 };
	uint32_t cell = word(s, CELLS + s->x + 8);

	memcpy(s->file.data + CELLS + cell, text, sizeof(text));
	build_put32(&s->file, CELLS + s->x + 4, 0x80000000);
	build_put32(&s->file, CELLS + s->b + 48, cell);
	store_le16((uint8_t *)s->file.data + CELLS + s->b + 74, sizeof(text));
}

static void a_class_is_read_and_goes_with_its_key(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct regf *hive;
	struct err err = { 0 };
	size_t used;

	sample_init(&s);
	give_class(&s);
	used = count_used_cells(build_view(&s.file));
	hive = build_open(build_view(&s.file), NULL);
	assert_true(regf_key_class(hive, s.b, &text));
	assert_string_equal(text.data, "c\xc3\xa9");
	assert_false(regf_key_class(hive, s.a, &text));
	assert_int_equal(regf_delete_key(hive, s.b, &err), 0);
	assert_int_equal(count_used_cells(regf_finish(hive)), used - 2);
	regf_freep(&hive);
}

static void virtualisation_flags_are_passed_on_when_the_parent_says_so(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;
	struct regf *hive;
	struct err err = { 0 };
	regf_key with, without;
	struct bytes out;

	sample_init(&s);
	build_put32(&s.file, CELLS + s.a + 52, 0x00fa0004);
	build_put32(&s.file, CELLS + s.b + 52, 0x00f20000);
	hive = build_open(build_view(&s.file), NULL);
	with = regf_add_key(hive, s.a, "a longer name", &err);
	without = regf_add_key(hive, s.b, "a longer name", &err);
	out = regf_finish(hive);
	assert_int_equal(bytes_le32(out, CELLS + with + 52), 0x000a0000);
	assert_int_equal(bytes_le32(out, CELLS + without + 52), 0);
	assert_int_equal(bytes_le32(out, CELLS + s.a + 52), 0x00fa0000 + 2 * strlen("a longer name"));
	assert_int_equal(bytes_le32(out, CELLS + s.b + 52), 0x00f20000 + 2 * strlen("a longer name"));
	regf_freep(&hive);
}

static void an_edited_hive_is_clean_newer_and_otherwise_as_it_was(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;
	struct regf *hive;
	struct err err = { 0 };
	uint32_t sequence;
	struct bytes out;

	sample_init(&s);
	sequence = word(&s, 4);
	memset(s.file.data + 112, 0x5a, 80); /* fields that are not ours */
	memset(s.file.data + 4040, 0x5a, 48);
	build_checksum(&s.file);
	strbuf_add_fill(&s.file, 'p', 8192); /* padding, maybe of an older and longer hive */
	hive = build_open(build_view(&s.file), NULL);
	assert_int_equal(regf_set_u32(hive, s.a, "n", 1, &err), 0);
	for (int again = 0; again < 2; again++) {
		out = regf_finish(hive);
		assert_int_equal(out.len, s.file.len);
		assert_int_equal(bytes_le32(out, 4), sequence + 1);
		assert_int_equal(bytes_le32(out, 8), sequence + 1);
		assert_true(bytes_le64(out, 12) == BUILD_CLOCK);
		assert_true(bytes_le64(out, 4096 + 20) == BUILD_CLOCK);
		assert_memory_equal(out.data + 20, s.file.data + 20, 508 - 20);
		assert_memory_equal(out.data + 512, s.file.data + 512, 4096 - 512);
		for (size_t i = 0; i < 8192; i++)
			assert_int_equal(out.data[out.len - 8192 + i], 0);
	}
	regf_freep(&hive);
}

static void a_new_bin_takes_the_place_of_padding(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;
	static const uint8_t data[6000];
	struct regf *hive;
	struct err err = { 0 };

	sample_init(&s);
	strbuf_add_fill(&s.file, 'p', 3 * 4096);
	hive = build_open(build_view(&s.file), NULL);
	assert_int_equal(regf_set_value(hive, s.a, "n", REGF_BINARY, data, sizeof(data), &err), 0);
	assert_int_equal(regf_finish(hive).len, s.file.len);
	assert_int_equal(bytes_le32(regf_finish(hive), 40), 3 * 4096);
	strbuf_clear(&s.file);
	build_finish(&hive, &s.file);
	hive = build_open(build_view(&s.file), NULL);
	regf_freep(&hive);
}

/* Other programs leave such lists; Windows would not find all keys in them. */
static void keys_in_the_wrong_order_are_found_and_put_in_order(void **state UNUSED)
{
	CLEANUP(sample_release) struct sample s;
	struct regf *hive;
	struct err err = { 0 };
	uint32_t list, added;

	sample_init(&s);
	list = word(&s, CELLS + ROOT + 28);
	build_put32(&s.file, CELLS + list + 4, s.b);
	build_put32(&s.file, CELLS + list + 12, s.a);
	hive = build_open(build_view(&s.file), NULL);
	assert_int_equal(regf_child(hive, ROOT, "a"), s.a);
	assert_int_equal(regf_child(hive, ROOT, "b"), s.b);
	assert_int_equal(regf_child(hive, ROOT, "c"), 0);
	added = regf_add_key(hive, ROOT, "AB", &err);
	assert_int_equal(regf_child_at(hive, ROOT, 0), s.a);
	assert_int_equal(regf_child_at(hive, ROOT, 1), added);
	assert_int_equal(regf_child_at(hive, ROOT, 2), s.b);
	assert_int_equal(regf_child_at(hive, ROOT, 3), 0);
	regf_freep(&hive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_hive_is_refused),
		cmocka_unit_test(a_wrong_checksum_is_named_with_both_numbers),
		cmocka_unit_test(versions_outside_1_3_to_1_6_are_refused),
		cmocka_unit_test(bins_that_do_not_fit_the_file_are_refused),
		cmocka_unit_test(cells_that_do_not_fit_their_bin_are_refused),
		cmocka_unit_test(a_root_that_is_no_key_is_refused),
		cmocka_unit_test(a_name_that_crosses_its_cell_is_refused),
		cmocka_unit_test(a_wrong_parent_is_refused),
		cmocka_unit_test(subkey_lists_that_disagree_or_loop_are_refused),
		cmocka_unit_test(values_that_lead_nowhere_or_are_shared_are_refused),
		cmocka_unit_test(a_broken_ring_of_descriptors_is_refused),
		cmocka_unit_test(keys_are_nested_no_deeper_than_windows_allows),
		cmocka_unit_test(a_dirty_hive_is_refused_with_a_hint_but_can_be_looked_at),
		cmocka_unit_test(an_unchanged_hive_gives_its_bytes_back),
		cmocka_unit_test(keys_and_values_are_found_in_any_case),
		cmocka_unit_test(a_handle_of_something_deleted_does_no_harm),
		cmocka_unit_test(bad_names_and_the_root_are_refused),
		cmocka_unit_test(a_predefined_handle_has_no_values),
		cmocka_unit_test(a_hive_with_deeper_keys_is_refused),
		cmocka_unit_test(an_edited_hive_is_clean_newer_and_otherwise_as_it_was),
		cmocka_unit_test(a_new_bin_takes_the_place_of_padding),
		cmocka_unit_test(keys_in_the_wrong_order_are_found_and_put_in_order),
		cmocka_unit_test(a_class_is_read_and_goes_with_its_key),
		cmocka_unit_test(virtualisation_flags_are_passed_on_when_the_parent_says_so),
	};

	return cmocka_run_group_tests_name("regf", tests, NULL, NULL);
}
