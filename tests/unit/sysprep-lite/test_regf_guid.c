/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GUIDs replaced in names, text and binary data; lists in order afterwards; refusals leave all as it was. */
#include "tests/unit/sysprep-lite/regf_build.h"
#include "tests/unit/sysprep-lite/regf_raw.h"

#include <strings.h>

enum { MANY = 2600 };

static void init_guids(struct guid *ret, size_t n, uint64_t seed)
{
	struct rng rng = rng_of(seed, "regf-guid");

	for (size_t i = 0; i < n; i++)
		ret[i] = rng_guid(&rng);
}

static const char *text_of(const struct guid *guid, unsigned style)
{
	static char text[GUID_BRACED_LEN + 1];

	return guid_format(guid, style, text);
}

/* Slow and plain: every form at every place. */
static size_t plain_count(struct bytes all, const struct guid *guid)
{
	const char *text = text_of(guid, GUID_PLAIN);
	size_t n = 0;

	for (size_t at = 0; at < all.len; at++) {
		size_t i = 0;

		n += bytes_equal(all, at, guid->bytes, 16);
		n += all.len - at >= 36 && strncasecmp((const char *)all.data + at, text, 36) == 0;
		while (i < 36 && bytes_holds(all, at + 2 * i, 2) && (all.data[at + 2 * i] | 0x20) == (text[i] | 0x20) &&
		       all.data[at + 2 * i + 1] == 0)
			i++;
		n += i == 36;
	}
	return n;
}

struct seen {
	size_t forms[3];
	size_t n;
	uint64_t last;
};

static void see(void *context, const struct regf_guid_hit *hit)
{
	struct seen *seen = context;

	assert_true(seen->n == 0 || hit->offset > seen->last);
	seen->forms[hit->form]++;
	seen->last = hit->offset;
	seen->n++;
}

static void every_form_is_replaced_and_none_is_left(void **state UNUSED)
{
	struct regf *hive = build_hive(5);
	regf_key key = regf_root(hive);
	struct guid from[2], to[2];
	struct seen seen = { 0 }, again = { 0 };
	struct err err = { 0 };
	uint8_t data[64] = { 0 };
	char name[128];

	init_guids(from, 2, 1);
	init_guids(to, 2, 2);
	(void)snprintf(name, sizeof(name), "Tcpip_%s", text_of(&from[0], GUID_BRACES | GUID_UPPER));
	key = regf_add_key(hive, key, name, &err);
	assert_true(key);
	(void)snprintf(name, sizeof(name), "%s \xd0\x96", text_of(&from[1], GUID_PLAIN)); /* a wide name */
	assert_true(regf_add_key(hive, key, name, &err));
	(void)snprintf(name, sizeof(name), "%s", text_of(&from[1], GUID_BRACES));
	assert_int_equal(regf_set_text(hive, key, name, REGF_SZ, text_of(&from[0], GUID_UPPER), &err), 0);
	memcpy(data + 3, from[1].bytes, 16);
	memcpy(data + 40, from[0].bytes, 16);
	assert_int_equal(regf_set_value(hive, key, "b", REGF_BINARY, data, sizeof(data), &err), 0);

	regf_find_guids(hive, from, 2, see, &seen);
	assert_int_equal(seen.n, plain_count(regf_finish(hive), &from[0]) + plain_count(regf_finish(hive), &from[1]));
	assert_int_equal(seen.forms[REGF_HIT_BINARY], 2);
	assert_int_equal(seen.forms[REGF_HIT_ASCII], 2);
	assert_int_equal(seen.forms[REGF_HIT_UTF16], 2);
	assert_int_equal(regf_remap_guids(hive, from, to, 2, see, &again, &err), 0);
	assert_int_equal(again.n, 6);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(plain_count(regf_finish(hive), &from[i]), 0);
		assert_int_equal(plain_count(regf_finish(hive), &to[i]), 3);
	}
	regf_freep(&hive);
}

static void case_is_kept_digit_by_digit(void **state UNUSED)
{
	static const char old[] = "AbCdEf01-2345-6789-abcd-EF0123456789";
	static const char new[] = "fedcba98-abcd-ef01-abcd-0123456789ab";
	struct regf *hive = build_hive(5);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct guid from, to;
	struct err err = { 0 };

	assert_true(guid_parse(old, &from) && guid_parse(new, &to));
	assert_int_equal(regf_set_text(hive, regf_root(hive), "t", REGF_SZ, old, &err), 0);
	assert_int_equal(regf_remap_guids(hive, &from, &to, 1, NULL, NULL, &err), 0);
	assert_true(regf_get_text(hive, regf_root(hive), "t", &text));
	assert_string_equal(text.data, "FeDcBa98-abcd-ef01-abcd-0123456789AB");
	regf_freep(&hive);
}

/* Thousands of keys named by GUID, in lists of one and several leaves; two of three get new names. */
static void assert_lists_in_order_after_remap(uint32_t minor, size_t n)
{
	struct guid *from = xcalloc(n, sizeof(*from)), *to = xcalloc(n, sizeof(*to));
	struct regf *hive = build_hive(minor);
	struct model_key *root = model_new("ROOT", NULL);
	struct err err = { 0 };

	init_guids(from, n, minor);
	init_guids(to, n, minor + 100);
	for (size_t i = 0; i < n; i++) {
		assert_true(regf_add_key(hive, regf_root(hive), text_of(&from[i], GUID_BRACES | GUID_UPPER), &err));
		model_insert(root, model_new(text_of(i % 3 ? &to[i] : &from[i], GUID_BRACES | GUID_UPPER), root));
	}
	for (size_t i = 0; i < n; i++)
		if (i % 3 == 0)
			to[i] = from[i];
	if (regf_remap_guids(hive, from, to, n, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
	raw_assert_hive(regf_finish(hive), root);
	for (size_t i = 0; i < n; i++)
		assert_true(regf_child(hive, regf_root(hive), text_of(&to[i], GUID_BRACES)));
	model_free(root);
	regf_freep(&hive);
	free(from);
	free(to);
}

static void renamed_keys_are_found_in_lists_of_any_length(void **state UNUSED)
{
	static const size_t lengths[] = { 1, 2, 511, 512, 1012, 1013, MANY };

	for (uint32_t minor = 3; minor <= 5; minor += 2)
		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
			assert_lists_in_order_after_remap(minor, lengths[i]);
}

static void assert_remap_refused(struct regf *hive, const struct guid *from, const struct guid *to)
{
	CLEANUP(strbuf_release) struct strbuf before = STRBUF_INIT;
	struct bytes now = regf_finish(hive);
	struct seen seen = { 0 };
	struct err err = { 0 };

	strbuf_add(&before, now.data, now.len);
	assert_int_equal(regf_remap_guids(hive, from, to, 1, see, &seen, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_int_equal(seen.n, 0);
	now = regf_finish(hive);
	assert_int_equal(now.len, before.len);
	assert_memory_equal(now.data, before.data, now.len);
}

static void a_new_name_that_is_taken_is_refused(void **state UNUSED)
{
	struct regf *hive = build_hive(5);
	struct guid guids[2];
	struct err err = { 0 };

	init_guids(guids, 2, 5);
	assert_true(regf_add_key(hive, regf_root(hive), text_of(&guids[0], GUID_PLAIN), &err));
	assert_true(regf_add_key(hive, regf_root(hive), text_of(&guids[1], GUID_PLAIN), &err));
	assert_remap_refused(hive, &guids[0], &guids[1]);
	regf_freep(&hive);
}

static void bytes_that_hold_the_hive_together_are_not_replaced(void **state UNUSED)
{
	struct regf *hive = build_hive(5);
	struct guid from = { { 0 } }, to;
	struct err err = { 0 };
	regf_key key = regf_add_key(hive, regf_root(hive), "key", &err);

	init_guids(&to, 1, 6);
	assert_remap_refused(hive, &from, &to); /* zeros are everywhere */
	memcpy(from.bytes, regf_finish(hive).data + 4096 + key, 16);
	assert_remap_refused(hive, &from, &to);
	memcpy(from.bytes, regf_finish(hive).data + 32, 16); /* format, root, size of the bins, clustering */
	to = from;
	store_le32(to.bytes + 4, key);
	assert_remap_refused(hive, &from, &to);
	assert_int_equal(regf_child(hive, regf_root(hive), "key"), key);
	regf_freep(&hive);
}

static void places_at_the_very_end_are_found(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	static const unsigned lens[] = { 16, 36, 72 };
	struct guid guid;

	init_guids(&guid, 1, 7);
	for (size_t form = 0; form < 3; form++) {
		struct regf *hive;
		struct seen seen = { 0 };

		strbuf_clear(&file);
		build_empty(5, &file);
		strbuf_add_fill(&file, '\0', 4096); /* padding behind the bins */
		for (size_t i = 0; i < lens[form]; i++)
			file.data[file.len - lens[form] + i] =
				form == 0   ? (char)guid.bytes[i]
				: form == 1 ? text_of(&guid, GUID_PLAIN)[i]
					    : (char)(i % 2 ? 0 : text_of(&guid, GUID_PLAIN)[i / 2]);
		hive = build_open(build_view(&file), NULL);
		regf_find_guids(hive, &guid, 1, see, &seen);
		assert_int_equal(seen.forms[form], 1);
		assert_int_equal(seen.n, 1);
		assert_int_equal(seen.last, file.len - lens[form]);
		regf_freep(&hive);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_replaced_and_none_is_left),
		cmocka_unit_test(case_is_kept_digit_by_digit),
		cmocka_unit_test(renamed_keys_are_found_in_lists_of_any_length),
		cmocka_unit_test(a_new_name_that_is_taken_is_refused),
		cmocka_unit_test(bytes_that_hold_the_hive_together_are_not_replaced),
		cmocka_unit_test(places_at_the_very_end_are_found),
	};

	return cmocka_run_group_tests_name("regf-guid", tests, NULL, NULL);
}
