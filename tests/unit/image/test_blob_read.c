/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/blob_read.h"

#include <pthread.h>

#include "tests/unit/image/wim_case.h"

#define LARGE (17u << 20)          /* shared by threads */
#define MIDDLE ((3u << 20) + 4321) /* the same in a small WIM */

static const char *const kinds[] = {
	"--compress=none",
	"--compress=XPRESS --chunk-size=4096",
	"--compress=LZX:20",
	"--solid --solid-compress=LZX:20 --solid-chunk-size=128K",
};

/* What came for each blob. */
struct seen {
	pthread_mutex_t lock;
	struct wim_hash *hash[4096];
	uint64_t size[4096];
	unsigned begun[4096], ended[4096];
	bool damaged[4096];
	uint64_t stop_after; /* bytes, when not 0 */
	uint64_t total;
};

static struct seen seen;

static int begin(void *context UNUSED, size_t index, void **ret, struct err *err UNUSED)
{
	assert_true(index < ARRAY_SIZE(seen.begun));
	seen.begun[index]++;
	seen.hash[index] = wim_hash_new_sha1();
	*ret = (void *)(uintptr_t)(index + 1);
	return 0;
}

static int take(void *context UNUSED, void *handle, const void *data, size_t len, struct err *err)
{
	size_t index = (size_t)(uintptr_t)handle - 1;
	bool full;

	assert_int_equal(seen.begun[index], 1);
	assert_int_equal(seen.ended[index], 0);
	wim_hash_update(seen.hash[index], data, len);
	seen.size[index] += len;
	pthread_mutex_lock(&seen.lock);
	seen.total += len;
	full = seen.stop_after && seen.total > seen.stop_after;
	pthread_mutex_unlock(&seen.lock);
	return full ? err_set(err, ERR_NO_SPACE, "full") : 0;
}

static int end(void *context UNUSED, size_t index, void *handle, const struct err *damage, struct err *err UNUSED)
{
	assert_int_equal((size_t)(uintptr_t)handle - 1, index);
	seen.ended[index]++;
	seen.damaged[index] = damage != NULL;
	return 0;
}

static void forget(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(seen.hash); i++)
		wim_hash_freep(&seen.hash[i]);
	memset(&seen, 0, sizeof(seen));
	pthread_mutex_init(&seen.lock, NULL);
}

static int read_all(const char *wim, unsigned threads, bool fill_gaps, size_t *ret_n, struct image_file **ret, struct err *err)
{
	static const struct blob_sink sink = { .begin = begin, .data = take, .end = end };
	struct blob_read_options options = { .threads = threads, .fill_gaps = fill_gaps };
	struct image_file *file = image_file_open(wim, err);
	const struct wim_blob **blobs;
	int result;

	assert_non_null(file);
	blobs = calloc(file->blobs.n + 1, sizeof(*blobs));
	for (size_t i = 0; i < file->blobs.n; i++)
		blobs[i] = &file->blobs.items[i];
	result = blob_read(file, blobs, file->blobs.n, &sink, &options, err);
	free(blobs);
	*ret_n = file->blobs.n;
	*ret = file;
	return result;
}

static void assert_all_right(const char *wim, unsigned threads)
{
	struct err err = { 0 };
	struct image_file *file;
	size_t n;

	forget();
	assert_int_equal(read_all(wim, threads, false, &n, &file, &err), 0);
	for (size_t i = 0; i < n; i++) {
		uint8_t sum[20];

		assert_int_equal(seen.begun[i], 1);
		assert_int_equal(seen.ended[i], 1);
		assert_false(seen.damaged[i]);
		assert_true(seen.size[i] == file->blobs.items[i].size);
		wim_hash_final(seen.hash[i], sum);
		assert_memory_equal(sum, file->blobs.items[i].hash, 20);
	}
	image_file_closep(&file);
}

static void every_blob_comes_whole_and_once_with_any_number_of_threads(void **state UNUSED)
{
	static const unsigned threads[] = { 1, 2, 7 };

	write_words("src/large", LARGE);
	write_words("src/middle", MIDDLE);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		capture("a.wim", kinds[k]);
		for (size_t t = 0; t < ARRAY_SIZE(threads); t++)
			assert_all_right("a.wim", threads[t]);
	}
	unlink("src/large");
	unlink("src/middle");
}

/* Turns a bit of the stored bytes of the largest blob. */
static void damage(const char *wim, uint8_t hash[20])
{
	struct image_file *file = image_file_open(wim, NULL);
	const struct wim_blob *largest;
	struct strbuf data = STRBUF_INIT;

	assert_non_null(file);
	largest = &file->blobs.items[0];
	for (size_t i = 1; i < file->blobs.n; i++)
		if (file->blobs.items[i].size > largest->size)
			largest = &file->blobs.items[i];
	memcpy(hash, largest->hash, 20);
	read_file(wim, &data);
	data.data[largest->res.offset + largest->res.stored / 2] ^= 0x10;
	write_file(wim, data.data, data.len);
	strbuf_release(&data);
	image_file_closep(&file);
}

static void damage_is_told_of_its_blob_alone_and_gaps_are_filled(void **state UNUSED)
{
	static const char *const options[] = { "--compress=LZX:20", "--compress=none", "--compress=XPRESS --chunk-size=4096" };

	write_words("src/large", LARGE);
	for (size_t k = 0; k < ARRAY_SIZE(options); k++) {
		for (int fill = 0; fill < 2; fill++) {
			struct err err = { 0 };
			struct image_file *file;
			uint8_t hash[20];
			size_t n;

			capture("d.wim", options[k]);
			damage("d.wim", hash);
			forget();
			assert_int_equal(read_all("d.wim", 3, fill, &n, &file, &err), 0);
			for (size_t i = 0; i < n; i++) {
				bool is_it = memcmp(file->blobs.items[i].hash, hash, 20) == 0;

				assert_int_equal(seen.damaged[i], is_it);
				assert_int_equal(seen.ended[i], 1);
				if (!is_it || fill)
					assert_true(seen.size[i] == file->blobs.items[i].size);
			}
			image_file_closep(&file);
		}
	}
	unlink("src/large");
}

static void an_error_of_the_sink_stops_and_every_begin_has_its_end(void **state UNUSED)
{
	write_words("src/large", LARGE);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct err err = { 0 };
		struct image_file *file;
		size_t n;

		capture("a.wim", kinds[k]);
		forget();
		seen.stop_after = 5u << 20;
		assert_int_equal(read_all("a.wim", 3, false, &n, &file, &err), -1);
		assert_int_equal(err.kind, ERR_NO_SPACE);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(seen.begun[i], seen.ended[i]);
		image_file_closep(&file);
	}
	unlink("src/large");
}

#define FILES 40

/* Of 40 small files and one that does not compress, which lies first. */
static struct image_file *make_solid(const char *wim)
{
	struct image_file *file;

	assert_int_equal(run("mkdir -p few"), 0);
	write_noise("few/noise.a", 300000, 7);
	for (unsigned i = 0; i < FILES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "few/%u.b", i);
		write_words(name, 50000 + i);
	}
	assert_int_equal(run("wimlib-imagex capture few %s --no-acls --solid --solid-compress=LZX:20 --solid-chunk-size=128K",
			     wim), 0);
	file = image_file_open(wim, NULL);
	assert_non_null(file);
	assert_int_equal(file->blobs.n, FILES + 1);
	return file;
}

static bool lies_in(const struct wim_blob *blob, uint64_t chunk)
{
	return blob->at / blob->res.chunk_size <= chunk && (blob->at + blob->size - 1) / blob->res.chunk_size >= chunk;
}

/* The first data call waits until everything outside of its chunk has come. */
struct slow {
	const struct image_file *file;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool first_came, in_time;
	uint64_t chunk; /* of the first call */
	size_t n_begun, begun_before_noise;
	bool ended[FILES + 1];
};

static bool others_have_ended(const struct slow *slow)
{
	for (size_t i = 0; i < slow->file->blobs.n; i++)
		if (!slow->ended[i] && !lies_in(&slow->file->blobs.items[i], slow->chunk))
			return false;
	return true;
}

static int slow_begin(void *context, size_t index, void **ret, struct err *err UNUSED)
{
	struct slow *slow = context;

	pthread_mutex_lock(&slow->lock);
	if (slow->file->blobs.items[index].size == 300000)
		slow->begun_before_noise = slow->n_begun;
	slow->n_begun++;
	pthread_mutex_unlock(&slow->lock);
	*ret = (void *)(uintptr_t)index;
	return 0;
}

static int slow_data(void *context, void *handle, const void *data UNUSED, size_t len UNUSED, struct err *err UNUSED)
{
	struct slow *slow = context;
	const struct wim_blob *blob = &slow->file->blobs.items[(uintptr_t)handle];
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	pthread_mutex_lock(&slow->lock);
	if (!slow->first_came) {
		slow->first_came = slow->in_time = true;
		slow->chunk = blob->at / blob->res.chunk_size;
		while (slow->in_time && !others_have_ended(slow))
			slow->in_time = pthread_cond_timedwait(&slow->changed, &slow->lock, &until) == 0;
	}
	pthread_mutex_unlock(&slow->lock);
	return 0;
}

static int slow_end(void *context, size_t index, void *handle UNUSED, const struct err *damage, struct err *err UNUSED)
{
	struct slow *slow = context;

	assert_null(damage);
	pthread_mutex_lock(&slow->lock);
	slow->ended[index] = true;
	pthread_cond_signal(&slow->changed);
	pthread_mutex_unlock(&slow->lock);
	return 0;
}

static void read_slowly(struct slow *slow, struct image_file *file, unsigned threads)
{
	const struct blob_sink sink = { .context = slow, .begin = slow_begin, .data = slow_data, .end = slow_end };
	struct blob_read_options options = { .threads = threads };
	const struct wim_blob *blobs[FILES + 1];
	struct err err = { 0 };

	*slow = (struct slow){ .file = file, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
	for (size_t i = 0; i < file->blobs.n; i++)
		blobs[i] = &file->blobs.items[i];
	assert_int_equal(blob_read(file, blobs, file->blobs.n, &sink, &options, &err), 0);
	for (size_t i = 0; i < file->blobs.n; i++)
		assert_true(slow->ended[i]);
}

static void a_thread_goes_on_while_another_is_slow_with_the_solid_chunk_in_front(void **state UNUSED)
{
	struct image_file *file = make_solid("w.wim");
	struct slow slow;

	read_slowly(&slow, file, 2);
	assert_true(slow.in_time);
	image_file_closep(&file);
}

static void solid_chunks_that_are_not_packed_come_last(void **state UNUSED)
{
	struct image_file *file = make_solid("w.wim");
	struct slow slow;

	for (size_t i = 0; i < file->blobs.n; i++)
		if (file->blobs.items[i].size == 300000)
			assert_int_equal(file->blobs.items[i].at, 0);
	read_slowly(&slow, file, 6);
	assert_true(slow.begun_before_noise > FILES / 2);
	image_file_closep(&file);
}

/* Makes a chunk one that cannot be decoded: a block of an unknown kind. */
static void break_chunk(const char *wim, const struct wim_resource *res, uint64_t chunk)
{
	struct strbuf data = STRBUF_INIT;
	uint64_t at = res->offset + 16, n = (res->size - 1) / res->chunk_size + 1;
	const uint8_t *table;

	read_file(wim, &data);
	table = (const uint8_t *)data.data + at;
	at += 4 * n;
	for (uint64_t i = 0; i < chunk; i++)
		at += load_le32(table + 4 * i);
	memset(data.data + at, 0xff, load_le32(table + 4 * chunk));
	write_file(wim, data.data, data.len);
	strbuf_release(&data);
}

static void a_broken_solid_chunk_damages_what_lies_in_it_with_any_number_of_threads(void **state UNUSED)
{
	static const unsigned threads[] = { 1, 2, 7 };

	for (uint64_t chunk = 3; chunk < 9; chunk++) {
		struct image_file *file = make_solid("broken.wim");

		break_chunk("broken.wim", &file->blobs.items[0].res, chunk);
		image_file_closep(&file);
		for (size_t t = 0; t < ARRAY_SIZE(threads) * 2; t++) {
			struct err err = { 0 };
			size_t n;

			forget();
			assert_int_equal(read_all("broken.wim", threads[t / 2], t % 2, &n, &file, &err), 0);
			for (size_t i = 0; i < n; i++) {
				const struct wim_blob *blob = &file->blobs.items[i];

				assert_int_equal(seen.begun[i], 1);
				assert_int_equal(seen.ended[i], 1);
				assert_int_equal(seen.damaged[i], lies_in(blob, chunk));
				if (!seen.damaged[i] || t % 2)
					assert_true(seen.size[i] == blob->size);
			}
			image_file_closep(&file);
		}
	}
}

static void overlapping_contents_are_refused(void **state UNUSED)
{
	struct err err = { 0 };
	struct image_file *file;
	const struct wim_blob *blobs[2];
	struct wim_blob overlap;
	static const struct blob_sink sink = { .begin = NULL };
	struct blob_read_options options = { .threads = 1 };

	capture("s.wim", "--solid --solid-chunk-size=128K");
	file = image_file_open("s.wim", &err);
	assert_non_null(file);
	blobs[0] = &file->blobs.items[0];
	for (size_t i = 0; i < file->blobs.n; i++)
		if (file->blobs.items[i].size > blobs[0]->size)
			blobs[0] = &file->blobs.items[i];
	overlap = *blobs[0];
	overlap.size--;
	blobs[1] = &overlap;
	assert_int_equal(blob_read(file, blobs, 2, &sink, &options, &err), -1);
	assert_int_equal(err.kind, ERR_FORMAT);
	image_file_closep(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_blob_comes_whole_and_once_with_any_number_of_threads),
		cmocka_unit_test(damage_is_told_of_its_blob_alone_and_gaps_are_filled),
		cmocka_unit_test(an_error_of_the_sink_stops_and_every_begin_has_its_end),
		cmocka_unit_test(a_thread_goes_on_while_another_is_slow_with_the_solid_chunk_in_front),
		cmocka_unit_test(solid_chunks_that_are_not_packed_come_last),
		cmocka_unit_test(a_broken_solid_chunk_damages_what_lies_in_it_with_any_number_of_threads),
		cmocka_unit_test(overlapping_contents_are_refused),
	};
	int failed;

	pthread_mutex_init(&seen.lock, NULL);
	failed = cmocka_run_group_tests(tests, enter_folder, leave_folder);
	forget();
	return failed;
}
