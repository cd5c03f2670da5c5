/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A temporary folder with a source tree, and wimlib-imagex to make WIMs of it and to look at what we made. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/image/image.h"
#include "common/image/wim_hash.h"
#include "common/image/wim_verify.h"
#include "tests/unit/cmocka_all.h"

struct wim_kind {
	const char *name;
	const char *options; /* of wimlib-imagex capture */
};

static const struct wim_kind wim_kinds[] UNUSED = {
	{ "none", "--compress=none" },
	{ "XPRESS", "--compress=XPRESS" },
	{ "XPRESS 4K chunks, integrity", "--compress=XPRESS --chunk-size=4096 --check" },
	{ "LZX", "--compress=LZX:20" },
	{ "LZX 256K chunks", "--compress=LZX:20 --chunk-size=256K" },
	{ "LZX integrity", "--compress=LZX:20 --check" },
	{ "LZMS", "--compress=LZMS:20" },
	{ "solid LZMS", "--solid --solid-chunk-size=128K" },
	{ "solid LZX", "--solid --solid-compress=LZX:20 --solid-chunk-size=32K --compress=LZX:20" },
};

static char wim_folder[64];

static UNUSED int run(const char *fmt, ...) PRINTF_LIKE(1, 2);
static int run(const char *fmt, ...)
{
	struct strbuf command = STRBUF_INIT;
	va_list args;
	int status;

	strbuf_adds(&command, "{ ");
	va_start(args, fmt);
	strbuf_addv(&command, fmt, args);
	va_end(args);
	strbuf_adds(&command, "; } >>out.log 2>&1");
	status = system(command.data);
	strbuf_release(&command);
	return status;
}

/* What a command prints; free it. */
static UNUSED char *output_of(const char *fmt, ...) PRINTF_LIKE(1, 2);
static char *output_of(const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	char piece[4096];
	va_list args;
	size_t n;
	FILE *pipe;

	va_start(args, fmt);
	strbuf_addv(&text, fmt, args);
	va_end(args);
	strbuf_adds(&text, " 2>>out.log");
	pipe = popen(text.data, "r");
	assert_non_null(pipe);
	strbuf_clear(&text);
	while ((n = fread(piece, 1, sizeof(piece), pipe)) > 0)
		strbuf_add(&text, piece, n);
	assert_int_equal(pclose(pipe), 0);
	strbuf_adds(&text, "");
	return strbuf_detach(&text);
}

static UNUSED void write_file(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static UNUSED void read_file(const char *path, struct strbuf *ret)
{
	assert_int_equal(file_read_all(path, 1u << 28, ret, NULL), 0);
}

/* Bytes that do not compress, the same each time. */
static UNUSED void noise(void *data, size_t len, uint32_t seed)
{
	uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 17;
		seed ^= seed << 5;
		p[i] = (uint8_t)seed;
	}
}

static UNUSED void write_noise(const char *path, size_t len, uint32_t seed)
{
	uint8_t *data = malloc(len + 1);

	assert_non_null(data);
	noise(data, len, seed);
	write_file(path, data, len);
	free(data);
}

static UNUSED void write_words(const char *path, size_t len)
{
	struct strbuf text = STRBUF_INIT;

	for (unsigned i = 0; text.len < len; i++)
		strbuf_addf(&text, "line %u of a text that compresses well, %u\r\n", i, i * i % 97);
	write_file(path, text.data, len);
	strbuf_release(&text);
}

/* src/: sizes around the chunk sizes, equal contents, hard links, symbolic links, names beyond ASCII. */
static UNUSED void make_source(void)
{
	assert_int_equal(run("mkdir -p src/Windows/System32/config src/empty 'src/Gr\303\274\303\237e \342\202\254'"),
			 0);
	write_words("src/Windows/System32/config/SYSTEM", 700000);
	write_noise("src/Windows/System32/config/SOFTWARE", 300001, 7);
	write_noise("src/chunk", 32768, 1);
	write_words("src/chunk+1", 32769);
	write_words("src/4096", 4096);
	write_file("src/one", "1", 1);
	write_file("src/nothing", "", 0);
	write_words("src/copy", 32769);
	write_file("src/Gr\303\274\303\237e \342\202\254/\360\237\230\200.txt", "smile", 5);
	assert_int_equal(
		run("ln src/one src/Windows/one-link; ln src/one src/empty-no; ln -s Windows/one-link src/link"), 0);
	assert_int_equal(run("touch -d '2019-03-04 05:06:07.1234567 UTC' src/one src/Windows"), 0);
}

static UNUSED int enter_folder(void **state UNUSED)
{
	strcpy(wim_folder, "/tmp/goldwim-image.XXXXXX");
	if (!mkdtemp(wim_folder) || chdir(wim_folder) < 0)
		return -1;
	make_source();
	return 0;
}

static UNUSED int leave_folder(void **state UNUSED)
{
	char command[128];

	if (chdir("/") < 0)
		return -1;
	snprintf(command, sizeof(command), "rm -rf %s", wim_folder);
	return system(command);
}

static UNUSED void capture(const char *wim, const char *options)
{
	unlink(wim);
	assert_int_equal(run("wimlib-imagex capture src %s Source %s", wim, options), 0);
}

static UNUSED void assert_others_accept(const char *wim)
{
	assert_int_equal(run("wimlib-imagex verify %s", wim), 0);
	assert_int_equal(run("7zz t %s", wim), 0);
}

struct problems {
	struct strbuf text;
	size_t n;
	enum wim_problem last;
};

static UNUSED void note_problem(void *context, enum wim_problem kind, const char *what, const char *place)
{
	struct problems *problems = context;

	strbuf_addf(&problems->text, "%d: %s: %s\n", (int)kind, place, what);
	problems->last = kind;
	problems->n++;
}

/* Our own check; also finds wrong reference counts, which the others do not look at. */
static UNUSED void assert_verifies(const char *wim)
{
	struct problems problems = { 0 };
	struct wim_verify_options options = { .context = &problems, .problem = note_problem };
	struct wim_verify_result result;
	struct err err = { 0 };

	if (image_verify(wim, &options, &result, &err) < 0)
		fail_msg("%s: %s", wim, err.text);
	if (problems.n)
		fail_msg("%s: %s", wim, problems.text.data);
	assert_others_accept(wim);
}

static UNUSED struct image_file *open_wim(const char *wim)
{
	struct err err = { 0 };
	struct image_file *file = image_file_open(wim, &err);

	if (!file)
		fail_msg("%s: %s", wim, err.text);
	return file;
}

static UNUSED struct image_edit *open_edit(const char *wim, const char *image)
{
	struct err err = { 0 };
	struct image_edit *edit = image_edit_open(wim, image, &err);

	if (!edit)
		fail_msg("%s: %s", wim, err.text);
	return edit;
}

/* For calls that must succeed. */
#define ok(call)                                                                          \
	do {                                                                              \
		struct err err = { 0 };                                                   \
		if ((call) < 0)                                                           \
			fail_msg("%s: %s", #call, err.text);                              \
	} while (0)

#define refused(call, expected)                                                           \
	do {                                                                              \
		struct err err = { 0 };                                                   \
		assert_int_equal(call, -1);                                               \
		assert_int_equal(err.kind, expected);                                     \
		assert_true(err.text[0] && !strchr(err.text, '\n'));                      \
	} while (0)

/* SHA-256 of a file, as text. */
static UNUSED char *sum_of(const char *path)
{
	return output_of("sha256sum < %s", path);
}
