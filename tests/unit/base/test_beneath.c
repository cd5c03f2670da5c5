/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"

static char top[] = "/tmp/goldwim-beneath.XXXXXX";
static int root;

/* top/outside with a file, and top/root */
static int make_folders(void **state UNUSED)
{
	snprintf(top, sizeof(top), "/tmp/goldwim-beneath.XXXXXX");
	if (!mkdtemp(top) || chdir(top) < 0 || mkdir("outside", 0700) < 0 || mkdir("root", 0700) < 0)
		return -1;
	close(open("outside/file", O_WRONLY | O_CREAT, 0600));
	root = open("root", O_RDONLY | O_DIRECTORY);
	return root < 0 ? -1 : 0;
}

static int remove_folders(void **state UNUSED)
{
	char command[64];

	close(root);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void refused(int result)
{
	assert_int_equal(result, -1);
	assert_true(errno == EXDEV || errno == ELOOP || errno == ENOTDIR || errno == ENOENT);
	assert_int_not_equal(access("outside/new", F_OK), 0);
}

static void no_path_leads_upwards(void **state UNUSED)
{
	const char *name;

	assert_int_equal(beneath_mkdir(root, "a", 0700), 0);
	refused(beneath_create(root, "../outside/new", 0600, true));
	refused(beneath_create(root, "a/../../outside/new", 0600, true));
	refused(beneath_create(root, "/tmp/new", 0600, true));
	refused(beneath_mkdir(root, "../outside/new", 0700));
	refused(beneath_open_parent(root, "../outside/new", &name));
	refused(beneath_unlink(root, "../outside/file"));
}

static void no_link_is_followed(void **state UNUSED)
{
	assert_int_equal(symlink("../outside", "root/link"), 0);
	refused(beneath_create(root, "link/new", 0600, true));
	refused(beneath_mkdir(root, "link/new", 0700));
	refused(beneath_mkdir(root, "link", 0700));
	refused(beneath_open(root, "link", O_RDONLY | O_DIRECTORY, 0));
	refused(beneath_unlink(root, "link/file"));
	assert_int_equal(access("outside/file", F_OK), 0);
}

static void a_link_with_the_name_of_a_file_is_replaced(void **state UNUSED)
{
	struct stat st;
	int fd;

	assert_int_equal(symlink("../outside/new", "root/file"), 0);
	assert_int_equal(beneath_create(root, "file", 0600, false), -1);
	assert_int_equal(errno, EEXIST);
	fd = beneath_create(root, "file", 0600, true);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(lstat("root/file", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_not_equal(access("outside/new", F_OK), 0);
}

static void paths_longer_than_the_kernel_takes_work(void **state UNUSED)
{
	char path[60 * 120 + 8] = "";
	int fd;

	for (int i = 0; i < 60; i++) {
		size_t len = strlen(path);

		snprintf(path + len, sizeof(path) - len, "%s%0*d", i ? "/" : "", 118, i);
		assert_int_equal(beneath_mkdir(root, path, 0700), 0);
	}
	assert_true(strlen(path) > 4096);
	strcat(path, "/f");
	fd = beneath_create(root, path, 0600, false);
	assert_true(fd >= 0);
	close(fd);
	fd = beneath_open(root, path, O_RDONLY, 0);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(beneath_unlink(root, path), 0);
	assert_int_equal(beneath_open(root, path, O_RDONLY, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_path_leads_upwards, make_folders, remove_folders),
		cmocka_unit_test_setup_teardown(no_link_is_followed, make_folders, remove_folders),
		cmocka_unit_test_setup_teardown(a_link_with_the_name_of_a_file_is_replaced, make_folders, remove_folders),
		cmocka_unit_test_setup_teardown(paths_longer_than_the_kernel_takes_work, make_folders, remove_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
