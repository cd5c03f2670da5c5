/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/session_mount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/image/image.h"
#include "common/image/session.h"
#include "common/image/session_core.h"

/* Attributes of the root of a mount, set by libwim's server. */
#define XATTR_WIM "wimfs.wim_filename"
#define XATTR_INDEX "wimfs.mounted_image"
#define XATTR_FLAGS "wimfs.mount_flags"

#define SERVER_MESSAGES_MAX 4096 /* of what libfuse and libwim say on failure */

extern char **environ;

static int need_fuse_device(struct err *err)
{
	CLEANUP(close_fdp) int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return 0;
	if (errno == EACCES || errno == EPERM)
		err_errno(err, errno, "mounting needs /dev/fuse");
	else
		err_set(err, ERR_UNSUPPORTED, "mounting needs /dev/fuse, which is not here");
	return err_hint(err, "wimtool extract and wimtool update work without a mount");
}

static bool is_our_mount(const char *folder)
{
	return getxattr(folder, XATTR_WIM, NULL, 0) >= 0;
}

static int need_no_entries(const char *folder, struct err *err)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	bool empty = true;

	if (!dir)
		return err_errno(err, errno, "cannot read the mount point");
	while (empty && (entry = readdir(dir)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(dir);
	if (empty)
		return 0;
	err_set(err, ERR_REFUSED, "the mount point is not empty");
	return err_hint(err, "mount on an empty folder");
}

static int dead_mount(const char *folder, struct err *err)
{
	err_set(err, ERR_BUSY, "a mount is left here whose server has died; changes that were not committed are lost");
	return err_hint(err, "wimtool unmount --force %s clears it", folder);
}

static int check_mount_point(const char *folder, struct err *err)
{
	struct stat st;

	if (stat(folder, &st) < 0)
		return errno == ENOTCONN ? dead_mount(folder, err) : err_errno(err, errno, "cannot mount here");
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_REFUSED, "cannot mount here: is not a folder");
	if (is_our_mount(folder)) {
		err_set(err, ERR_BUSY, "an image is mounted here already");
		return err_hint(err, "wimtool unmount %s", folder);
	}
	return need_no_entries(folder, err);
}

/* Reads the metadata of the image, so that libwim meets no sizes that ours would refuse. */
static int check_image(const struct session_mount *r, unsigned *ret_index, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open(r->wim, err);
	struct image_entry root;

	if (!file || image_select(file, r->image, ret_index, err) < 0 ||
	    image_stat(file, *ret_index, "/", &root, err) < 0)
		return err_context(err, "%s", r->wim);
	return 0;
}

static int mount_flags(const struct session_mount *r)
{
	static const int streams[] = {
		[SESSION_STREAMS_XATTR] = WIMLIB_MOUNT_FLAG_STREAM_INTERFACE_XATTR,
		[SESSION_STREAMS_NONE] = WIMLIB_MOUNT_FLAG_STREAM_INTERFACE_NONE,
		[SESSION_STREAMS_WINDOWS] = WIMLIB_MOUNT_FLAG_STREAM_INTERFACE_WINDOWS,
	};
	int flags = streams[r->streams];

	if (r->writable)
		flags |= WIMLIB_MOUNT_FLAG_READWRITE;
	if (r->unix_data)
		flags |= WIMLIB_MOUNT_FLAG_UNIX_DATA;
	if (r->allow_other)
		flags |= WIMLIB_MOUNT_FLAG_ALLOW_OTHER;
	return flags;
}

/* Beside the WIM, as libwim would have it, a killed server leaves litter in the user's folders. */
static const char *staging_folder(const struct session_mount *r)
{
	const char *folder = r->staging ? r->staging : getenv("TMPDIR");

	return folder && *folder ? folder : "/var/tmp";
}

/* libfuse sets its own handlers only where none are; with ours a signal would leave a dead mount. */
static void usual_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_DFL);
}

/* Returns only when there was no mount: libfuse ends this process and goes on in a child of it. */
static void serve(const struct session_mount *r, unsigned index, struct err *err)
{
	struct session s = SESSION_INIT;
	unsigned mode = (r->writable ? SESSION_WRITE : 0) | (r->check ? SESSION_CHECK : 0);
	pid_t self = getpid();
	int code;

	if (session_begin(&s, NULL, "mount", false, err) < 0)
		return;
	/* Not the log in memory of session_begin: it would grow as long as the server lives. */
	wimlib_set_error_file(stderr);
	wimlib_set_default_compression_level(WIMLIB_COMPRESSION_TYPE_LZX, SESSION_LZX_LEVEL);
	if (session_open(&s, r->wim, mode, err) < 0 || session_add_refs(&s, r->refs, err) < 0)
		return;
	code = wimlib_mount_image(s.wim, (int)index, r->folder, mount_flags(r), staging_folder(r));
	if (getpid() != self)
		_exit(0);
	session_fail(&s, code, "cannot mount the image", r->wim, err);
}

static _Noreturn void server_process(const struct session_mount *r, unsigned index, int messages, int reply)
{
	struct err err = { 0 };
	ssize_t written;

	usual_signals();
	dup2(messages, STDERR_FILENO);
	serve(r, index, &err);
	fflush(stderr);
	written = write(reply, &err, sizeof(err));
	_exit(written == (ssize_t)sizeof(err) ? 1 : 2);
}

/* The first line that the server printed, without the marks of libwim. */
static void add_server_message(int messages, struct err *err)
{
	char text[SERVER_MESSAGES_MAX];
	ssize_t n = pread(messages, text, sizeof(text) - 1, 0);
	const char *line = text;
	size_t len;

	if (!err || n <= 0)
		return;
	text[n] = '\0';
	line += strspn(line, "\r\n");
	if (strncmp(line, "[ERROR] ", 8) == 0)
		line += 8;
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %.*s", (int)strcspn(line, "\r\n"), line);
}

static int wait_for_server(pid_t pid, int messages, int reply, struct err *err)
{
	struct err why;
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, errno, "cannot wait for the mount");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (read(reply, &why, sizeof(why)) != (ssize_t)sizeof(why))
		err_set(&why, ERR_IO, "the mount ended without a word");
	add_server_message(messages, &why);
	if (err)
		*err = why;
	return -1;
}

static int start_server(const struct session_mount *r, unsigned index, struct err *err)
{
	CLEANUP(close_fdp) int messages = memfd_create("mount-messages", MFD_CLOEXEC);
	CLEANUP(close_fdp) int reply = -1;
	int ends[2];
	pid_t pid;

	/* The server inherits the writing end, so the reading end must not wait for it to close. */
	if (messages < 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_errno(err, errno, "cannot start the mount");
	reply = ends[0];
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		server_process(r, index, messages, ends[1]);
	close(ends[1]);
	if (pid < 0)
		return err_errno(err, errno, "cannot start the mount");
	return wait_for_server(pid, messages, reply, err);
}

int session_mount(const struct session_mount *r, unsigned *ret_index, struct err *err)
{
	unsigned index = 0;

	if (check_image(r, &index, err) < 0)
		return -1;
	if (need_fuse_device(err) < 0)
		return err_context(err, "%s", r->wim);
	if (check_mount_point(r->folder, err) < 0)
		return err_context(err, "%s", r->folder);
	if (start_server(r, index, err) < 0)
		return -1;
	if (!is_our_mount(r->folder)) {
		err_set(err, ERR_IO, "the server started but the image is not there");
		return err_context(err, "%s", r->folder);
	}
	*ret_index = index;
	return 0;
}

static int run_fusermount(const char *program, const char *folder)
{
	char *const argv[] = { (char *)program, (char *)"-u", (char *)"-z", (char *)"--", (char *)folder, NULL };
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, program, NULL, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int clear_dead_mount(const char *folder, struct err *err)
{
	int why;

	if (umount2(folder, MNT_DETACH) == 0)
		return 0;
	why = errno;
	if (run_fusermount("fusermount3", folder) == 0 || run_fusermount("fusermount", folder) == 0)
		return 0;
	return err_errno(err, why, "cannot clear the dead mount");
}

static uint32_t read_xattr32(const char *folder, const char *name)
{
	uint8_t raw[4];

	return getxattr(folder, name, raw, sizeof(raw)) == (ssize_t)sizeof(raw) ? load_le32(raw) : 0;
}

/* Also says whether the server is dead, by one call, since it may be dying just now. */
static int look_at_mount(const char *folder, struct session_unmounted *ret, struct err *err)
{
	char wim[4096];
	ssize_t len = getxattr(folder, XATTR_WIM, wim, sizeof(wim) - 1);

	if (len < 0 && errno == ENOTCONN) {
		ret->was_dead = true;
		return 0;
	}
	if (len < 0 && errno != ENODATA && errno != ENOTSUP)
		return err_errno(err, errno, "cannot unmount");
	if (len < 0) {
		err_set(err, ERR_NOT_FOUND, "no image is mounted here");
		return err_hint(err, "give the folder that was named when mounting");
	}
	ret->wim = xstrndup(wim, (size_t)len);
	ret->index = read_xattr32(folder, XATTR_INDEX);
	ret->was_writable = read_xattr32(folder, XATTR_FLAGS) & WIMLIB_MOUNT_FLAG_READWRITE;
	return 0;
}

static int unmount_flags(const struct session_unmount *r)
{
	int flags = 0;

	if (r->commit)
		flags |= WIMLIB_UNMOUNT_FLAG_COMMIT;
	if (r->commit && r->new_image)
		flags |= WIMLIB_UNMOUNT_FLAG_NEW_IMAGE;
	if (r->force)
		flags |= WIMLIB_UNMOUNT_FLAG_FORCE;
	if (r->rebuild)
		flags |= WIMLIB_UNMOUNT_FLAG_REBUILD;
	if (r->check)
		flags |= WIMLIB_UNMOUNT_FLAG_CHECK_INTEGRITY;
	return flags;
}

/* A commit is not cancelled: the server would go on without us, and nobody would hear how it ended. */
static enum wimlib_progress_status show_commit(enum wimlib_progress_msg msg, union wimlib_progress_info *info,
					       void *context)
{
	session_on_progress(msg, info, context);
	return WIMLIB_PROGRESS_STATUS_CONTINUE;
}

/* libwim does not do it when it commits from a mount. */
static int write_through(const char *wim, struct err *err)
{
	CLEANUP(close_fdp) int fd = file_open_read(wim, err);

	if (fd < 0 || file_fsync(fd, err) < 0)
		return err_context(err, "%s", wim);
	return 0;
}

static int unmount(const struct session_unmount *r, const struct cli *cli, struct session_unmounted *ret,
		   struct err *err)
{
	CLEANUP(session_end) struct session s = SESSION_INIT;
	bool commit = r->commit && ret->was_writable;
	int code;

	if (session_begin(&s, cli, commit ? "commit" : "unmount", true, err) < 0)
		return -1;
	code = wimlib_unmount_image_with_progress(r->folder, unmount_flags(r), show_commit, &s);
	if (code)
		return session_fail(&s, code, "cannot unmount", r->folder, err);
	return commit ? write_through(ret->wim, err) : 0;
}

int session_unmount(const struct session_unmount *r, const struct cli *cli, struct session_unmounted *ret,
		    struct err *err)
{
	struct session_unmounted found = { 0 };
	int result = look_at_mount(r->folder, &found, err);

	if (found.was_dead)
		result = r->force ? clear_dead_mount(r->folder, err) : dead_mount(r->folder, err);
	if (result < 0)
		return err_context(err, "%s", r->folder);
	if (!found.was_dead && unmount(r, cli, &found, err) < 0) {
		free(found.wim);
		return -1;
	}
	*ret = found;
	return 0;
}
