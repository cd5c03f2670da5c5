/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/atomic_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/tempfiles.h"
#include "tests/unit/cmocka_all.h"

static int enter_folder(void **state UNUSED)
{
	char folder[] = "/tmp/goldwim-test.XXXXXX";

	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state UNUSED)
{
	char folder[200], command[300];

	if (!getcwd(folder, sizeof(folder)) || strncmp(folder, "/tmp/goldwim-test.", 18) != 0 || chdir("/") < 0)
		return -1;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static size_t files_here(void)
{
	DIR *dir = opendir(".");
	size_t count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2; /* "." and ".." */
}

static void assert_holds(const char *path, const char *text)
{
	struct strbuf data = STRBUF_INIT;

	assert_int_equal(file_read_all(path, 1000, &data, NULL), 0);
	assert_string_equal(strbuf_text(&data), text);
	strbuf_release(&data);
}

static void a_file_that_somebody_made_meanwhile_is_left(void **state UNUSED)
{
	struct err err = { 0 };

	struct atomic_file *file = atomic_file_open("x", &err);

	assert_non_null(file);
	atomic_file_only_new(file);
	assert_int_equal(atomic_file_write(file, "mine", 4, &err), 0);
	assert_int_equal(atomic_file_replace("x", "theirs", 6, &err), 0);
	assert_int_equal(atomic_file_commit(&file, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_holds("x", "theirs");
	assert_int_equal(files_here(), 1);
	assert_int_equal(unlink("x"), 0);
	file = atomic_file_open("x", &err);
	atomic_file_only_new(file);
	assert_int_equal(atomic_file_write(file, "mine", 4, &err), 0);
	assert_int_equal(atomic_file_commit(&file, &err), 0);
	assert_holds("x", "mine");
}

static void commit_replaces_and_keeps_mode_and_attributes(void **state UNUSED)
{
	struct stat st;
	char value[8];

	assert_int_equal(atomic_file_replace("a", "old", 3, NULL), 0);
	assert_int_equal(chmod("a", 0641), 0);
	bool has_xattrs = setxattr("a", "user.note", "kept", 4, 0) == 0;
	assert_int_equal(atomic_file_replace("a", "new text", 8, NULL), 0);
	assert_holds("a", "new text");
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0641);
	if (has_xattrs)
		assert_int_equal(getxattr("a", "user.note", value, sizeof(value)), 4);
	assert_int_equal(files_here(), 1);
}

static void a_new_file_gets_the_mode_of_the_umask(void **state UNUSED)
{
	mode_t mask = umask(027);
	struct stat st;

	assert_int_equal(atomic_file_replace("n", "x", 1, NULL), 0);
	umask(mask);
	assert_int_equal(stat("n", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void without_commit_nothing_changes_and_nothing_stays(void **state UNUSED)
{
	struct atomic_file *file;

	assert_int_equal(atomic_file_replace("a", "old", 3, NULL), 0);
	file = atomic_file_open("a", NULL);
	assert_non_null(file);
	assert_int_equal(atomic_file_write(file, "half", 4, NULL), 0);
	assert_true(files_here() <= 2); /* the new one may have no name yet */
	atomic_file_closep(&file);
	assert_null(file);
	assert_holds("a", "old");
	assert_int_equal(files_here(), 1);
}

static void the_target_of_a_symbolic_link_is_replaced(void **state UNUSED)
{
	struct stat st;

	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(atomic_file_replace("d/real", "old", 3, NULL), 0);
	assert_int_equal(symlink("d/real", "link"), 0);
	assert_int_equal(atomic_file_replace("link", "new", 3, NULL), 0);
	assert_holds("d/real", "new");
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void what_is_no_regular_file_is_refused(void **state UNUSED)
{
	struct stat st;
	struct err err;

	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(atomic_file_replace("pipe", "x", 1, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_int_equal(lstat("pipe", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));

	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(atomic_file_replace("d", "x", 1, &err), -1);
	assert_int_equal(err.kind, ERR_FORMAT);
	assert_int_equal(atomic_file_replace("missing/x", "x", 1, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
}

static void writing_past_the_limit_reports_and_leaves_the_old_file(void **state UNUSED)
{
	pid_t child;
	int status;

	assert_int_equal(atomic_file_replace("a", "old", 3, NULL), 0);
	child = fork();
	if (child == 0) {
		const struct rlimit limit = { .rlim_cur = 4096, .rlim_max = 4096 };
		static char big[65536];
		struct err err;

		tempfiles_install_handlers();
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(atomic_file_replace("a", big, sizeof(big), &err) == -1 && err.kind == ERR_NO_SPACE ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_holds("a", "old");
	assert_int_equal(files_here(), 1);
}

/* A child opens, writes half, tells us, and waits to be killed. */
static int kill_half_way(int signum)
{
	int ready[2], status;
	pid_t child;
	char byte;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct atomic_file *file;

		tempfiles_install_handlers();
		file = atomic_file_open("a", NULL);
		if (!file || atomic_file_write(file, "half", 4, NULL) < 0 || write(ready[1], "x", 1) != 1)
			_exit(9);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	kill(child, signum);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(ready[0]);
	close(ready[1]);
	return status;
}

static void a_signal_removes_the_temporary_file_and_ends_by_it(void **state UNUSED)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	assert_int_equal(atomic_file_replace("a", "old", 3, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		int status = kill_half_way(signals[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		assert_holds("a", "old");
		assert_int_equal(files_here(), 1);
	}
}

static void a_kill_leaves_the_old_file(void **state UNUSED)
{
	assert_int_equal(atomic_file_replace("a", "old", 3, NULL), 0);
	kill_half_way(SIGKILL);
	assert_holds("a", "old");
}

static void temporary_files_are_known_by_their_names(void **state UNUSED)
{
	assert_true(atomic_file_is_temp(".SYSTEM.abcDE9", "SYSTEM"));
	assert_false(atomic_file_is_temp("SYSTEM.abcDE9", "SYSTEM"));
	assert_false(atomic_file_is_temp(".SYSTEM.abcDE", "SYSTEM"));
	assert_false(atomic_file_is_temp(".SYSTEM.abcDE9x", "SYSTEM"));
	assert_false(atomic_file_is_temp(".SYSTEM.abc-E9", "SYSTEM"));
	assert_false(atomic_file_is_temp(".SYSTEM2.abcDE9", "SYSTEM"));
	assert_false(atomic_file_is_temp(".SYSTEM", "SYSTEM"));
	assert_false(atomic_file_is_temp("", ""));
	assert_true(atomic_file_is_temp("." "0123456789012345678901234567890123456789012345678901234567890123" ".abcdef",
					"0123456789012345678901234567890123456789012345678901234567890123" "and more"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(temporary_files_are_known_by_their_names),
		IN_FOLDER(a_file_that_somebody_made_meanwhile_is_left),
		IN_FOLDER(commit_replaces_and_keeps_mode_and_attributes),
		IN_FOLDER(a_new_file_gets_the_mode_of_the_umask),
		IN_FOLDER(without_commit_nothing_changes_and_nothing_stays),
		IN_FOLDER(the_target_of_a_symbolic_link_is_replaced),
		IN_FOLDER(what_is_no_regular_file_is_refused),
		IN_FOLDER(writing_past_the_limit_reports_and_leaves_the_old_file),
		IN_FOLDER(a_signal_removes_the_temporary_file_and_ends_by_it),
		IN_FOLDER(a_kill_leaves_the_old_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
