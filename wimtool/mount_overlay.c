/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/mount_overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/file.h"

extern char **environ;

/* What programs print here the user has no use for: we say what failed. */
static int run_quietly(char *const argv[])
{
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t pid;
	int code;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&actions, 3); /* fuse-overlayfs stays */
	code = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (code != 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* ---- preparing ---- */

static bool holds_user_xattrs(const char *folder)
{
	static const char name[] = "user.goldwim.test";

	if (setxattr(folder, name, "1", 1, 0) < 0)
		return false;
	removexattr(folder, name);
	return true;
}

int mount_overlay_prepare(struct mount_record *record, struct err *err)
{
	CLEANUP(freep) char *upper = path_join(record->staging, "upper");
	CLEANUP(freep) char *work = path_join(record->staging, "work");
	CLEANUP(freep) char *lower = mount_path(record, "lower");

	if (mkdir(upper, 0700) < 0 || mkdir(work, 0700) < 0)
		return err_errno(err, errno, "%s", record->staging);
	if (mkdir(lower, 0700) < 0)
		return err_errno(err, errno, "%s", lower);
	record->keeps_xattrs = holds_user_xattrs(upper);
	if (!record->by_user || record->keeps_xattrs)
		return 0;
	err_set(err, ERR_UNSUPPORTED, "%s: its file system holds no attributes of users", record->staging);
	return err_hint(err, "name another folder with --staging-dir: on ext4, xfs or btrfs, or tmpfs since Linux 6.6");
}

/*
 * Overlayfs lets everybody in whom the modes let in. Where these are not those of the image, the root is for its owner
 * alone.
 */
static mode_t root_mode(const struct mount_record *record, mode_t mode)
{
	return mode & (record->allow_other || record->unix_data ? 07777 : 0700);
}

/* The root of both layers together has the mode, owner and time of the upper folder. Done once, when it is new. */
static int take_over_root(const struct mount_record *record, const char *lower, const char *upper, const char *work,
			  struct err *err)
{
	CLEANUP(freep) char *used = path_join(work, "work");
	struct stat st;

	if (path_exists(used))
		return 0;
	if (stat(lower, &st) < 0)
		return err_errno(err, errno, "%s", lower);

	struct timespec times[2] = { st.st_atim, st.st_mtim };

	if ((geteuid() == 0 && chown(upper, st.st_uid, st.st_gid) < 0) ||
	    chmod(upper, root_mode(record, st.st_mode)) < 0 || utimensat(AT_FDCWD, upper, times, 0) < 0)
		return err_errno(err, errno, "%s", upper);
	return 0;
}

/* ---- overlayfs of the kernel ---- */

struct layers {
	int fds[3]; /* kept open while paths of /proc/self/fd stand for them */
	char *paths[3];
};

static void layers_release(struct layers *layers)
{
	for (size_t i = 0; i < ARRAY_SIZE(layers->fds); i++) {
		close_fdp(&layers->fds[i]);
		free(layers->paths[i]);
	}
}

/* Characters that mean something in the options are avoided by a path that has none. */
static int name_layer(struct layers *layers, size_t i, const char *folder, const char *name, struct err *err)
{
	layers->paths[i] = path_join(folder, name);
	if (!strpbrk(layers->paths[i], ",:\\\""))
		return 0;
	layers->fds[i] = open(layers->paths[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (layers->fds[i] < 0)
		return err_errno(err, errno, "%s", layers->paths[i]);
	free(layers->paths[i]);
	layers->paths[i] = xasprintf("/proc/self/fd/%d", layers->fds[i]);
	return 0;
}

/*
 * No redirects and no copies of metadata alone, so that the upper folder says all. No index: with it, overlayfs finds
 * the entry below a changed one by its number, and from Linux 6.16 on takes what FUSE finds so for stale.
 */
static int mount_kernel(const struct mount_record *record, const struct layers *layers)
{
	CLEANUP(freep) char *options =
		xasprintf("lowerdir=%s,upperdir=%s,workdir=%s,index=off,redirect_dir=off,metacopy=off,xino=off",
			  layers->paths[0], layers->paths[1], layers->paths[2]);

	return mount("overlay", record->mountpoint, "overlay", MS_NOSUID | MS_NODEV, options);
}

static int mount_by_fuse(struct mount_record *record, const struct layers *layers)
{
	CLEANUP(freep) char *options = xasprintf("lowerdir=%s,upperdir=%s,workdir=%s", layers->paths[0],
						 layers->paths[1], layers->paths[2]);
	char *const argv[] = { (char *)"fuse-overlayfs", (char *)"-o", options, record->mountpoint, NULL };

	record->by_fuse = run_quietly(argv) == 0;
	return record->by_fuse ? 0 : -1;
}

/* fuse-overlayfs is another program, for which the paths of our own files mean nothing. */
static bool has_odd_path(const struct layers *layers)
{
	for (size_t i = 0; i < ARRAY_SIZE(layers->fds); i++)
		if (layers->fds[i] >= 0)
			return true;
	return false;
}

static int no_overlay(int why, const struct mount_record *record, const struct layers *layers, struct err *err)
{
	if (why == EPERM && has_odd_path(layers)) {
		err_set(err, ERR_UNSUPPORTED, "%s: fuse-overlayfs takes no path with , : \\ or \"", record->folder);
		return err_hint(err, "GOLDWIM_STATE_DIR and --staging-dir name other folders");
	}
	if (why == EPERM) {
		err_set(err, ERR_PERMISSION, "mounting for changes needs root, or the program fuse-overlayfs");
		return err_hint(err, "wimtool update changes files of an image without a mount");
	}
	err_errno(err, why, "the kernel does not put an overlay over %s", record->staging);
	return err_hint(err, "--staging-dir must be on a file system with extended attributes: ext4, xfs, btrfs, tmpfs");
}

int mount_overlay_start(struct mount_record *record, struct err *err)
{
	CLEANUP(layers_release) struct layers layers = { .fds = { -1, -1, -1 } };
	CLEANUP(freep) char *lower = mount_path(record, "lower");
	CLEANUP(freep) char *upper = path_join(record->staging, "upper");
	CLEANUP(freep) char *work = path_join(record->staging, "work");
	int why;

	if (take_over_root(record, lower, upper, work, err) < 0 || name_layer(&layers, 0, record->folder, "lower", err) < 0 ||
	    name_layer(&layers, 1, record->staging, "upper", err) < 0 ||
	    name_layer(&layers, 2, record->staging, "work", err) < 0)
		return -1;
	record->by_fuse = false;
	if (mount_kernel(record, &layers) == 0)
		return 0;
	why = errno;
	return !has_odd_path(&layers) && mount_by_fuse(record, &layers) == 0 ? 0 : no_overlay(why, record, &layers, err);
}

/* ---- unmounting ---- */

int mount_take_away(const char *path, bool lazy, struct err *err)
{
	char *const argv[] = { (char *)"fusermount3", (char *)"-u", (char *)(lazy ? "-qz" : "-q"), (char *)"--",
			       (char *)(uintptr_t)path, NULL };
	int why;

	if (umount2(path, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) == 0)
		return 0;
	why = errno;
	if (why == EPERM && run_quietly(argv) == 0)
		return 0;
	if (why != EPERM && why != EBUSY)
		return err_errno(err, why, "cannot be unmounted");
	err_set(err, ERR_BUSY, "files are open there, or somebody's current folder is there");
	return err_hint(err, "end those programs (fuser -vm %s shows them), or unmount with --force", path);
}
