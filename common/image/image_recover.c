/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/names.h"
#include "common/image/image_private.h"
#include "common/image/split_set.h"
#include "common/image/wim_journal.h"
#include "common/image/wim_verify.h"
#include "common/image/wim_writer.h"

#define FLAGS_OFFSET 16          /* of the flags in the header */
#define EMPTY_TEMP_MIN_SECONDS 60 /* a capture makes its file a moment before it locks it */

/* ---- the mark ---- */

struct soundness {
	size_t bad;
	char first[256];
};

/* Wrong counts are what some writers leave in good files. */
static void note_problem(void *context, enum wim_problem kind, const char *what, const char *place)
{
	struct soundness *s = context;

	if (kind != WIM_PROBLEM_REFCOUNT && s->bad++ == 0)
		snprintf(s->first, sizeof(s->first), "%s: %s", place, what);
}

static int check_sound(const char *path, struct err *err)
{
	struct soundness s = { 0 };
	const struct wim_verify_options options = { .context = &s, .problem = note_problem };
	struct wim_verify_result result;

	if (image_verify(path, &options, &result, err) < 0)
		return -1;
	if (!s.bad)
		return 0;
	err_set(err, ERR_REFUSED, "it is marked as being written and is damaged (%s)", s.first);
	return err_hint(err, "see wimtool verify; the mark was left");
}

static uint64_t end_of(const struct wim_reshdr *hdr)
{
	return hdr->offset ? hdr->offset + hdr->stored : 0;
}

/* Behind the last byte that anything in the WIM refers to. */
static uint64_t used_end(const struct image_file *file)
{
	const struct wim_header *header = &file->header;
	uint64_t end = MAX(MAX(end_of(&header->blob_table), end_of(&header->xml)),
			   MAX(end_of(&header->boot_metadata), end_of(&header->integrity)));
	const uint8_t *rows = (const uint8_t *)file->blobs.table.data;

	for (size_t at = 0; at + WIM_BLOB_ROW_LEN <= file->blobs.table.len; at += WIM_BLOB_ROW_LEN) {
		struct wim_reshdr hdr;

		wim_reshdr_load(rows + at + ROW_RESHDR, &hdr);
		/* rows inside a solid resource count from its beginning */
		if (!(hdr.flags & WIM_RES_SOLID) || hdr.size == WIM_SOLID_SIZE_MARK)
			end = MAX(end, end_of(&hdr));
	}
	return MAX(end, (uint64_t)WIM_HEADER_LEN);
}

int image_change_flags(int fd, uint32_t clear, uint32_t set, struct err *err)
{
	uint8_t raw[4];
	uint32_t flags;

	if (file_pread(fd, raw, sizeof(raw), FLAGS_OFFSET, err) < 0)
		return -1;
	flags = (load_le32(raw) & ~clear) | set;
	store_le32(raw, flags);
	return wim_write_at(fd, raw, sizeof(raw), FLAGS_OFFSET, err) < 0 ? -1 : file_fsync(fd, err);
}

/* The bytes go first: when this is ended between the two steps, the mark tells that there is work left. */
static int clear_mark(int fd, const struct image_file *file, struct image_recovery *ret, struct err *err)
{
	uint64_t end = used_end(file);

	if (end < file->file_bytes) {
		wim_write_step("truncate");
		if (ftruncate(fd, (off_t)end) < 0)
			return err_errno(err, errno, "cutting off what an interrupted write left");
		ret->trimmed = file->file_bytes - end;
	}
	if (file_fsync(fd, err) < 0 || image_change_flags(fd, WIM_FLAG_WRITE_IN_PROGRESS, 0, err) < 0)
		return -1;
	ret->cleared_mark = true;
	return 0;
}

static int look_at_mark(const char *path, int fd, struct image_recovery *ret, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open_fd(dup(fd), err);

	if (!file)
		return -1;
	if (!(file->header.flags & WIM_FLAG_WRITE_IN_PROGRESS))
		return 0;
	if ((file->header.parts > 1 || (file->header.flags & WIM_FLAG_SPANNED)) && file->header.part == 1)
		return image_split_recover(path, fd, &file->header, ret, err);
	if (file->header.pipable || file->header.parts != 1)
		return err_set(err, ERR_UNSUPPORTED,
			       "it is marked as being written, and is pipable or a part of a split WIM; make it again");
	return check_sound(path, err) < 0 ? -1 : clear_mark(fd, file, ret, err);
}

/* ---- temporary files ---- */

/* Mode and owner of what a temporary file was going to replace: it has them when it is complete. */
struct temp_target {
	bool exists;
	mode_t mode;
	uid_t owner;
};

static bool is_private(const struct stat *st)
{
	return st->st_uid == geteuid() && (st->st_mode & 07777) == 0600;
}

static bool is_complete(const struct stat *st, const struct temp_target *target)
{
	return target->exists && (st->st_uid == target->owner || st->st_uid == geteuid()) &&
	       (st->st_mode & 07777) == target->mode;
}

/* Only what a capture can have left: ours, with one name, begun as a WIM, or empty for a while. */
static bool looks_like_ours(int fd, const struct stat *st, const struct temp_target *target)
{
	static const char magic[8] = "MSWIM";
	char found[sizeof(magic)];

	if (!S_ISREG(st->st_mode) || st->st_nlink != 1 ||
	    (file_has_owner(fd) && !is_private(st) && !is_complete(st, target)))
		return false;
	if (st->st_size == 0)
		return time(NULL) - st->st_mtime > EMPTY_TEMP_MIN_SECONDS;
	return pread(fd, found, sizeof(found), 0) == (ssize_t)sizeof(found) &&
	       memcmp(found, magic, sizeof(magic)) == 0;
}

/* True when it was removed. Whoever writes it holds its lock until it has its final name. */
static bool remove_temp(int folder, const char *name, const struct temp_target *target)
{
	CLEANUP(close_fdp) int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat opened, named;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &opened) < 0 ||
	    !looks_like_ours(fd, &opened, target))
		return false;
	return fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_ino == opened.st_ino &&
	       named.st_dev == opened.st_dev && unlinkat(folder, name, 0) == 0;
}

static int remove_temps(const char *path, unsigned *ret_removed, struct err *err)
{
	CLEANUP(freep) char *folder = path_folder(path);
	CLEANUP(close_fdp) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(names_release) struct names names = { 0 };
	struct temp_target target = { .exists = false };
	struct stat st;

	if (names_of_folder(folder, names_by_bytes, &names, err) < 0)
		return err_context(err, "%s", folder);
	if (stat(path, &st) == 0)
		target = (struct temp_target){ .exists = true, .mode = st.st_mode & 07777, .owner = st.st_uid };
	for (size_t i = 0; i < names.len; i++)
		if (atomic_file_is_temp(names.items[i], path_name(path)) || split_temp_number(path, names.items[i]))
			*ret_removed += remove_temp(fd, names.items[i], &target);
	return 0;
}

static int remove_all_temps(const char *path, unsigned *ret_removed, struct err *err)
{
	return remove_temps(path, ret_removed, err) < 0 ? -1 : split_remove_temps(path, ret_removed, err);
}

/* ---- folders of wimlib's mounts ---- */

#define STAGING_MARK ".staging"
#define STAGING_RANDOM_LEN 10

static bool is_staging_name(const char *entry, const char *name)
{
	size_t len = strlen(name);
	size_t mark = strlen(STAGING_MARK);

	return strncmp(entry, name, len) == 0 && strncmp(entry + len, STAGING_MARK, mark) == 0 &&
	       strlen(entry + len + mark) == STAGING_RANDOM_LEN &&
	       strspn(entry + len + mark, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") ==
		       STAGING_RANDOM_LEN;
}

static bool is_own_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* Both in one file system, or one with the other's permission; a copy is not worth the risk of half of it. */
static int put_away(const char *path, const char *keep, unsigned *done, struct err *err)
{
	CLEANUP(freep) char *to = NULL;

	if (rmdir(path) == 0) {
		(*done)++;
		return 0;
	}
	if (errno != ENOTEMPTY && errno != EEXIST)
		return 0;
	if (mkdir(keep, 0700) < 0 && errno != EEXIST)
		return err_errno(err, errno, "%s", keep);
	to = path_join(keep, path_name(path));
	if (rename(path, to) < 0 && errno != EXDEV)
		return err_errno(err, errno, "moving %s to %s", path, keep);
	*done += !path_exists(path);
	return 0;
}

/* The caller holds the lock that wimlib's server holds as long as it lives, so the folders belong to nobody. */
static int put_stagings_away(const char *path, const char *keep, unsigned *ret, struct err *err)
{
	CLEANUP(freep) char *folder = path_folder(path);
	CLEANUP(names_release) struct names names = { 0 };

	if (names_of_folder(folder, names_by_bytes, &names, err) < 0)
		return err_context(err, "%s", folder);
	for (size_t i = 0; i < names.len; i++) {
		CLEANUP(freep) char *staging = path_join(folder, names.items[i]);

		if (is_staging_name(names.items[i], path_name(path)) && is_own_folder(staging) &&
		    put_away(staging, keep, ret, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- all ---- */

static int recover_wim(const char *path, const char *keep, struct image_recovery *ret, struct err *err)
{
	CLEANUP(close_fdp) int fd = image_open_locked(path, err);

	if (fd < 0 || wim_journal_replay(path, fd, &ret->replayed, err) < 0)
		return -1;
	if (look_at_mark(path, fd, ret, err) < 0)
		return -1;
	return keep ? put_stagings_away(path, keep, &ret->stagings, err) : 0;
}

int image_recover_all(const char *path, const char *keep, struct image_recovery *ret, struct err *err)
{
	CLEANUP(freep) char *real = realpath(path, NULL);
	int missing = errno;
	struct image_recovery done = { 0 };

	if (real && recover_wim(real, keep, &done, err) < 0)
		return -1;
	if (*path && remove_all_temps(real ? real : path, &done.removed_temps, err) < 0 && real)
		return -1;
	if (!real && !done.removed_temps)
		return err_errno(err, missing, "cannot be opened");
	*ret = done;
	return 0;
}
