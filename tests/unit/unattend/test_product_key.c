/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/pkey_config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "tests/unit/cmocka_all.h"

static struct product_key read_key(const char *text)
{
	struct product_key key;

	product_key_read(text, strlen(text), &key);
	return key;
}

/* Group numbers of keys that Microsoft publishes, decoded by another program. */
static void group_and_serial_of_published_keys_are_read(void **state UNUSED)
{
	static const struct {
		const char *key;
		uint32_t group, serial;
	} known[] = {
		{ "TVRH6-WHNXV-R9WG3-9XRFY-MY832", 4929, 1 },  { "W269N-WFGWX-YVC9B-4J6C9-T83GX", 3311, 1 },
		{ "NPPR9-FWDCX-D2C8J-H872K-2YT43", 3290, 3 },  { "32JNW-9KQ84-P47T8-D8GGY-CWCK7", 1789, 11 },
		{ "N69G4-B89J2-4G8F4-WWYCC-J464C", 4297, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct product_key key = read_key(known[i].key);

		assert_int_equal(key.shape, KEY_2009);
		assert_int_equal(key.group, known[i].group);
		assert_int_equal(key.serial, known[i].serial);
		assert_true(key.checksum_ok);
	}
}

static void every_published_key_has_one_n_and_a_good_checksum_or_no_n(void **state UNUSED)
{
	const struct published_key *published;
	size_t modern = 0, old = 0;

	for (size_t i = 0; (published = published_key_at(i)); i++) {
		struct product_key key = read_key(published->key);

		if (key.shape == KEY_2005) {
			old++;
			continue;
		}
		assert_int_equal(key.shape, KEY_2009);
		assert_true(key.checksum_ok);
		modern++;
	}
	assert_int_equal(modern, 53);
	assert_int_equal(old, 25);
}

static void any_letter_changed_breaks_the_checksum(void **state UNUSED)
{
	const char *good = "W269N-WFGWX-YVC9B-4J6C9-T83GX";

	for (size_t i = 0; i < strlen(good); i++) {
		char bad[PRODUCT_KEY_LEN + 1];

		if (good[i] == '-' || good[i] == 'N')
			continue;
		strcpy(bad, good);
		bad[i] = good[i] == 'B' ? 'C' : 'B';
		assert_int_equal(read_key(bad).shape, KEY_2009);
		assert_false(read_key(bad).checksum_ok);
	}
}

static void small_letters_are_the_same_key(void **state UNUSED)
{
	assert_int_equal(read_key("w269n-wfgwx-yvc9b-4j6c9-t83gx").group, 3311);
	assert_non_null(published_key_find("w269n-wfgwx-yvc9b-4j6c9-t83gx", PRODUCT_KEY_LEN));
}

static void what_is_no_key_is_told_apart(void **state UNUSED)
{
	assert_int_equal(read_key("").shape, KEY_EMPTY);
	assert_int_equal(read_key("W269N-WFGWX").shape, KEY_MALFORMED);
	assert_int_equal(read_key("W269NWFGWXYVC9B4J6C9T83GX").shape, KEY_MALFORMED);
	assert_int_equal(read_key("W269N-WFGWX-YVC9B-4J6C9-T83GX ").shape, KEY_MALFORMED);
	assert_int_equal(read_key("W269N-WFGWX-YVC9B-4J6C9-T83G\xc3").shape, KEY_MALFORMED);
	assert_int_equal(read_key("W269N-WFGWX-YVC9B-4J6C9-T83G0").shape, KEY_BAD_LETTER);
	assert_int_equal(read_key("W269N-WFGNX-YVC9B-4J6C9-T83GX").shape, KEY_BAD_N);
	assert_int_equal(read_key("33PXH-7Y6KF-2VJC9-XBBR8-HVTHH").shape, KEY_2005);
	assert_int_equal(read_key("00000-00000-00000-00000-00000").shape, KEY_PLACEHOLDER);
	assert_int_equal(read_key("NBBBB-CCCCC-DDDDD-FFFFF-GGGGG").shape, KEY_PLACEHOLDER);
	assert_int_equal(read_key("12345-67890-12345-67890-12345").shape, KEY_PLACEHOLDER);
}

static void a_mask_shows_the_last_five_letters_at_most(void **state UNUSED)
{
	char masked[PRODUCT_KEY_MASKED_LEN + 1];

	assert_string_equal(product_key_mask("W269N-WFGWX-YVC9B-4J6C9-T83GX", 29, masked), "*****-*****-*****-*****-T83GX");
	assert_string_equal(product_key_mask("W269N-WFGWX", 11, masked), "(hidden)");
	assert_string_equal(product_key_mask("", 0, masked), "(hidden)");
}

static void groups_are_sorted_and_found(void **state UNUSED)
{
	const struct key_group *group, *last = NULL;

	for (size_t i = 0; (group = key_group_at(i)); i++) {
		assert_true(!last || last->group < group->group);
		assert_ptr_equal(key_group_find(group->group), group);
		last = group;
	}
	assert_null(key_group_find(1));
	assert_string_equal(key_group_find(1347)->channel, "Volume:MAK");
}

static void the_configuration_of_the_image_wins_over_the_list(void **state UNUSED)
{
	const char *key = "NPPR9-FWDCX-D2C8J-H872K-2YT43";
	struct pkey_config *config = pkey_config_load("tests/data/unattend/demo-pkeyconfig.xrm-ms", NULL);
	struct key_verdict verdict;

	assert_non_null(config);
	assert_int_equal(pkey_config_len(config), 2);
	key_classify(key, strlen(key), config, &verdict);
	assert_int_equal(verdict.tier, KEY_TIER_CERTAIN);
	assert_true(key_verdict_is(&verdict, "Volume:MAK"));
	key_classify(key, strlen(key), NULL, &verdict);
	assert_int_equal(verdict.tier, KEY_TIER_TABLE);
	assert_true(key_verdict_is(&verdict, "Volume:GVLK"));
	pkey_config_freep(&config);
}

static void a_configuration_without_base64_is_taken_and_others_are_refused(void **state UNUSED)
{
	const char *plain = "<ProductKeyConfiguration><Configurations><Configuration><RefGroupId>7</RefGroupId>"
			    "<EditionId>X</EditionId><ProductKeyType>Retail</ProductKeyType></Configuration></Configurations>"
			    "</ProductKeyConfiguration>";
	const char *others[] = { "<a/>", "<a>", "", "no xml", "<l><infoBin>!!!!</infoBin></l>", "<l><infoBin>QUJD</infoBin></l>" };
	struct pkey_config *config = pkey_config_parse(bytes_of(plain, strlen(plain)), NULL);
	struct err err;

	assert_non_null(config);
	assert_string_equal(pkey_config_find(config, 7)->channel, "Retail");
	pkey_config_freep(&config);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		err.kind = ERR_NONE;
		assert_null(pkey_config_parse(bytes_of(others[i], strlen(others[i])), &err));
		assert_int_equal(err.kind, ERR_FORMAT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(group_and_serial_of_published_keys_are_read),
		cmocka_unit_test(every_published_key_has_one_n_and_a_good_checksum_or_no_n),
		cmocka_unit_test(any_letter_changed_breaks_the_checksum),
		cmocka_unit_test(small_letters_are_the_same_key),
		cmocka_unit_test(what_is_no_key_is_told_apart),
		cmocka_unit_test(a_mask_shows_the_last_five_letters_at_most),
		cmocka_unit_test(groups_are_sorted_and_found),
		cmocka_unit_test(the_configuration_of_the_image_wins_over_the_list),
		cmocka_unit_test(a_configuration_without_base64_is_taken_and_others_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
