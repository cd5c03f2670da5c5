/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_link.h"

#include <stdlib.h>

#include "common/base/utf16.h"
#include "tests/unit/cmocka_all.h"

static int target_of(uint32_t tag, const char *substitute, uint32_t flags, bool fixed, const char *root, struct strbuf *ret)
{
	struct strbuf data = STRBUF_INIT, name = STRBUF_INIT;
	uint8_t head[12] = { 0 };
	size_t head_len = tag == WIM_TAG_SYMLINK ? 12 : 8;
	int result;

	assert_int_equal(text_to_utf16le(substitute, strlen(substitute), &name, NULL), 0);
	store_le16(head + 2, (uint16_t)name.len);
	store_le32(head + 8, flags);
	strbuf_add(&data, head, head_len);
	strbuf_add(&data, strbuf_text(&name), name.len);
	result = wim_link_target(tag, bytes_of(data.data, data.len), fixed, root, ret, NULL);
	strbuf_release(&data);
	strbuf_release(&name);
	return result;
}

static void expect(uint32_t tag, const char *substitute, uint32_t flags, bool fixed, const char *root, const char *want)
{
	struct strbuf got = STRBUF_INIT;

	assert_int_equal(target_of(tag, substitute, flags, fixed, root, &got), 0);
	assert_string_equal(strbuf_text(&got), want);
	strbuf_release(&got);
}

/* The expected texts are what wimlib-imagex apply makes of these (see acceptance/wim-read.sh). */
static void targets_are_those_of_libwim(void **state UNUSED)
{
	expect(WIM_TAG_SYMLINK, "..\\other\\file", 1, true, "/r", "../other/file");
	expect(WIM_TAG_SYMLINK, "a/b\\c", 1, true, "/r", "a\\b/c");
	expect(WIM_TAG_SYMLINK, "\\Windows\\x", 1, true, "/r", "/Windows/x");
	expect(WIM_TAG_SYMLINK, "\\??\\C:\\Users", 0, true, "/r", "/r/Users");
	expect(WIM_TAG_SYMLINK, "\\??\\C:\\Users", 0, false, "/r", "/Users");
	expect(WIM_TAG_SYMLINK, "\\??\\C:", 0, true, "/r", "/r");
	expect(WIM_TAG_SYMLINK, "\\??\\C:", 0, true, "", "/");
	expect(WIM_TAG_SYMLINK, "\\Device\\HarddiskVolume1\\x", 0, false, "", "/x");
	expect(WIM_TAG_JUNCTION, "\\??\\Volume{1}\\", 0, false, "", "/");
	expect(WIM_TAG_JUNCTION, "\\??\\C:\\Users\\All", 0, true, "/r", "/r/Users/All");
}

static void broken_data_are_refused(void **state UNUSED)
{
	struct strbuf got = STRBUF_INIT;
	uint8_t data[12] = { 0 };

	assert_int_equal(wim_link_target(WIM_TAG_SYMLINK, bytes_of(data, 11), true, "", &got, NULL), -1);
	store_le16(data + 2, 2);
	assert_int_equal(wim_link_target(WIM_TAG_SYMLINK, bytes_of(data, 12), true, "", &got, NULL), -1);
	store_le16(data, 0xffff);
	assert_int_equal(wim_link_target(WIM_TAG_JUNCTION, bytes_of(data, 12), true, "", &got, NULL), -1);
	assert_int_equal(got.len, 0);
}

/* [MS-FSCC] 2.1.2.4: offsets and lengths of both names, the flag of relative targets, names ended by a zero. */
static void data_of_a_link_is_as_windows_writes_it(void **state UNUSED)
{
	static const char want[] = "\0\0\x08\0" "\x0a\0\x08\0" "\1\0\0\0" "a\0\\\0b\0c\0" "\0\0" "a\0\\\0b\0c\0\0";
	struct strbuf data = STRBUF_INIT;

	assert_int_equal(wim_link_build("a/bc", &data, NULL), 0);
	assert_int_equal(data.len, sizeof(want));
	assert_memory_equal(data.data, want, sizeof(want));
	strbuf_release(&data);
}

static void links_that_are_built_lead_where_they_did(void **state UNUSED)
{
	static const char *const targets[] = { "x", "../up/and/down", "/Windows/win.ini", "/", "Gr\303\274\303\237e",
						"back\\slash/and\\one", "C:\\x", "/a\\b", "\\\\server\\x" };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		struct strbuf data = STRBUF_INIT, text = STRBUF_INIT;

		assert_int_equal(wim_link_build(targets[i], &data, NULL), 0);
		assert_int_equal(bytes_le32(bytes_of(data.data, data.len), 8), targets[i][0] != '/');
		assert_int_equal(wim_link_target(WIM_TAG_SYMLINK, bytes_of(data.data, data.len), false, "", &text, NULL), 0);
		assert_string_equal(strbuf_text(&text), targets[i]);
		strbuf_release(&data);
		strbuf_release(&text);
	}
}

static void targets_that_windows_cannot_hold_are_refused(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;
	struct err err = { 0 };
	char *longest = xmalloc(5000);

	memset(longest, 'x', 4999);
	longest[4999] = '\0';
	assert_int_equal(wim_link_build(longest, &data, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	/* both names, their zeros, 12 bytes, and the 8 before them: (16384 - 24) / 4 units */
	longest[4090] = '\0';
	strbuf_clear(&data);
	assert_int_equal(wim_link_build(longest, &data, NULL), 0);
	free(longest);
	strbuf_release(&data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_those_of_libwim),
		cmocka_unit_test(broken_data_are_refused),
		cmocka_unit_test(data_of_a_link_is_as_windows_writes_it),
		cmocka_unit_test(links_that_are_built_lead_where_they_did),
		cmocka_unit_test(targets_that_windows_cannot_hold_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
