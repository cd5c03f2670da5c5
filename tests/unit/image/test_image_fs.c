/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An image as a file system, read as programs read trees: in order, by several at once, and where data is damaged. */
#include "common/image/image_fs.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tests/unit/image/wim_case.h"

#define REQUEST (256u << 10)
#define FOLDERS 6
#define SMALL 20 /* in each folder */

static atomic_uint slow_answers;
static atomic_uint damaged_files;
static char damaged_path[64];

static void count_slow(void)
{
	atomic_fetch_add(&slow_answers, 1);
}

static void count_damaged(void *context UNUSED, const char *path, const char *why)
{
	assert_non_null(why);
	snprintf(damaged_path, sizeof(damaged_path), "%s", path);
	atomic_fetch_add(&damaged_files, 1);
}

static int make_folders(void **state)
{
	char name[64];

	if (enter_folder(state) < 0)
		return -1;
	for (unsigned i = 0; i < FOLDERS; i++) {
		assert_int_equal(run("mkdir -p src/f%u", i), 0);
		for (unsigned k = 0; k < SMALL; k++) {
			snprintf(name, sizeof(name), "src/f%u/%02u", i, k);
			write_noise(name, 3000 + k, 1 + i * 100 + k);
		}
		snprintf(name, sizeof(name), "src/f%u/large", i);
		write_words(name, 700000 + i * 5000);
	}
	return 0;
}

static struct image_fs *open_fs(const char *wim)
{
	struct err err = { 0 };
	struct image_file *file = image_file_open(wim, &err);
	struct image_fs *fs;

	assert_non_null(file);
	fs = image_fs_open(file, 1, NULL, &(struct image_fs_options){
		.scratch = ".", .cache_bytes = 1u << 20, .slow = count_slow, .damaged = count_damaged }, &err);
	assert_non_null(fs);
	atomic_store(&slow_answers, 0);
	atomic_store(&damaged_files, 0);
	return fs;
}

/* In requests as the kernel makes them; the error of the first one that fails. */
static int read_entry(const struct image_fs *fs, uint64_t id, size_t size, struct strbuf *ret)
{
	size_t got = 0;

	strbuf_add_fill(ret, '\0', size);
	for (size_t at = 0; at < size; at += got) {
		int done = image_fs_read(fs, id, at, MIN(REQUEST, size - at), ret->data + at, &got);

		if (done < 0)
			return done;
		assert_true(got > 0);
	}
	return 0;
}

static int read_and_compare(const struct image_fs *fs, uint64_t id, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf want = STRBUF_INIT, got = STRBUF_INIT;
	struct stat st;
	int done;

	assert_int_equal(image_fs_stat(fs, id, &st), 0);
	if (!S_ISREG(st.st_mode))
		return 0;
	read_file(path, &want);
	assert_int_equal(st.st_size, want.len);
	done = read_entry(fs, id, want.len, &got);
	if (done == 0)
		assert_true(want.len == 0 || memcmp(got.data, want.data, want.len) == 0);
	return done;
}

struct walk {
	const struct image_fs *fs;
	useconds_t pause; /* before each file */
	unsigned files;
	unsigned failed;
};

/* As find and cp walk: an entry and then what is in it. */
static void walk_folder(struct walk *walk, uint64_t dir, const char *path)
{
	const char *name;
	uint64_t id;

	for (uint64_t i = 0; image_fs_child(walk->fs, dir, i, &name, &id) == 0; i++) {
		CLEANUP(freep) char *below = xasprintf("%s/%s", path, name);
		struct stat st;

		assert_int_equal(image_fs_stat(walk->fs, id, &st), 0);
		if (S_ISDIR(st.st_mode)) {
			walk_folder(walk, id, below);
			continue;
		}
		usleep(walk->pause);
		walk->files++;
		walk->failed += read_and_compare(walk->fs, id, below) != 0;
	}
}

static void trees_read_in_order_are_right(void **state UNUSED)
{
	static const char *const options[] = { "--compress=none", "--compress=XPRESS", "--compress=LZX:20",
					       "--solid --solid-chunk-size=128K" };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		capture("order.wim", options[i]);

		struct image_fs *fs = open_fs("order.wim");
		struct walk first = { .fs = fs }, again = { .fs = fs };

		walk_folder(&first, IMAGE_FS_ROOT, "src");
		walk_folder(&again, IMAGE_FS_ROOT, "src");
		assert_true(first.files > FOLDERS * SMALL);
		assert_int_equal(first.failed + again.failed, 0);
		image_fs_closep(&fs);
	}
}

static void what_comes_next_is_here_before_it_is_asked_for(void **state UNUSED)
{
	capture("order.wim", "--compress=LZX:20");

	struct image_fs *fs = open_fs("order.wim");
	struct walk walk = { .fs = fs, .pause = 2000 };
	unsigned first;

	walk_folder(&walk, IMAGE_FS_ROOT, "src");
	first = atomic_load(&slow_answers);
	assert_true(first < walk.files / 2);
	/* the kernel asks again for what it has forgotten */
	walk_folder(&walk, IMAGE_FS_ROOT, "src");
	assert_true(atomic_load(&slow_answers) - first < walk.files / 4);
	image_fs_closep(&fs);
}

static void files_at_random_places_are_read_alone(void **state UNUSED)
{
	capture("order.wim", "--compress=LZX:20");

	struct image_fs *fs = open_fs("order.wim");

	/* from the last folder to the first: no order of the tree */
	for (unsigned i = FOLDERS; i-- > 0;) {
		CLEANUP(freep) char *path = xasprintf("src/f%u/05", i);
		uint64_t dir, id;
		char name[16];

		snprintf(name, sizeof(name), "f%u", i);
		assert_int_equal(image_fs_lookup(fs, IMAGE_FS_ROOT, name, &dir), 0);
		assert_int_equal(image_fs_lookup(fs, dir, "05", &id), 0);
		usleep(2000);
		assert_int_equal(read_and_compare(fs, id, path), 0);
	}
	assert_int_equal(atomic_load(&slow_answers), FOLDERS);
	image_fs_closep(&fs);
}

static void *walk_all(void *context)
{
	walk_folder(context, IMAGE_FS_ROOT, "src");
	return NULL;
}

static void readers_at_once_get_what_is_right(void **state UNUSED)
{
	capture("order.wim", "--compress=LZX:20");

	struct image_fs *fs = open_fs("order.wim");
	struct walk walks[12];
	pthread_t threads[ARRAY_SIZE(walks)];

	for (size_t i = 0; i < ARRAY_SIZE(walks); i++) {
		walks[i] = (struct walk){ .fs = fs, .pause = (useconds_t)i * 50 };
		assert_int_equal(pthread_create(&threads[i], NULL, walk_all, &walks[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(walks); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(walks[i].failed, 0);
	}
	image_fs_closep(&fs);
}

/* Changes one byte of a file's contents in a WIM that is not compressed. */
static void damage(const char *wim, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT, part = STRBUF_INIT;
	char *at;

	read_file(wim, &all);
	read_file(path, &part);
	at = memmem(all.data, all.len, part.data, part.len);
	assert_non_null(at);
	at[part.len - 1] ^= 1;
	write_file(wim, all.data, all.len);
}

static void damaged_files_are_an_error_wherever_they_are_decoded(void **state UNUSED)
{
	static const char *const paths[] = { "/f2/11", "/f3/large" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(freep) char *path = xasprintf("src%s", paths[i]);

		capture("order.wim", "--compress=none");
		damage("order.wim", path);

		struct image_fs *fs = open_fs("order.wim");
		struct walk walk = { .fs = fs, .pause = 500 };

		walk_folder(&walk, IMAGE_FS_ROOT, "src");
		assert_int_equal(walk.failed, 1);
		assert_int_equal(atomic_load(&damaged_files), 1);
		assert_string_equal(damaged_path, paths[i]);
		image_fs_closep(&fs);
	}
}

static void heads_of_large_files_are_right(void **state UNUSED)
{
	capture("order.wim", "--compress=LZX:20");

	struct image_fs *fs = open_fs("order.wim");

	for (unsigned i = 0; i < FOLDERS; i++) {
		CLEANUP(strbuf_release) struct strbuf want = STRBUF_INIT, got = STRBUF_INIT;
		CLEANUP(freep) char *path = xasprintf("src/f%u/large", i);
		uint64_t dir, id;

		path[6] = '\0';
		assert_int_equal(image_fs_lookup(fs, IMAGE_FS_ROOT, path + 4, &dir), 0);
		path[6] = '/';
		assert_int_equal(image_fs_lookup(fs, dir, "large", &id), 0);
		read_file(path, &want);
		assert_int_equal(read_entry(fs, id, 100000, &got), 0);
		assert_memory_equal(got.data, want.data, 100000);
	}
	image_fs_closep(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_read_in_order_are_right),
		cmocka_unit_test(what_comes_next_is_here_before_it_is_asked_for),
		cmocka_unit_test(files_at_random_places_are_read_alone),
		cmocka_unit_test(readers_at_once_get_what_is_right),
		cmocka_unit_test(damaged_files_are_an_error_wherever_they_are_decoded),
		cmocka_unit_test(heads_of_large_files_are_right),
	};

	return cmocka_run_group_tests(tests, make_folders, leave_folder);
}
