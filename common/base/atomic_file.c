/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/file.h"
#include "common/base/tempfiles.h"

#define TEMP_NAME_PART 64  /* bytes of the name of the target */
#define TEMP_RANDOM_LEN 6  /* the X of the name */
#define LINK_TRIES 100

struct atomic_file {
	char *target;
	char *temp; /* its name; NULL while the file has none */
	int fd;
	int slot; /* in tempfiles; -1 without a name, and once renamed or removed */
	bool only_new;
};

/* The file that a chain of symbolic links names, or path itself. */
static char *resolve_target(const char *path, struct err *err)
{
	struct stat st;
	char *real;

	if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return xstrdup(path);
	real = realpath(path, NULL);
	if (!real)
		err_errno(err, errno, "cannot follow the symbolic link");
	return real;
}

/* A rename would put a plain file in the place of a device or a pipe: /dev/null must survive root. */
static int check_target(const char *target, struct err *err)
{
	struct stat st;

	if (stat(target, &st) < 0 || S_ISREG(st.st_mode))
		return 0;
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_FORMAT, "is a directory, a file is wanted");
	return err_set(err, ERR_REFUSED, "is no regular file, and is not replaced by one");
}

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool atomic_file_is_temp(const char *entry, const char *name)
{
	size_t len = strnlen(name, TEMP_NAME_PART);

	if (entry[0] != '.' || strncmp(entry + 1, name, len) != 0 || entry[1 + len] != '.')
		return false;
	entry += len + 2;
	return strlen(entry) == TEMP_RANDOM_LEN && strspn(entry, letters) == TEMP_RANDOM_LEN;
}

/* A long name of the target must not make ours too long: 64 bytes of it are enough to recognise it. */
static char *temp_pattern(const char *target)
{
	CLEANUP(freep) char *folder = path_folder(target);

	return xasprintf("%s/.%.*s.XXXXXX", folder, TEMP_NAME_PART, path_name(target));
}

/* A file without a name is gone with its process, whatever ends that. Not every file system has them. */
static int open_nameless(const char *target)
{
	CLEANUP(freep) char *folder = path_folder(target);

	if (access("/proc/self/fd", X_OK) < 0) /* it could not be named later */
		return -1;
	return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int open_named(struct atomic_file *file, struct err *err)
{
	char *temp = temp_pattern(file->target);

	tempfiles_hold_signals(); /* a file that was made is also listed */
	file->fd = mkostemp(temp, O_CLOEXEC); /* made with mode 0600 */
	if (file->fd >= 0) {
		file->temp = temp;
		file->slot = tempfiles_add(temp);
	} else {
		err_errno(err, errno, "cannot make a temporary file beside it");
		free(temp);
	}
	tempfiles_release_signals();
	return file->fd < 0 ? -1 : 0;
}

struct atomic_file *atomic_file_open(const char *path, struct err *err)
{
	char *target = *path ? resolve_target(path, err) : NULL;
	struct atomic_file *file;

	if (!*path)
		err_set(err, ERR_USAGE, "the name of the file to write is an empty text");
	if (!target)
		return NULL;
	file = xcalloc(1, sizeof(*file));
	*file = (struct atomic_file){ .target = target, .fd = -1, .slot = -1 };
	if (check_target(target, err) == 0)
		file->fd = open_nameless(target);
	else
		atomic_file_closep(&file);
	if (file && file->fd < 0 && open_named(file, err) < 0)
		atomic_file_closep(&file);
	return file;
}

int atomic_file_fd(const struct atomic_file *file)
{
	return file->fd;
}

void atomic_file_only_new(struct atomic_file *file)
{
	file->only_new = true;
}

void atomic_file_lock(const struct atomic_file *file)
{
	(void)flock(file->fd, LOCK_EX | LOCK_NB);
}

int atomic_file_write(struct atomic_file *file, const void *data, size_t len, struct err *err)
{
	return file_write(file->fd, data, len, err);
}

/* Copies what the file system lets us: an attribute that cannot be set here never was a promise. */
static int copy_xattrs(const char *from, int to, struct err *err)
{
	ssize_t len = listxattr(from, NULL, 0);
	CLEANUP(freep) char *names = NULL;

	if (len <= 0)
		return 0;
	names = xmalloc((size_t)len);
	len = listxattr(from, names, (size_t)len);
	for (const char *name = names; len > 0 && name < names + len; name += strlen(name) + 1) {
		ssize_t size = getxattr(from, name, NULL, 0);
		CLEANUP(freep) char *value = NULL;

		if (size < 0)
			continue;
		value = xmalloc((size_t)size);
		size = getxattr(from, name, value, (size_t)size);
		if (size >= 0 && fsetxattr(to, name, value, (size_t)size, 0) < 0 && errno == ENOSPC)
			return err_errno(err, errno, "cannot copy the extended attribute %s", name);
	}
	return 0;
}

/* Mode 0666 less the umask, as a new file would get. */
static mode_t new_file_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

static int keep_properties(const struct atomic_file *file, struct err *err)
{
	struct stat old;

	if (stat(file->target, &old) < 0) {
		if (fchmod(file->fd, new_file_mode()) < 0)
			return err_errno(err, errno, "cannot set its mode");
		return 0;
	}
	if (copy_xattrs(file->target, file->fd, err) < 0)
		return -1;
	/* Owner first: changing it clears set-user-id bits. Only root may give a file away. */
	if (fchown(file->fd, old.st_uid, old.st_gid) < 0 && errno != EPERM)
		return err_errno(err, errno, "cannot keep its owner");
	if (fchmod(file->fd, old.st_mode & 07777) < 0)
		return err_errno(err, errno, "cannot keep its mode");
	return 0;
}

static int link_fd(int fd, const char *name)
{
	CLEANUP(freep) char *link = xasprintf("/proc/self/fd/%d", fd);

	return linkat(AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

/* Gives a file without a name one that nobody has, as mkostemp would. */
static int name_it(struct atomic_file *file)
{
	char *temp = temp_pattern(file->target);
	uint8_t *random = (uint8_t *)temp + strlen(temp) - TEMP_RANDOM_LEN;

	for (int tries = 0; tries < LINK_TRIES; tries++) {
		if (getrandom(random, TEMP_RANDOM_LEN, 0) != TEMP_RANDOM_LEN)
			break;
		for (size_t i = 0; i < TEMP_RANDOM_LEN; i++)
			random[i] = (uint8_t)letters[random[i] % (sizeof(letters) - 1)];
		if (link_fd(file->fd, temp) == 0) {
			file->temp = temp;
			file->slot = tempfiles_add(temp);
			return 0;
		}
		if (errno != EEXIST)
			break;
	}
	free(temp);
	return -1;
}

/* Not every file system can do it in one step. */
static int rename_to_new(const char *from, const char *to)
{
	struct stat st;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (lstat(to, &st) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

static int already_there(struct err *err)
{
	err_set(err, ERR_REFUSED, "another program has made it meanwhile");
	return err_hint(err, "it was left as it is");
}

/* A new target gets its name in one step; one that is there is replaced by a rename. */
static int take_name(struct atomic_file *file, struct err *err)
{
	if (!file->temp && link_fd(file->fd, file->target) == 0)
		return 0;
	if (!file->temp && file->only_new && errno == EEXIST)
		return already_there(err);
	if (!file->temp && name_it(file) < 0)
		return err_errno(err, errno, "cannot name the finished temporary file");
	if ((file->only_new ? rename_to_new(file->temp, file->target) : rename(file->temp, file->target)) < 0)
		return file->only_new && errno == EEXIST ? already_there(err) : err_errno(err, errno, "cannot rename the finished temporary file");
	tempfiles_forget(file->slot);
	file->slot = -1;
	return 0;
}

/* All that comes before the name; then naming, in one piece for signals. */
static int finish(struct atomic_file *file, int (*name)(struct atomic_file *, struct err *), struct err *err)
{
	int done;

	if (keep_properties(file, err) < 0 || file_fsync(file->fd, err) < 0)
		return -1;
	tempfiles_hold_signals();
	done = name(file, err);
	tempfiles_release_signals();
	return done;
}

static int put_in_place(struct atomic_file *file, struct err *err)
{
	return finish(file, take_name, err) < 0 ? -1 : file_fsync_folder_of(file->target, err);
}

static int stage(struct atomic_file *file, struct err *err)
{
	if (!file->temp && name_it(file) < 0)
		return err_errno(err, errno, "cannot name the finished temporary file");
	tempfiles_forget(file->slot);
	file->slot = -1;
	return 0;
}

int atomic_file_stage(struct atomic_file *file, struct err *err)
{
	return finish(file, stage, err);
}

void atomic_file_unstage(struct atomic_file *file)
{
	if (file->temp && file->slot < 0)
		unlink(file->temp);
}

int atomic_file_commit(struct atomic_file **file, struct err *err)
{
	int result = put_in_place(*file, err);

	atomic_file_closep(file);
	return result;
}

void atomic_file_closep(struct atomic_file **file)
{
	struct atomic_file *f = *file;

	if (!f)
		return;
	if (f->slot >= 0) {
		tempfiles_hold_signals(); /* between the two calls the name could be somebody else's */
		unlink(f->temp);
		tempfiles_forget(f->slot);
		tempfiles_release_signals();
	}
	close_fdp(&f->fd);
	free(f->target);
	free(f->temp);
	free(f);
	*file = NULL;
}

int atomic_file_replace(const char *path, const void *data, size_t len, struct err *err)
{
	CLEANUP(atomic_file_closep) struct atomic_file *file = atomic_file_open(path, err);

	if (!file || atomic_file_write(file, data, len, err) < 0)
		return -1;
	return atomic_file_commit(&file, err);
}
