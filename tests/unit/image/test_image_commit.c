/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A commit that is ended at any of its steps: the old image or the new one, and back to the old bytes. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "common/base/tempfiles.h"
#include "common/image/image_private.h"
#include "common/image/wim_writer.h"
#include "tests/unit/image/wim_case.h"

#define JOURNAL "k.wim.goldwim-undo"

static unsigned steps;
static unsigned end_at;
static const char *end_at_name;
static int end_signal;

static void count_step(const char *step)
{
	steps++;
	if (end_at ? steps == end_at : end_at_name && strcmp(step, end_at_name) == 0) {
		end_at_name = NULL;
		kill(getpid(), end_signal);
	}
}

static void make_wim(const char *options)
{
	unlink(JOURNAL);
	capture("k.wim", options);
}

/* In the child: 0 when the commit was done. */
static int do_commit(void)
{
	struct image_edit *edit = image_edit_open("k.wim", NULL, NULL);
	char data[70000];

	if (!edit)
		return 2;
	noise(data, sizeof(data), 99);
	wim_write_hook = count_step;
	if (image_edit_put(edit, "/one", "changed", 7, false, NULL) < 0 ||
	    image_edit_put(edit, "/new/noise", data, sizeof(data), true, NULL) < 0 ||
	    image_edit_delete(edit, "/chunk", false, NULL) < 0 || image_edit_commit(edit, NULL, NULL) < 0)
		return 1;
	image_edit_closep(&edit);
	return 0;
}

/* The wait status of a child that runs fn. */
static int in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* 'o': wimlib sees the image before, 'n': after the commit; anything else fails. */
static char state_of_wim(void)
{
	char *list = output_of("wimlib-imagex dir k.wim 1");
	char *one = output_of("wimlib-imagex extract k.wim 1 /one --to-stdout");
	bool old = strstr(list, "/chunk\n") && !strstr(list, "/new") && strcmp(one, "1") == 0;
	bool new = !strstr(list, "/chunk\n") && strstr(list, "/new/noise\n") && strcmp(one, "changed") == 0;

	free(list);
	free(one);
	assert_true(old != new);
	return old ? 'o' : 'n';
}

static void recover_to(const char *original, bool expect_journal)
{
	bool did = !expect_journal;

	ok(image_recover("k.wim", &did, &err));
	assert_int_equal(did, expect_journal);
	assert_int_not_equal(access(JOURNAL, F_OK), 0);

	char *now = sum_of("k.wim");

	assert_string_equal(now, original);
	free(now);
}

/* Ends commits at step 1, 2, 3, ... until one runs through. */
static void kill_at_every_step(const char *options)
{
	unsigned olds = 0;
	unsigned news = 0;

	make_wim(options);

	char *original = sum_of("k.wim");

	end_signal = SIGKILL;
	for (end_at = 1;; end_at++) {
		int status = in_child(do_commit);

		assert_others_accept("k.wim");
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			break;
		}
		assert_int_equal(WTERMSIG(status), SIGKILL);

		bool journal = access(JOURNAL, F_OK) == 0;

		if (state_of_wim() == 'o')
			olds++;
		else
			news++;
		if (!journal)
			assert_int_equal(state_of_wim(), 'o');
		recover_to(original, journal);
	}
	assert_int_equal(state_of_wim(), 'n');
	assert_int_not_equal(access(JOURNAL, F_OK), 0);
	assert_verifies("k.wim");
	/* journal in two halves, blobs, metadata, tables, length, journal, header, sync, removal */
	assert_true(olds >= 8);
	assert_true(news >= 2);
	end_at = 0;
	free(original);
}

static void a_kill_at_any_step_leaves_the_old_or_the_new(void **state UNUSED)
{
	kill_at_every_step("--compress=XPRESS");
}

static void the_same_with_an_integrity_table(void **state UNUSED)
{
	kill_at_every_step("--compress=LZX:20 --check");
}

static void the_same_without_compression(void **state UNUSED)
{
	kill_at_every_step("--compress=none");
}

static void the_same_for_a_solid_wim(void **state UNUSED)
{
	kill_at_every_step("--solid --solid-chunk-size=128K");
}

static void the_next_edit_recovers_by_itself(void **state UNUSED)
{
	make_wim("--compress=XPRESS");
	end_signal = SIGKILL;
	end_at_name = "sync";
	assert_true(WIFSIGNALED(in_child(do_commit)));
	assert_int_equal(access(JOURNAL, F_OK), 0);
	assert_int_equal(state_of_wim(), 'n');

	struct image_edit *edit = open_edit("k.wim", NULL);

	assert_int_not_equal(access(JOURNAL, F_OK), 0);
	ok(image_edit_put(edit, "/other", "x", 1, false, &err));
	ok(image_edit_commit(edit, NULL, &err));
	image_edit_closep(&edit);
	assert_verifies("k.wim");

	char *list = output_of("wimlib-imagex dir k.wim 1");

	assert_null(strstr(list, "/new"));
	assert_non_null(strstr(list, "/other\n"));
	free(list);
}

static int do_recover(void)
{
	bool did;

	wim_write_hook = count_step;
	return image_recover("k.wim", &did, NULL) < 0;
}

static void a_recovery_that_is_killed_can_be_done_again(void **state UNUSED)
{
	unsigned at = 0;
	int status;

	make_wim("--compress=XPRESS --check");

	char *original = sum_of("k.wim");

	end_signal = SIGKILL;
	do {
		end_at = 0;
		end_at_name = "sync";
		assert_true(WIFSIGNALED(in_child(do_commit)));
		end_at_name = NULL;
		end_at = ++at;
		status = in_child(do_recover);
		end_at = 0;
		recover_to(original, WIFSIGNALED(status));
	} while (WIFSIGNALED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(at > 3);
	free(original);
}

static void a_torn_header_is_put_back(void **state UNUSED)
{
	struct strbuf before = STRBUF_INIT;
	struct strbuf torn = STRBUF_INIT;

	make_wim("--compress=XPRESS");

	char *original = sum_of("k.wim");

	read_file("k.wim", &before);
	end_signal = SIGKILL;
	for (size_t cut = 50; cut < 208; cut += 13) {
		end_at_name = "sync";
		assert_true(WIFSIGNALED(in_child(do_commit)));
		strbuf_clear(&torn);
		read_file("k.wim", &torn);
		memcpy(torn.data, before.data, cut);
		write_file("k.wim", torn.data, torn.len);
		recover_to(original, true);
	}
	strbuf_release(&before);
	strbuf_release(&torn);
	free(original);
}

static void a_journal_cut_short_or_damaged_touches_nothing(void **state UNUSED)
{
	struct strbuf journal = STRBUF_INIT;

	make_wim("--compress=XPRESS");

	char *original = sum_of("k.wim");

	end_signal = SIGKILL;
	end_at_name = "write"; /* the first write to the WIM: the journal is whole */
	assert_true(WIFSIGNALED(in_child(do_commit)));
	read_file(JOURNAL, &journal);
	for (size_t len = 0; len < journal.len; len += 1 + journal.len / 37) {
		write_file(JOURNAL, journal.data, len);
		recover_to(original, true);
	}
	journal.data[journal.len / 2] ^= 1;
	write_file(JOURNAL, journal.data, journal.len);
	recover_to(original, true);
	/* something else of that name is not ours to remove */
	write_file(JOURNAL, "my notes about this WIM", 23);

	bool did;

	refused(image_recover("k.wim", &did, &err), ERR_REFUSED);
	assert_int_equal(access(JOURNAL, F_OK), 0);
	unlink(JOURNAL);
	strbuf_release(&journal);
	free(original);
}

static void a_wim_changed_by_another_program_is_not_rolled_back(void **state UNUSED)
{
	struct err opening = { 0 };
	bool did;

	make_wim("--compress=XPRESS");
	end_signal = SIGKILL;
	end_at_name = "sync";
	assert_true(WIFSIGNALED(in_child(do_commit)));
	assert_int_equal(run("wimlib-imagex update k.wim 1 --command='add src/4096 /theirs'"), 0);

	char *theirs = sum_of("k.wim");

	refused(image_recover("k.wim", &did, &err), ERR_REFUSED);
	assert_null(image_edit_open("k.wim", NULL, &opening));
	assert_true(opening.hint[0]);

	char *now = sum_of("k.wim");

	assert_string_equal(now, theirs);
	free(theirs);
	free(now);
	unlink(JOURNAL);
}

static int commit_with_handlers(void)
{
	tempfiles_install_handlers();
	return do_commit();
}

static void sigterm_leaves_no_litter(void **state UNUSED)
{
	make_wim("--compress=XPRESS");

	char *original = sum_of("k.wim");

	end_signal = SIGTERM;
	for (end_at = 1;; end_at++) {
		int status = in_child(commit_with_handlers);

		assert_int_not_equal(access(JOURNAL, F_OK), 0);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			break;
		}
		assert_int_equal(WTERMSIG(status), SIGTERM);

		char *now = sum_of("k.wim");

		/* too late to stop it: the new image, whole */
		if (strcmp(now, original) != 0) {
			assert_int_equal(state_of_wim(), 'n');
			assert_verifies("k.wim");
			assert_int_equal(run("cp original.wim k.wim"), 0);
		} else {
			assert_int_equal(run("cp k.wim original.wim"), 0);
		}
		free(now);
	}
	assert_true(end_at > 8);
	end_at = 0;
	free(original);
}

static int commit_on_a_full_disk(void)
{
	struct stat st;
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	if (stat("k.wim", &st) < 0)
		return 9;
	limit.rlim_cur = limit.rlim_max = (rlim_t)st.st_size + 30000;
	setrlimit(RLIMIT_FSIZE, &limit);
	return do_commit();
}

static void a_full_disk_is_an_error_and_no_change(void **state UNUSED)
{
	make_wim("--compress=XPRESS");

	char *before = sum_of("k.wim");
	int status = in_child(commit_on_a_full_disk);
	char *after = sum_of("k.wim");

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_string_equal(before, after);
	assert_int_not_equal(access(JOURNAL, F_OK), 0);
	free(before);
	free(after);
}

static void without_a_journal_there_is_nothing_to_recover(void **state UNUSED)
{
	bool did = true;

	make_wim("--compress=none");
	ok(image_recover("k.wim", &did, &err));
	assert_false(did);
	refused(image_recover("nowhere.wim", &did, &err), ERR_NOT_FOUND);
}

struct stored {
	struct strbuf bytes; /* of all chunks */
	size_t ends[64];
	size_t n;
};

/* The chunks of the metadata, as they are in the file. */
static void read_stored(struct stored *ret)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open("m.wim", NULL);
	const struct wim_resource *res = &file->blobs.metadata[0].res;
	const uint8_t *chunk;
	size_t len;

	*ret = (struct stored){ .n = (size_t)((res->size + res->chunk_size - 1) / res->chunk_size) };
	assert_in_range(ret->n, 5, ARRAY_SIZE(ret->ends));
	for (size_t i = 0; i < ret->n; i++) {
		assert_int_equal(wim_reader_stored_chunk(file->reader, res, i, &chunk, &len, NULL), 0);
		strbuf_add(&ret->bytes, chunk, len);
		ret->ends[i] = ret->bytes.len;
	}
}

static bool same_chunk(const struct stored *a, const struct stored *b, size_t i)
{
	size_t from_a = i ? a->ends[i - 1] : 0, from_b = i ? b->ends[i - 1] : 0;
	size_t len = a->ends[i] - from_a;

	return len == b->ends[i] - from_b && memcmp(a->bytes.data + from_a, b->bytes.data + from_b, len) == 0;
}

/* wimlib's highest level gives other bytes than ours: those that are the same were copied. */
static void chunks_of_the_list_of_files_that_stay_are_not_compressed_again(void **state UNUSED)
{
	struct stored before, after;
	struct image_edit *edit;
	size_t n_same = 0;

	assert_int_equal(run("mkdir many && for i in $(seq 2000); do echo $i >many/file-$i; done && "
			     "wimlib-imagex capture many m.wim --compress=LZX:100"), 0);
	read_stored(&before);
	edit = image_edit_open("m.wim", NULL, NULL);
	assert_non_null(edit);
	assert_int_equal(image_edit_put(edit, "/file-1000", "changed", 7, false, NULL), 0);
	assert_int_equal(image_edit_commit(edit, NULL, NULL), 0);
	image_edit_closep(&edit);
	read_stored(&after);
	assert_int_equal(after.n, before.n);
	for (size_t i = 0; i < after.n; i++)
		n_same += same_chunk(&before, &after, i);
	assert_in_range(n_same, before.n - 2, before.n - 1);
	assert_int_equal(run("wimlib-imagex verify m.wim && test \"$(wimlib-imagex extract m.wim 1 /file-1000 --to-stdout)\" = changed"), 0);
	strbuf_release(&before.bytes);
	strbuf_release(&after.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kill_at_any_step_leaves_the_old_or_the_new),
		cmocka_unit_test(the_same_with_an_integrity_table),
		cmocka_unit_test(the_same_without_compression),
		cmocka_unit_test(the_same_for_a_solid_wim),
		cmocka_unit_test(the_next_edit_recovers_by_itself),
		cmocka_unit_test(a_recovery_that_is_killed_can_be_done_again),
		cmocka_unit_test(a_torn_header_is_put_back),
		cmocka_unit_test(a_journal_cut_short_or_damaged_touches_nothing),
		cmocka_unit_test(a_wim_changed_by_another_program_is_not_rolled_back),
		cmocka_unit_test(sigterm_leaves_no_litter),
		cmocka_unit_test(a_full_disk_is_an_error_and_no_change),
		cmocka_unit_test(without_a_journal_there_is_nothing_to_recover),
		cmocka_unit_test(chunks_of_the_list_of_files_that_stay_are_not_compressed_again),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
