/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys of units. A key is the SHA-256 of the key before it, of what the unit is told to
 * do, and of the contents it takes. A folder counts by names, kinds and contents; times are
 * left out, so that a fresh checkout is the same. A WIM counts by its blob table and its
 * XML, which hold the SHA-1 of all that is in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/names.h"
#include "common/image/wim_header.h"
#include "common/image/wim_resource.h"
#include "sysprep-lite/sysprep_lite.h"
#include "wimtool/build.h"

#define TABLE_MAX (256u << 20) /* 5 million contents */
#define DEPTH_MAX 256
#define PIECE (1u << 20)

void build_hash_text(const uint8_t sha256[SHA256_LEN], char ret[BUILD_KEY_LEN + 1])
{
	for (size_t i = 0; i < SHA256_LEN; i++)
		snprintf(ret + 2 * i, 3, "%02x", sha256[i]);
}

struct keying {
	struct wim_hash *hash;
	uint8_t *piece;
	struct err *err;
};

/* Length first, so that no two lists of texts are the same bytes. */
static void add(struct keying *k, const void *data, size_t len)
{
	uint8_t raw[8];

	store_le64(raw, len);
	wim_hash_update(k->hash, raw, sizeof(raw));
	wim_hash_update(k->hash, data, len);
}

static void add_text(struct keying *k, const char *text)
{
	uint8_t is_there = text != NULL;

	wim_hash_update(k->hash, &is_there, 1);
	if (text)
		add(k, text, strlen(text));
}

static void add_number(struct keying *k, uint64_t number)
{
	uint8_t raw[8];

	store_le64(raw, number);
	wim_hash_update(k->hash, raw, sizeof(raw));
}

/* ---- contents ------------------------------------------------------------------------ */

static int add_contents(struct keying *k, int fd, uint64_t *ret_len)
{
	*ret_len = 0;
	for (;;) {
		ssize_t n = read(fd, k->piece, PIECE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(k->err, errno, "cannot read");
		if (n == 0)
			break;
		wim_hash_update(k->hash, k->piece, (size_t)n);
		*ret_len += (uint64_t)n;
	}
	return 0;
}

static int add_file(struct keying *k, int fd)
{
	uint64_t len;

	if (add_contents(k, fd, &len) < 0)
		return -1;
	add_number(k, len);
	return 0;
}

static int add_folder(struct keying *k, int fd, unsigned depth);

static int add_entry(struct keying *k, int folder, const char *name, unsigned depth)
{
	CLEANUP(close_fdp) int fd = -1;
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(k->err, errno, "%s", name);
	add_text(k, name);
	add_number(k, st.st_mode & S_IFMT);
	if (S_ISLNK(st.st_mode)) {
		char target[4096];
		ssize_t n = readlinkat(folder, name, target, sizeof(target));

		if (n < 0)
			return err_errno(k->err, errno, "%s", name);
		add(k, target, (size_t)n);
		return 0;
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0; /* no WIM holds these */
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (S_ISDIR(st.st_mode) ? O_DIRECTORY : 0));
	if (fd < 0)
		return err_errno(k->err, errno, "%s", name);
	if ((S_ISDIR(st.st_mode) ? add_folder(k, fd, depth + 1) : add_file(k, fd)) < 0)
		return err_context(k->err, "%s", name);
	return 0;
}

static int add_folder(struct keying *k, int fd, unsigned depth)
{
	CLEANUP(names_release) struct names names = { 0 };

	if (depth > DEPTH_MAX)
		return err_set(k->err, ERR_LIMIT, "folders nested more than %d deep", DEPTH_MAX);
	if (names_of_fd(fcntl(fd, F_DUPFD_CLOEXEC, 0), names_by_bytes, &names, k->err) < 0)
		return -1;
	add_number(k, names.len);
	for (size_t i = 0; i < names.len; i++)
		if (add_entry(k, fd, names.items[i], depth) < 0)
			return -1;
	return 0;
}

/* Of a file the contents alone, so that the sum is that of sha256sum. */
static int add_tree(struct keying *k, const char *path)
{
	struct stat st;
	uint64_t len;
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(k->err, errno, "%s", path);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return err_set(k->err, ERR_FORMAT, "%s: neither a file nor a folder", path);
	if ((S_ISDIR(st.st_mode) ? add_folder(k, fd, 0) : add_contents(k, fd, &len)) < 0)
		return err_context(k->err, "%s", path);
	return 0;
}

static int add_resource(struct keying *k, struct wim_reader *reader, const struct wim_header *header, uint64_t file_bytes,
			const struct wim_reshdr *where, const char *what)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	struct wim_resource resource;

	if (wim_resource_from_reshdr(header, file_bytes, where, what, &resource, k->err) < 0 ||
	    wim_reader_load(reader, &resource, TABLE_MAX, &data, k->err) < 0)
		return -1;
	add(k, strbuf_text(&data), data.len);
	return 0;
}

static int add_wim(struct keying *k, const char *path)
{
	CLEANUP(close_fdp) int fd = file_open_read(path, k->err);
	CLEANUP(wim_reader_freep) struct wim_reader *reader = fd < 0 ? NULL : wim_reader_new(fd);
	struct wim_header header;
	uint64_t file_bytes;

	if (fd < 0 || file_size(fd, &file_bytes, k->err) < 0 || wim_header_read(fd, file_bytes, &header, k->err) < 0 ||
	    add_resource(k, reader, &header, file_bytes, &header.blob_table, "blob table") < 0 ||
	    add_resource(k, reader, &header, file_bytes, &header.xml, "XML data") < 0)
		return err_context(k->err, "%s", path);
	return 0;
}

/* ---- units ----------------------------------------------------------------------------- */

static int add_input(struct build *build, struct keying *outer, const char *kind, const char *path)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha256();
	struct keying k = { .hash = hash, .piece = outer->piece, .err = outer->err };
	struct build_input *input;
	uint8_t sum[SHA256_LEN];

	wim_hash_begin(hash);
	if ((strcmp(kind, "wim") == 0 ? add_wim(&k, path) : add_tree(&k, path)) < 0)
		return -1;
	wim_hash_final(hash, sum);
	input = vec_add(&build->inputs);
	*input = (struct build_input){ .kind = kind, .path = path };
	build_hash_text(sum, input->sha256);
	add_text(outer, kind);
	add_text(outer, input->sha256);
	return 0;
}

static int add_file_input(struct build *build, struct keying *k, const char *path)
{
	add_number(k, path != NULL);
	return path ? add_input(build, k, path_is_dir(path) ? "folder" : "file", path) : 0;
}

static int add_source(struct build *build, struct keying *k)
{
	const struct recipe *r = build->recipe;

	add_text(k, "goldwim build 1");
	add_text(k, GOLDWIM_VERSION);
	add_text(k, getenv("SOURCE_DATE_EPOCH"));
	add_text(k, r->source.image);
	add_text(k, r->output.name);
	add_text(k, r->output.description);
	add_text(k, r->output.flags);
	add_text(k, r->output.compress);
	add_number(k, r->output.boot);
	add_number(k, r->output.check);
	add_number(k, r->output.solid);
	if (add_file_input(build, k, r->source.config) < 0)
		return -1;
	if (add_input(build, k, path_is_dir(r->source.path) ? "folder" : "wim", r->source.path) < 0)
		return -1;
	for (size_t i = 0; i < build->parts.len; i++)
		if (add_input(build, k, "wim", build->parts.items[i]) < 0)
			return -1;
	return 0;
}

static int add_registry(struct keying *k, const struct recipe_step *step)
{
	for (size_t i = 0; i < step->registry.len; i++) {
		const struct recipe_registry_edit *e = &step->registry.items[i];

		add_number(k, e->remove);
		add_text(k, e->key);
		add_text(k, e->value);
		add_number(k, e->type);
		add(k, e->data ? e->data : "", e->data_len);
	}
	return 0;
}

static int add_files(struct build *build, struct keying *k, const struct recipe_step *step)
{
	for (size_t i = 0; i < step->files.len; i++) {
		const struct recipe_file_edit *e = &step->files.items[i];

		add_number(k, e->op);
		add_text(k, e->path);
		add_text(k, e->to);
		add_number(k, e->optional);
		if (add_file_input(build, k, e->source) < 0)
			return -1;
	}
	return 0;
}

static void add_list(struct keying *k, const struct cli_list *list)
{
	add_number(k, list->len);
	for (size_t i = 0; i < list->len; i++)
		add_text(k, list->items[i]);
}

static int add_step(struct build *build, struct keying *k, const struct recipe_step *step)
{
	add_text(k, recipe_step_name(step->kind));
	switch (step->kind) {
	case STEP_REGISTRY:
		return add_registry(k, step);
	case STEP_FILES:
		return add_files(build, k, step);
	case STEP_ANSWER_FILE:
		add_text(k, step->answer.target);
		add_number(k, step->answer.fix);
		add_number(k, step->answer.fail_on);
		if (add_file_input(build, k, step->answer.path) < 0)
			return -1;
		return add_file_input(build, k, step->answer.pkeyconfig);
	case STEP_GENERALIZE:
		add_list(k, &step->generalize.enable);
		add_list(k, &step->generalize.disable);
		add_number(k, (uint64_t)step->generalize.nic);
		add_number(k, (uint64_t)step->generalize.rearm);
		return 0;
	default:
		add_text(k, step->text);
		add_text(k, step->keyboard);
		add_number(k, step->locale_parts);
		return 0;
	}
}

static int add_unit(struct build *build, struct keying *k, const struct build_unit *unit)
{
	const struct recipe *r = build->recipe;

	add_number(k, unit->kind);
	switch (unit->kind) {
	case UNIT_SOURCE:
		return add_source(build, k);
	case UNIT_STEP:
		return add_step(build, k, unit->step);
	case UNIT_PROPERTIES:
		for (size_t i = 0; i < r->output.properties.len; i++) {
			add_text(k, r->output.properties.items[i].name);
			add_text(k, r->output.properties.items[i].value);
		}
		return 0;
	case UNIT_SPLIT:
		add_number(k, r->output.split);
		return 0;
	default:
		return 0;
	}
}

int build_make_keys(struct build *build, struct err *err)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha256();
	CLEANUP(freep) uint8_t *piece = xmalloc(PIECE);
	struct keying k = { .hash = hash, .piece = piece, .err = err };
	const char *before = "";

	for (size_t i = 0; i < build->units.len; i++) {
		struct build_unit *unit = &build->units.items[i];
		uint8_t sum[SHA256_LEN];

		wim_hash_begin(hash);
		add_text(&k, before);
		if (add_unit(build, &k, unit) < 0)
			return -1;
		wim_hash_final(hash, sum);
		build_hash_text(sum, unit->key);
		before = unit->key;
	}
	return 0;
}

int build_hash_file(const char *path, char ret[BUILD_KEY_LEN + 1], uint64_t *ret_bytes, struct err *err)
{
	CLEANUP(close_fdp) int fd = file_open_read(path, err);
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha256();
	CLEANUP(freep) uint8_t *piece = xmalloc(PIECE);
	uint8_t sum[SHA256_LEN];

	*ret_bytes = 0;
	if (fd < 0)
		return err_context(err, "%s", path);
	wim_hash_begin(hash);
	for (;;) {
		ssize_t n = read(fd, piece, PIECE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "%s", path);
		if (n == 0)
			break;
		wim_hash_update(hash, piece, (size_t)n);
		*ret_bytes += (uint64_t)n;
	}
	wim_hash_final(hash, sum);
	build_hash_text(sum, ret);
	return 0;
}
