/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/image/image.h"
#include "common/image/session.h"
#include "common/image/session_core.h"

/* Reparse points that libwim turns into symbolic links on Linux. */
#define TAG_SYMLINK WIMLIB_REPARSE_TAG_SYMLINK
#define TAG_JUNCTION WIMLIB_REPARSE_TAG_MOUNT_POINT

struct linked_data {
	uint64_t group;
	uint64_t size;
};

struct survey {
	struct session_applied counts;
	VEC(struct linked_data) linked; /* one for each name of a file with several */
	bool some_sizes_unknown; /* data in other parts of a split WIM */
	struct err *err;
};

/* A name as Linux would take it must be one part of a path and not lead upwards. */
static int refuse_name(const char *path, const char *name, struct err *err)
{
	if (strcmp(name, "..") != 0 && strcmp(name, ".") != 0 && !strchr(name, '/'))
		return 0;
	return err_set(err, ERR_REFUSED, "the image holds the name \"%s\" in %s, which would lead out of the target",
		       name, path);
}

static void survey_release(struct survey *survey)
{
	vec_release(&survey->linked);
}

static bool has_data(const struct image_entry *entry)
{
	static const uint8_t none[sizeof(entry->sha1)];

	return memcmp(entry->sha1, none, sizeof(none)) != 0;
}

static int survey_entry(void *context, const char *path, const struct image_entry *entry)
{
	struct survey *survey = context;
	struct session_applied *n = &survey->counts;
	bool is_root = strcmp(path, "/") == 0;

	if (!is_root && refuse_name(path, entry->name, survey->err) < 0)
		return -1;
	n->streams_left_out += entry->n_named_streams;
	if (entry->reparse_tag == TAG_SYMLINK || entry->reparse_tag == TAG_JUNCTION) {
		n->links++;
	} else if (entry->attributes & WIMLIB_FILE_ATTRIBUTE_REPARSE_POINT) {
		n->reparse_left_out++;
	} else if (entry->is_dir) {
		n->dirs++;
	} else {
		n->files++;
		n->bytes += entry->size;
		survey->some_sizes_unknown |= !entry->size && has_data(entry);
		if (entry->link_group)
			*vec_add(&survey->linked) = (struct linked_data){ entry->link_group, entry->size };
	}
	return 0;
}

/* What the image holds, by our own reader, which also checks its metadata before libwim sees it. */
static int survey_image(const struct session_apply *r, struct survey *ret, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open(r->wim, err);

	if (!file || image_select(file, r->image, &ret->counts.index, err) < 0)
		return err_context(err, "%s", r->wim);
	if (image_walk(file, ret->counts.index, "/", survey_entry, ret, err) != 0)
		return err_context(err, "%s", r->wim);
	return 0;
}

static int by_group(const void *a, const void *b)
{
	uint64_t x = ((const struct linked_data *)a)->group, y = ((const struct linked_data *)b)->group;

	return x < y ? -1 : x > y;
}

/* What the files take on the disk: hard links once. */
static uint64_t bytes_needed(struct survey *survey)
{
	uint64_t needed = survey->counts.bytes;

	if (survey->linked.len)
		qsort(survey->linked.items, survey->linked.len, sizeof(*survey->linked.items), by_group);
	for (size_t i = 1; i < survey->linked.len; i++)
		if (survey->linked.items[i].group == survey->linked.items[i - 1].group)
			needed -= survey->linked.items[i].size;
	return needed;
}

/* Better now than after an hour; and a small file may claim to hold more than any disk. */
static int need_space(const char *target, struct survey *survey, struct err *err)
{
	uint64_t needed = bytes_needed(survey);
	struct statvfs fs;

	if (statvfs(target, &fs) < 0 || !fs.f_blocks || needed / fs.f_frsize < fs.f_bavail)
		return 0;
	return err_set(err, ERR_NO_SPACE, "the image needs %" PRIu64 " bytes, but only %" PRIu64 " are free here",
		       needed, (uint64_t)fs.f_bavail * fs.f_frsize);
}

static int extract_flags(const struct session_apply *r)
{
	int flags = 0;

	if (r->unix_data)
		flags |= WIMLIB_EXTRACT_FLAG_UNIX_DATA;
	if (r->no_acls)
		flags |= WIMLIB_EXTRACT_FLAG_NO_ACLS;
	if (r->recover_data)
		flags |= WIMLIB_EXTRACT_FLAG_RECOVER_DATA;
	if (r->links == SESSION_LINKS_FIX)
		flags |= WIMLIB_EXTRACT_FLAG_RPFIX;
	if (r->links == SESSION_LINKS_KEEP)
		flags |= WIMLIB_EXTRACT_FLAG_NORPFIX;
	return flags;
}

enum target_state {
	TARGET_MADE,  /* by us */
	TARGET_EMPTY,
	TARGET_FULL,
};

static int prepare_target(const char *path, enum target_state *ret, struct err *err)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *tree;

	if (mkdir(path, 0777) == 0) {
		*ret = TARGET_MADE;
		return 0;
	}
	if (errno != EEXIST)
		return err_errno(err, errno, "cannot make this folder");
	if (!path_is_dir(path))
		return err_set(err, ERR_REFUSED, "is not a folder");
	tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	if (!tree || !fts_read(tree))
		return err_errno(err, errno, "cannot read this folder");
	*ret = fts_children(tree, FTS_NAMEONLY) ? TARGET_FULL : TARGET_EMPTY;
	fts_close(tree);
	return 0;
}

static void count_entry(const FTSENT *entry, struct session_applied *n)
{
	if (entry->fts_info == FTS_D) {
		n->dirs++;
	} else if (entry->fts_info == FTS_SL || entry->fts_info == FTS_SLNONE) {
		n->links++;
	} else if (entry->fts_info != FTS_DP) {
		n->files++;
		if (entry->fts_info == FTS_F)
			n->bytes += (uint64_t)entry->fts_statp->st_size;
	}
}

static int count_tree(const char *path, struct session_applied *ret, struct err *err)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *entry;

	if (!tree)
		return err_errno(err, errno, "cannot read it back");
	while ((entry = fts_read(tree)))
		count_entry(entry, ret);
	fts_close(tree);
	return 0;
}

static int compare_counts(const struct session_apply *r, struct survey *survey, struct err *err)
{
	struct session_applied *want = &survey->counts;
	struct session_applied have = { 0 };

	if (count_tree(r->target, &have, err) < 0)
		return -1;
	if (survey->some_sizes_unknown)
		want->bytes = have.bytes;
	/* UNIX data turns an empty file into a device and a link into a file with data, so only the sum is known. */
	if (r->unix_data) {
		if (have.dirs + have.files + have.links == want->dirs + want->files + want->links)
			return 0;
	} else if (have.dirs == want->dirs && have.files == want->files && have.links == want->links &&
		   (have.bytes == want->bytes || r->recover_data)) {
		return 0;
	}
	return err_set(err, ERR_IO,
		       "holds %" PRIu64 " folders, %" PRIu64 " files, %" PRIu64 " links, %" PRIu64
		       " bytes, but the image has %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64,
		       have.dirs, have.files, have.links, have.bytes, want->dirs, want->files, want->links,
		       want->bytes);
}

/* Only for a folder that this program has made a moment ago. */
static void remove_tree(const char *path)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	const FTSENT *entry;

	if (!tree)
		return;
	while ((entry = fts_read(tree))) {
		if (entry->fts_info == FTS_DP)
			rmdir(entry->fts_accpath);
		else if (entry->fts_info != FTS_D)
			unlink(entry->fts_accpath);
	}
	fts_close(tree);
}

static void say_what_is_left(const struct session *s, const char *target, enum target_state state)
{
	bool cancelled = session_cancelled(s);

	if (cancelled && state == TARGET_MADE)
		remove_tree(target);
	/* An empty folder is no part of anything. */
	if (!s->cli || (!cancelled && state == TARGET_MADE && rmdir(target) == 0))
		return;
	if (cancelled && state == TARGET_MADE)
		cli_warn(s->cli, "%s: cancelled; the folder is removed again", target);
	else if (cancelled)
		cli_warn(s->cli, "%s: cancelled; the folder holds a part of the image", target);
	else
		cli_warn(s->cli, "%s: the folder holds a part of the image only", target);
}

int session_apply(const struct session_apply *r, const struct cli *cli, struct session_applied *ret, struct err *err)
{
	CLEANUP(session_end) struct session s = SESSION_INIT;
	CLEANUP(survey_release) struct survey survey = { .err = err };
	enum target_state state = TARGET_FULL;
	int code;

	if (survey_image(r, &survey, err) < 0 || session_begin(&s, cli, "apply", true, err) < 0 ||
	    session_open(&s, r->wim, r->check ? SESSION_CHECK : SESSION_READ, err) < 0 ||
	    session_add_refs(&s, r->refs, err) < 0)
		return -1;
	if (prepare_target(r->target, &state, err) < 0)
		return err_context(err, "%s", r->target);
	if (need_space(r->target, &survey, err) < 0) {
		if (state == TARGET_MADE)
			rmdir(r->target);
		return err_context(err, "%s", r->target);
	}
	code = wimlib_extract_image(s.wim, (int)survey.counts.index, r->target, extract_flags(r));
	if (code) {
		session_fail(&s, code, "cannot apply the image", r->wim, err);
		say_what_is_left(&s, r->target, state);
		return -1;
	}
	if (state != TARGET_FULL && compare_counts(r, &survey, err) < 0)
		return err_context(err, "%s", r->target);
	*ret = survey.counts;
	return 0;
}

struct path_kinds {
	const char **plain;
	size_t n_plain;
	const char **lists;
	size_t n_lists;
};

static void sort_paths(const struct session_extract *r, struct path_kinds *ret)
{
	ret->plain = xcalloc(r->n_paths + 1, sizeof(*ret->plain));
	ret->lists = xcalloc(r->n_paths + 1, sizeof(*ret->lists));
	for (size_t i = 0; i < r->n_paths; i++) {
		if (r->paths[i][0] == '@')
			ret->lists[ret->n_lists++] = r->paths[i] + 1;
		else
			ret->plain[ret->n_plain++] = r->paths[i];
	}
}

static void path_kinds_release(struct path_kinds *kinds)
{
	free(kinds->plain);
	free(kinds->lists);
}

static int glob_flags(const struct session_extract *r)
{
	int flags = 0;

	if (!r->no_wildcards)
		flags |= WIMLIB_EXTRACT_FLAG_GLOB_PATHS;
	if (!r->no_wildcards && !r->allow_no_match)
		flags |= WIMLIB_EXTRACT_FLAG_STRICT_GLOB;
	return flags;
}

static int extract_paths(struct session *s, const struct session_extract *r, int index, struct err *err)
{
	CLEANUP(path_kinds_release) struct path_kinds kinds = { 0 };
	int flags = extract_flags(&r->what) | glob_flags(r);
	int flat = r->keep_folders ? 0 : WIMLIB_EXTRACT_FLAG_NO_PRESERVE_DIR_STRUCTURE;
	int code = 0;

	sort_paths(r, &kinds);
	if (kinds.n_plain)
		code = wimlib_extract_paths(s->wim, index, r->what.target, kinds.plain, kinds.n_plain, flags | flat);
	for (size_t i = 0; !code && i < kinds.n_lists; i++)
		code = wimlib_extract_pathlist(s->wim, index, r->what.target, kinds.lists[i], flags);
	return code ? session_fail(s, code, "cannot extract", r->what.wim, err) : 0;
}

int session_extract(const struct session_extract *r, const struct cli *cli, struct err *err)
{
	CLEANUP(session_end) struct session s = SESSION_INIT;
	CLEANUP(survey_release) struct survey survey = { .err = err };
	enum target_state state = TARGET_FULL;

	/* Names in an image are found in any case, as everywhere in our tools. */
	wimlib_global_init(WIMLIB_INIT_FLAG_DEFAULT_CASE_INSENSITIVE);
	if (survey_image(&r->what, &survey, err) < 0 || session_begin(&s, cli, "extract", true, err) < 0 ||
	    session_open(&s, r->what.wim, r->what.check ? SESSION_CHECK : SESSION_READ, err) < 0 ||
	    session_add_refs(&s, r->what.refs, err) < 0)
		return -1;
	if (prepare_target(r->what.target, &state, err) < 0)
		return err_context(err, "%s", r->what.target);
	if (extract_paths(&s, r, (int)survey.counts.index, err) < 0) {
		if (state == TARGET_MADE)
			rmdir(r->what.target); /* goes when nothing was written */
		return -1;
	}
	return 0;
}
