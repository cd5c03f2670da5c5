/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal around a write of libwim: back to the old bytes, unless the write ended well. */
#include <fcntl.h>

#include "common/image/image_private.h"
#include "common/image/wim_journal.h"
#include "tests/unit/image/wim_case.h"

#define JOURNAL "k.wim.goldwim-undo"
#define FLAGS_AT 16

static char *make_guarded(const char *options)
{
	CLEANUP(image_file_closep) struct image_file *file = NULL;

	unlink(JOURNAL);
	capture("k.wim", options);
	file = open_wim("k.wim");
	ok(wim_journal_guard("k.wim", file->fd, &file->header, file->file_bytes, &err));
	assert_int_equal(access(JOURNAL, F_OK), 0);
	return sum_of("k.wim");
}

static bool recovered(void)
{
	bool did;

	ok(image_recover("k.wim", &did, &err));
	assert_int_not_equal(access(JOURNAL, F_OK), 0);
	return did;
}

static void assert_sum(const char *expected)
{
	CLEANUP(freep) char *now = sum_of("k.wim");

	assert_string_equal(now, expected);
}

static void a_write_that_did_not_begin_changes_nothing(void **state UNUSED)
{
	CLEANUP(freep) char *original = make_guarded("--compress=XPRESS --check");

	assert_true(recovered());
	assert_sum(original);
}

static void an_append_that_ended_well_stays(void **state UNUSED)
{
	static const char *const options[] = { "--compress=XPRESS", "--compress=LZX:20 --check", "--solid" };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		CLEANUP(freep) char *original = make_guarded(options[i]);

		assert_int_equal(run("mkdir -p more; date +%%N%%s >more/file"), 0);
		assert_int_equal(run("wimlib-imagex append more k.wim Second"), 0);

		CLEANUP(freep) char *theirs = sum_of("k.wim");

		assert_string_not_equal(theirs, original);
		assert_false(recovered());
		assert_sum(theirs);
		assert_verifies("k.wim");
	}
}

/* Sets the mark, overwrites all behind the blob table, and adds a tail: the worst that an interrupted write does. */
static void a_write_that_was_cut_off_is_undone(void **state UNUSED)
{
	CLEANUP(freep) char *original = make_guarded("--compress=XPRESS --check");
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	CLEANUP(image_file_closep) struct image_file *file = open_wim("k.wim");
	uint64_t from = file->header.blob_table.offset;

	read_file("k.wim", &data);
	data.data[FLAGS_AT] = (char)(data.data[FLAGS_AT] | WIM_FLAG_WRITE_IN_PROGRESS);
	strbuf_add_fill(&data, 'x', 5000);
	memset(data.data + from, 'x', data.len - from);
	write_file("k.wim", data.data, data.len);
	assert_true(recovered());
	assert_sum(original);
	assert_verifies("k.wim");
}

static void an_append_that_was_killed_is_undone_or_done(void **state UNUSED)
{
	unsigned undone = 0;

	write_noise("src/large", 30000000, 5);
	for (unsigned ms = 20; ms < 400; ms += 40) {
		CLEANUP(freep) char *original = make_guarded("--compress=none --check");

		assert_int_equal(run("mkdir -p big; cp src/large big/; date +%%N >>big/large"), 0);
		(void)run("timeout --foreground -s KILL 0.%03u wimlib-imagex append big k.wim Second --check", ms);
		/* timeout ends itself too, maybe a moment before wimlib-imagex is gone */
		assert_int_equal(run("flock k.wim true"), 0);
		if (recovered()) {
			assert_sum(original);
			undone++;
		}
		assert_others_accept("k.wim");
	}
	assert_int_equal(run("rm -rf src/large big"), 0);
	assert_true(undone > 0);
}

static void a_write_by_somebody_else_after_it_is_not_undone(void **state UNUSED)
{
	CLEANUP(freep) char *original = make_guarded("--compress=XPRESS");
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	bool did;

	assert_int_equal(run("wimlib-imagex append src k.wim Second"), 0);
	read_file("k.wim", &data);
	data.data[FLAGS_AT] = (char)(data.data[FLAGS_AT] | WIM_FLAG_WRITE_IN_PROGRESS);
	write_file("k.wim", data.data, data.len);

	CLEANUP(freep) char *theirs = sum_of("k.wim");

	refused(image_recover("k.wim", &did, &err), ERR_REFUSED);
	assert_sum(theirs);
	assert_int_equal(unlink(JOURNAL), 0);
}

/* ---- a journal that is kept ---- */

#define KEPT "kept.undo"

static void commit_keeping(const char *text)
{
	CLEANUP(image_edit_closep) struct image_edit *edit = open_edit("k.wim", "1");

	ok(image_edit_put(edit, "/new/file.txt", text, strlen(text), true, &err));
	image_edit_keep_undo(edit, KEPT);
	ok(image_edit_commit(edit, NULL, &err));
}

static void a_commit_that_kept_its_journal_is_taken_back_byte_for_byte(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(wim_kinds); i++) {
		unlink(KEPT);
		capture("k.wim", wim_kinds[i].options);
		assert_int_equal(run("printf tail-of-others >>k.wim"), 0); /* bytes behind the end come back too */

		CLEANUP(freep) char *original = sum_of("k.wim");

		commit_keeping("1");
		assert_int_not_equal(access(JOURNAL, F_OK), 0);
		assert_true(image_undo_is(KEPT));
		assert_int_equal(run("wimlib-imagex extract k.wim 1 /new/file.txt --to-stdout | grep -q 1"), 0);
		ok(image_undo("k.wim", KEPT, &err));
		assert_sum(original);
		ok(image_undo("k.wim", KEPT, &err)); /* twice is once */
		assert_sum(original);
	}
	unlink(KEPT);
}

static void what_others_changed_since_is_not_taken_back(void **state UNUSED)
{
	capture("k.wim", "--compress=XPRESS");
	commit_keeping("1");
	assert_int_equal(run("wimlib-imagex append src k.wim Second"), 0);

	CLEANUP(freep) char *theirs = sum_of("k.wim");

	refused(image_undo("k.wim", KEPT, &err), ERR_REFUSED);
	assert_sum(theirs);
	unlink(KEPT);
}

/* A commit whose journal cannot be kept is none. */
static void a_journal_that_cannot_be_kept_fails_the_commit(void **state UNUSED)
{
	static const char *const places[] = { "out.log", "no/such/folder/kept" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		capture("k.wim", "--compress=XPRESS");

		CLEANUP(freep) char *original = sum_of("k.wim");
		CLEANUP(image_edit_closep) struct image_edit *edit = open_edit("k.wim", "1");

		ok(image_edit_put(edit, "/a.txt", "a", 1, false, &err));
		image_edit_keep_undo(edit, places[i]);
		assert_int_equal(image_edit_commit(edit, NULL, NULL), -1);
		assert_int_not_equal(access(JOURNAL, F_OK), 0);
		assert_sum(original);
	}
}

static void a_kept_journal_that_is_damaged_is_refused(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;

	capture("k.wim", "--compress=XPRESS");
	commit_keeping("1");

	CLEANUP(freep) char *now = sum_of("k.wim");

	read_file(KEPT, &data);
	write_file(KEPT, data.data, data.len / 3);
	refused(image_undo("k.wim", KEPT, &err), ERR_TRUNCATED);
	data.data[data.len / 4] ^= 1;
	write_file(KEPT, data.data, data.len);
	refused(image_undo("k.wim", KEPT, &err), ERR_TRUNCATED);
	write_file(KEPT, "no journal", 10);
	assert_false(image_undo_is(KEPT));
	refused(image_undo("k.wim", KEPT, &err), ERR_REFUSED);
	assert_sum(now);
	unlink(KEPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_that_did_not_begin_changes_nothing),
		cmocka_unit_test(an_append_that_ended_well_stays),
		cmocka_unit_test(a_write_that_was_cut_off_is_undone),
		cmocka_unit_test(an_append_that_was_killed_is_undone_or_done),
		cmocka_unit_test(a_write_by_somebody_else_after_it_is_not_undone),
		cmocka_unit_test(a_commit_that_kept_its_journal_is_taken_back_byte_for_byte),
		cmocka_unit_test(what_others_changed_since_is_not_taken_back),
		cmocka_unit_test(a_journal_that_cannot_be_kept_fails_the_commit),
		cmocka_unit_test(a_kept_journal_that_is_damaged_is_refused),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
