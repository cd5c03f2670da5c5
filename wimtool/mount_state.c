/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/mount_state.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/names.h"
#include "common/image/image_fs.h"
#include "wimtool/mount_record.h"

#define WAIT_STEPS 500 /* of 10 ms: a server ends within a few */

/* ---- where ---- */

static char *state_root(void)
{
	const char *own = getenv("GOLDWIM_STATE_DIR");
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (own && *own) {
		CLEANUP(freep) char *here = *own == '/' ? NULL : realpath(".", NULL); /* a server has another current folder */

		return here ? xasprintf("%s/%s/mounts", here, own) : xasprintf("%s/mounts", own);
	}
	if (xdg && *xdg == '/')
		return xasprintf("%s/goldwim/mounts", xdg);
	if (geteuid() == 0 || !home || *home != '/')
		return xasprintf("%s/goldwim/mounts", geteuid() == 0 ? "/var/lib" : "/var/tmp");
	return xasprintf("%s/.local/state/goldwim/mounts", home);
}

static int make_folders(const char *path, struct err *err)
{
	CLEANUP(freep) char *copy = xstrdup(path);

	for (char *slash = strchr(copy + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST) {
			err_errno(err, errno, "%s: no folder for what is known of mounts can be made", copy);
			return err_hint(err, "GOLDWIM_STATE_DIR names another place for it");
		}
		if (!slash)
			return 0;
		*slash = '/';
	}
}

/* Whoever can write there could have us remove or commit what he likes. */
static int check_owner(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(err, errno, "%s", path);
	if (st.st_uid == geteuid() && !(st.st_mode & 022))
		return 0;
	err_set(err, ERR_REFUSED, "%s: others may write into the folder of the mounts", path);
	return err_hint(err, "it must belong to you, with mode 0700; GOLDWIM_STATE_DIR names another");
}

const char *mount_origin(const struct mount_record *record)
{
	return record->by_user ? IMAGE_FS_ORIGIN_USER : IMAGE_FS_ORIGIN_TRUSTED;
}

int mount_record_new(struct mount_record *record, struct err *err)
{
	CLEANUP(freep) char *root = state_root();
	char *folder;

	if (make_folders(root, err) < 0 || check_owner(root, err) < 0)
		return -1;
	folder = path_join(root, "XXXXXX");
	if (!mkdtemp(folder)) {
		err_errno(err, errno, "%s", folder);
		free(folder);
		return -1;
	}
	record->folder = folder;
	return 0;
}

char *mount_path(const struct mount_record *record, const char *name)
{
	return path_join(record->folder, name);
}

char *mount_real_path(const char *path, struct err *err)
{
	CLEANUP(freep) char *plain = xstrdup(path);
	CLEANUP(freep) char *folder = NULL;
	CLEANUP(freep) char *real = NULL;
	char *whole;
	size_t len = strlen(plain);

	while (len > 1 && plain[len - 1] == '/')
		plain[--len] = '\0';
	whole = realpath(plain, NULL);
	if (whole)
		return whole;
	if (errno != ENOTCONN) {
		err_errno(err, errno, "cannot be reached");
		return NULL;
	}
	folder = path_folder(plain);
	real = realpath(folder, NULL);
	if (!real) {
		err_errno(err, errno, "cannot be reached");
		return NULL;
	}
	return path_join(real, path_name(plain));
}

/* ---- reading and removing ---- */

int mount_record_save(const struct mount_record *record, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(freep) char *path = mount_path(record, "mount.json");

	mount_record_write(record, &text);
	return atomic_file_replace(path, text.data, text.len, err) < 0 ? err_context(err, "%s", path) : 0;
}

void mount_record_release(struct mount_record *record)
{
	for (size_t i = 0; i < record->refs.len; i++)
		free((void *)(uintptr_t)record->refs.items[i]);
	free(record->refs.items);
	free(record->folder);
	free(record->wim);
	free(record->mountpoint);
	free(record->staging);
	free(record->scratch);
	*record = (struct mount_record){ 0 };
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED, struct FTW *where UNUSED)
{
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* Never into another file system: what is mounted below stays. The work folder of overlayfs has mode 0. */
int mount_remove_tree(const char *path, struct err *err)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_MOUNT | FTW_PHYS) < 0 && errno != ENOENT)
		return err_errno(err, errno, "%s: cannot be removed", path);
	return 0;
}

int mount_remove_broken(const char *folder, struct err *err)
{
	CLEANUP(freep) char *lower = path_join(folder, "lower");

	if (mount_is_mounted(lower, NULL))
		return err_set(err, ERR_BUSY, "%s: an image is mounted there", lower);
	return mount_remove_tree(folder, err);
}

char *mount_recovered_folder(struct err *err)
{
	CLEANUP(freep) char *root = state_root();
	CLEANUP(freep) char *folder = path_folder(root);

	if (make_folders(root, err) < 0 || check_owner(root, err) < 0)
		return NULL;
	return path_join(folder, "recovered");
}

bool mount_record_has_ended(const struct mount_record *record)
{
	CLEANUP(freep) char *mark = mount_path(record, "ended");

	return path_exists(mark);
}

/* The mark comes first: changes of which some are gone already must never be mounted or committed again. */
static int mark_ended(const struct mount_record *record, struct err *err)
{
	CLEANUP(freep) char *mark = mount_path(record, "ended");
	CLEANUP(close_fdp) int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? err_errno(err, errno, "%s", mark) : file_fsync_folder_of(mark, err);
}

int mount_record_remove(const struct mount_record *record, struct err *err)
{
	CLEANUP(freep) char *text = mount_path(record, "mount.json");

	/* the record of a read-only mount may be removed by its server at the same time */
	if (record->staging && (mark_ended(record, err) < 0 || mount_remove_tree(record->staging, err) < 0))
		return -1;
	/* the record before its mark */
	if (unlink(text) < 0 && errno != ENOENT)
		return err_errno(err, errno, "%s", text);
	return mount_remove_tree(record->folder, err);
}

static int load_record(const char *folder, struct mount_record *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(freep) char *path = path_join(folder, "mount.json");
	struct mount_record record = { .folder = xstrdup(folder) };

	if (file_read_all(path, MOUNT_RECORD_MAX, &text, err) < 0 ||
	    mount_record_parse(strbuf_text(&text), &record, err) < 0) {
		mount_record_release(&record);
		return err_context(err, "%s", path);
	}
	*ret = record;
	return 0;
}

static int by_start(const void *a, const void *b)
{
	uint64_t x = ((const struct mount_record *)a)->started, y = ((const struct mount_record *)b)->started;

	return x < y ? -1 : x > y;
}

int mount_records_load(struct mount_records *ret, struct err *err)
{
	CLEANUP(freep) char *root = state_root();
	CLEANUP(names_release) struct names names = { 0 };
	struct err own = { 0 };

	*ret = (struct mount_records){ 0 };
	if (names_of_folder(root, names_by_bytes, &names, &own) < 0) {
		if (own.kind == ERR_NOT_FOUND)
			return 0;
		if (err)
			*err = own;
		return err_context(err, "%s", root);
	}
	if (check_owner(root, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		CLEANUP(freep) char *folder = path_join(root, names.items[i]);
		struct mount_record record;

		if (names.items[i][0] == '.')
			continue;
		if (load_record(folder, &record, NULL) == 0)
			*vec_add(ret) = record;
		else
			*vec_add(&ret->broken) = xstrdup(folder);
	}
	if (ret->len)
		qsort(ret->items, ret->len, sizeof(*ret->items), by_start);
	return 0;
}

void mount_records_release(struct mount_records *records)
{
	for (size_t i = 0; i < records->len; i++)
		mount_record_release(&records->items[i]);
	for (size_t i = 0; i < records->broken.len; i++)
		free(records->broken.items[i]);
	vec_release(&records->broken);
	free(records->items);
	*records = (struct mount_records){ 0 };
}

struct mount_record *mount_records_find(struct mount_records *records, const char *mountpoint, struct err *err)
{
	for (size_t i = records->len; i > 0; i--)
		if (strcmp(records->items[i - 1].mountpoint, mountpoint) == 0)
			return &records->items[i - 1];
	err_set(err, ERR_NOT_FOUND, "no image is mounted here");
	err_hint(err, "wimtool mounts lists the mounts there are");
	return NULL;
}

/* ---- locks ---- */

static int open_lock(const struct mount_record *record, const char *name)
{
	CLEANUP(freep) char *path = mount_path(record, name);

	return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static int busy(int fd, struct err *err)
{
	close(fd);
	return err_set(err, ERR_BUSY, "another command is at work on this mount");
}

/* A lock of this process alone: a server that it starts does not inherit it. */
int mount_lock(const struct mount_record *record, struct err *err)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_lock(record, "lock");

	if (fd < 0)
		return err_errno(err, errno, "%s/lock", record->folder);
	return fcntl(fd, F_SETLK, &whole) == 0 ? fd : busy(fd, err);
}

/* A lock of the open file, which lives as long as any process has it. */
int mount_lock_server(const struct mount_record *record, struct err *err)
{
	int fd = open_lock(record, "server");

	if (fd < 0)
		return err_errno(err, errno, "%s/server", record->folder);
	return flock(fd, LOCK_EX | LOCK_NB) == 0 ? fd : busy(fd, err);
}

bool mount_server_lives(const struct mount_record *record)
{
	CLEANUP(freep) char *path = mount_path(record, "server");
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;
}

bool mount_wait_for_end(const struct mount_record *record)
{
	for (int i = 0; i < WAIT_STEPS; i++) {
		if (!mount_server_lives(record))
			return true;
		usleep(10000);
	}
	return false;
}

/* ---- what the kernel says ---- */

/* Turns \040 and the like back into characters. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		unsigned code;

		if (*from == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
			*to = (char)code;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* The fields of /proc/self/mountinfo: "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw". */
static bool match_line(char *line, const char *path, char **type)
{
	char *saved;
	char *field = strtok_r(line, " ", &saved);
	bool here;

	for (int i = 0; field && i < 4; i++)
		field = strtok_r(NULL, " ", &saved);
	if (!field)
		return false;
	unescape(field);
	here = strcmp(field, path) == 0;
	while (here && field && strcmp(field, "-") != 0)
		field = strtok_r(NULL, " ", &saved);
	field = here ? strtok_r(NULL, " \n", &saved) : NULL;
	if (field && type) {
		free(*type);
		*type = xstrdup(field);
	}
	return here;
}

bool mount_is_mounted(const char *path, char **type)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	CLEANUP(freep) char *line = NULL;
	size_t cap = 0;
	bool found = false;

	if (type)
		*type = NULL;
	while (file && getline(&line, &cap, file) > 0)
		found |= match_line(line, path, type);
	if (file)
		fclose(file);
	return found;
}

/* ---- status ---- */

/* Is the image still in the WIM as the record knows it? A server that lives has the file open and needs no WIM. */
static int check_wim(const struct mount_record *record, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open(record->wim, err);

	if (!file)
		return err_context(err, "%s", record->wim);
	if (record->writable)
		return 0;
	if (record->image > file->blobs.n_metadata ||
	    memcmp(file->blobs.metadata[record->image - 1].hash, record->base, MOUNT_HASH_LEN) != 0)
		return err_set(err, ERR_REFUSED, "%s: image %u is not the one that was mounted", record->wim,
			       record->image);
	return 0;
}

static int check_staging(const struct mount_record *record, struct err *err)
{
	CLEANUP(freep) char *upper = record->staging ? path_join(record->staging, "upper") : NULL;
	CLEANUP(freep) char *base = mount_path(record, "base");

	if (mount_record_has_ended(record))
		return err_set(err, ERR_NOT_FOUND, "it has ended, and what is left of it waits for wimtool clean");
	if (!record->writable)
		return 0;
	if (!path_is_dir(upper))
		return err_set(err, ERR_NOT_FOUND, "the folder of the changes is gone: %s", upper);
	return path_exists(base) ? 0 : err_set(err, ERR_NOT_FOUND, "the list of files is gone: %s", base);
}

enum mount_status mount_status(const struct mount_record *record, struct err *why)
{
	bool lives = mount_server_lives(record);
	CLEANUP(freep) char *lower = mount_path(record, "lower");

	if (check_staging(record, why) < 0 || (!lives && check_wim(record, why) < 0))
		return MOUNT_INVALID;
	if (!lives) {
		err_set(why, ERR_IO, "its server has ended");
		return MOUNT_NEEDS_REMOUNT;
	}
	if (!mount_is_mounted(record->mountpoint, NULL) || (record->writable && !mount_is_mounted(lower, NULL))) {
		err_set(why, ERR_IO, "it was unmounted by another program");
		return MOUNT_NEEDS_REMOUNT;
	}
	return MOUNT_OK;
}

const char *mount_status_name(enum mount_status status)
{
	static const char *const names[] = {
		[MOUNT_OK] = "ok",
		[MOUNT_NEEDS_REMOUNT] = "needs-remount",
		[MOUNT_INVALID] = "invalid",
	};

	return names[status];
}
