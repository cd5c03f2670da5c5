/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The check of a whole WIM: good ones have no problem, each kind of damage is named with its place. */
#include "common/image/wim_header.h"
#include "tests/unit/image/wim_case.h"

static void check(const char *wim, struct problems *problems, struct wim_verify_result *result, unsigned threads)
{
	struct wim_verify_options options = { .context = problems, .problem = note_problem, .threads = threads };

	*problems = (struct problems){ 0 };
	ok(image_verify(wim, &options, result, &err));
	assert_int_equal(result->problems, problems->n);
}

static void good_wims_have_no_problems(void **state UNUSED)
{
	struct wim_verify_result result;
	struct problems problems;

	for (size_t i = 0; i < ARRAY_SIZE(wim_kinds); i++) {
		capture("a.wim", wim_kinds[i].options);
		assert_int_equal(run("wimlib-imagex append src/Windows a.wim Two %s",
				     strstr(wim_kinds[i].options, "--check") ? "--check" : ""), 0);
		for (unsigned threads = 0; threads < 4; threads++) {
			check("a.wim", &problems, &result, threads);
			if (problems.n)
				fail_msg("%s: %s", wim_kinds[i].name, problems.text.data);
			assert_int_equal(result.images, 2);
			assert_true(result.bytes > 1000000);
			assert_int_equal(result.had_integrity, strstr(wim_kinds[i].options, "--check") != NULL);
		}
	}
	capture("p.wim", "--pipable --compress=LZX:20");
	check("p.wim", &problems, &result, 0);
	assert_int_equal(problems.n, 0);
}

/* Turns one bit at each of some places in the data of a file; wimlib must find the same WIM bad. */
static void a_turned_bit_is_found_with_the_name_of_the_file(void **state UNUSED)
{
	struct strbuf good = STRBUF_INIT;
	struct strbuf noise_data = STRBUF_INIT;
	struct wim_verify_result result;
	struct problems problems;

	capture("a.wim", "--compress=LZX:20");
	read_file("a.wim", &good);
	read_file("src/chunk", &noise_data);

	/* stored as it is, since it does not compress */
	char *place = memmem(good.data, good.len, noise_data.data, noise_data.len);

	assert_non_null(place);
	for (size_t at = 0; at < noise_data.len; at += 6000) {
		place[at] ^= 4;
		write_file("bad.wim", good.data, good.len);
		place[at] ^= 4;
		check("bad.wim", &problems, &result, 2);
		assert_int_equal(problems.n, 1);
		assert_int_equal(problems.last, WIM_PROBLEM_DAMAGED);
		assert_non_null(strstr(problems.text.data, "image 1: /chunk:"));
		assert_int_not_equal(run("wimlib-imagex verify bad.wim"), 0);
		strbuf_release(&problems.text);
	}
	strbuf_release(&good);
	strbuf_release(&noise_data);
}

static void damage_in_a_solid_resource_is_found(void **state UNUSED)
{
	struct strbuf good = STRBUF_INIT;
	struct wim_verify_result result;
	struct problems problems;

	capture("a.wim", "--solid --solid-chunk-size=32K");
	read_file("a.wim", &good);
	for (size_t at = 1000; at < 200000; at += 40000) {
		good.data[at] = (char)(good.data[at] ^ 0x55);
		write_file("bad.wim", good.data, good.len);
		good.data[at] = (char)(good.data[at] ^ 0x55);
		check("bad.wim", &problems, &result, 0);
		assert_true(problems.n >= 1);
		assert_int_equal(problems.last, WIM_PROBLEM_DAMAGED);
		strbuf_release(&problems.text);
	}
	strbuf_release(&good);
}

static void bytes_that_differ_from_the_integrity_table_are_found(void **state UNUSED)
{
	struct strbuf good = STRBUF_INIT;
	struct wim_verify_result result;
	struct problems problems;

	capture("a.wim", "--compress=none --check");
	read_file("a.wim", &good);

	/* the reference count of some blob: no contents change, only the table's sum tells (and the count) */
	uint8_t *table = (uint8_t *)good.data + load_le64((uint8_t *)good.data + 0x38);

	while (table[7] & WIM_RES_METADATA)
		table += 50;
	store_le32(table + 26, load_le32(table + 26) + 7);
	write_file("bad.wim", good.data, good.len);
	check("bad.wim", &problems, &result, 0);
	assert_int_equal(problems.n, 2);
	assert_non_null(strstr(problems.text.data, "offset 0xd0: the bytes differ"));
	assert_int_equal(problems.last, WIM_PROBLEM_REFCOUNT);
	assert_int_not_equal(run("wimlib-imagex verify bad.wim"), 0);
	strbuf_release(&problems.text);
	strbuf_release(&good);
}

static void missing_contents_are_found(void **state UNUSED)
{
	struct strbuf good = STRBUF_INIT;
	struct wim_verify_result result;
	struct problems problems;
	uint8_t hash[20];

	capture("a.wim", "--compress=none");
	read_file("a.wim", &good);
	wim_sha1("smile", 5, hash);

	/* the last place of the hash is the blob table */
	uint8_t *row = NULL;

	for (uint8_t *p = (uint8_t *)good.data;
	     (p = memmem(p, good.len - (size_t)(p - (uint8_t *)good.data), hash, 20)); p++)
		row = p;
	assert_non_null(row);
	row[0] ^= 0xff;
	write_file("bad.wim", good.data, good.len);
	check("bad.wim", &problems, &result, 0);
	/* not there under its name; what is there has another SHA-1, and nobody uses it */
	assert_int_equal(problems.n, 3);
	assert_non_null(strstr(problems.text.data, "\360\237\230\200.txt: its contents are not in the WIM"));
	strbuf_release(&problems.text);
	strbuf_release(&good);
}

static void a_broken_tree_is_a_problem_and_the_rest_is_checked(void **state UNUSED)
{
	struct strbuf good = STRBUF_INIT;
	struct wim_verify_result result;
	struct problems problems;

	capture("a.wim", "--compress=none");
	read_file("a.wim", &good);

	/* "chunk" in the metadata becomes "ch/nk" */
	uint8_t *name = memmem(good.data, good.len, "c\0h\0u\0n\0k\0", 10);

	assert_non_null(name);
	name[4] = '/';
	write_file("bad.wim", good.data, good.len);
	check("bad.wim", &problems, &result, 0);
	assert_int_equal(problems.last, WIM_PROBLEM_METADATA);
	assert_int_equal(result.images, 0);
	assert_true(result.blobs > 4);
	strbuf_release(&problems.text);
	strbuf_release(&good);
}

static int stop(void *context UNUSED, uint64_t done UNUSED, uint64_t total UNUSED)
{
	return 1;
}

struct steps {
	uint64_t last;
	uint64_t total;
};

static int follow(void *context, uint64_t done, uint64_t total)
{
	struct steps *steps = context;

	assert_true(done >= steps->last && done <= total);
	*steps = (struct steps){ .last = done, .total = total };
	return 0;
}

static void progress_reaches_the_total_and_can_stop(void **state UNUSED)
{
	struct steps steps = { 0 };
	struct wim_verify_options options = { .context = &steps, .progress = follow };
	struct wim_verify_result result;

	capture("a.wim", "--compress=LZX:20 --check");
	ok(image_verify("a.wim", &options, &result, &err));
	assert_true(steps.total > 1000000);
	assert_int_equal(steps.last, steps.total);
	options.progress = stop;
	refused(image_verify("a.wim", &options, &result, &err), ERR_CANCELLED);
	refused(image_verify("src", &options, &result, &err), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_wims_have_no_problems),
		cmocka_unit_test(a_turned_bit_is_found_with_the_name_of_the_file),
		cmocka_unit_test(damage_in_a_solid_resource_is_found),
		cmocka_unit_test(bytes_that_differ_from_the_integrity_table_are_found),
		cmocka_unit_test(missing_contents_are_found),
		cmocka_unit_test(a_broken_tree_is_a_problem_and_the_rest_is_checked),
		cmocka_unit_test(progress_reaches_the_total_and_can_stop),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
