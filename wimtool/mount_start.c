/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/mount_start.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/base/names.h"
#include "common/base/utf16.h"
#include "common/image/image_fs.h"
#include "common/image/wim_integrity.h"
#include "wimtool/mount_loop.h"
#include "wimtool/mount_overlay.h"
#include "wimtool/mount_server.h"

/* ---- before anything is changed ---- */

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

static int need_no_entries(const char *folder, struct err *err)
{
	CLEANUP(names_release) struct names names = { 0 };

	if (names_of_folder(folder, NULL, &names, err) < 0)
		return err_context(err, "the mount point");
	if (!names.len)
		return 0;
	err_set(err, ERR_REFUSED, "the mount point is not empty");
	return err_hint(err, "mount on an empty folder");
}

static int check_records(const char *folder, const char *real, struct err *err)
{
	struct mount_records records = { 0 };
	const struct mount_record *record;
	int done = 0;

	if (mount_records_load(&records, err) < 0)
		return -1;
	record = mount_records_find(&records, real, NULL);
	if (record) {
		bool ok = mount_status(record, NULL) == MOUNT_OK;

		done = err_set(err, ERR_BUSY, ok ? "an image is mounted here already" :
					      "a mount is left here whose server has ended");
		err_hint(err, ok ? "wimtool unmount %s" : "wimtool remount or wimtool unmount %s", folder);
	}
	mount_records_release(&records);
	return done;
}

static int check_mount_point(const char *folder, const char *real, struct err *err)
{
	struct stat st;

	if (check_records(folder, real, err) < 0)
		return -1;
	if (stat(folder, &st) < 0 && errno == ENOTCONN) {
		err_set(err, ERR_BUSY, "a mount of another program is left here whose server has died");
		return err_hint(err, "wimtool unmount --force %s clears it", folder);
	}
	if (stat(folder, &st) < 0)
		return err_errno(err, errno, "cannot mount here");
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_REFUSED, "cannot mount here: is not a folder");
	if (mount_is_mounted(real, NULL))
		return err_set(err, ERR_BUSY, "another program has mounted something here");
	return need_no_entries(folder, err);
}

/* ---- the server ---- */

/* libfuse sets its own handlers only where none are; with ours a signal would leave a dead mount. */
static void usual_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_DFL);
}

static void log_damage(void *context UNUSED, const char *path, const char *why)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	char now[FILETIME_TEXT_LEN + 8];

	strbuf_addf(&line, "%s ", filetime_format(filetime_now(), now));
	text_show(path, strlen(path), &line);
	strbuf_addf(&line, ": %s\n", why);
	(void)!write(STDERR_FILENO, line.data, line.len);
}

static void tell_ready(void *context)
{
	int *reply = context;
	struct err none = { 0 };

	(void)!write(*reply, &none, sizeof(none));
	close_fdp(reply);
}

/* What the caller has open without a mark is not ours: the lock of a script would be held as long as the mount. */
static void close_inherited(void)
{
	CLEANUP(names_release) struct names names = { 0 };

	if (names_of_folder("/proc/self/fd", NULL, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.len; i++) {
		int fd = atoi(names.items[i]);
		int flags = fd > STDERR_FILENO ? fcntl(fd, F_GETFD) : -1;

		if (flags >= 0 && !(flags & FD_CLOEXEC))
			close(fd);
	}
}

/* Nothing of the caller's stays open: a pipe of it would never end. */
static void leave_caller(const struct mount_record *record)
{
	CLEANUP(freep) char *path = mount_path(record, "log");
	int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	(void)!chdir("/");
	dup2(nothing, STDIN_FILENO);
	dup2(nothing, STDOUT_FILENO);
	dup2(log >= 0 ? log : nothing, STDERR_FILENO);
	close_fdp(&log);
	if (nothing > STDERR_FILENO)
		close(nothing);
	close_inherited();
}

/* The record of a read-only mount is of no use when it ended well; that of changes is. */
static void forget_if_reading(const struct mount_record *record)
{
	if (!record->writable)
		(void)mount_record_remove(record, NULL);
}

static _Noreturn void server_process(struct image_fs *fs, const struct mount_record *record, int reply)
{
	CLEANUP(freep) char *lower = mount_path(record, "lower");
	struct err err = { 0 };
	const struct mount_server server = {
		.fs = fs,
		.source = record->wim,
		.folder = record->writable ? lower : record->mountpoint,
		.allow_other = record->allow_other,
		.ready = tell_ready,
		.context = &reply,
	};
	int done;

	usual_signals();
	leave_caller(record);
	done = mount_server_run(&server, &err);
	if (reply >= 0)
		(void)!write(reply, &err, sizeof(err));
	else
		forget_if_reading(record);
	_exit(done == 0 ? 0 : 1);
}

static struct image_fs *open_fs(const struct mount_record *record, struct image_file *file, struct wim_tree *tree,
				struct err *err)
{
	const char *scratch = record->scratch ? record->scratch : record->staging;
	const char *tmp = getenv("TMPDIR");
	mode_t mask = umask(022);

	umask(mask);
	return image_fs_open(file, record->image, tree, &(struct image_fs_options){
		.link_root = record->mountpoint,
		.scratch = scratch ? scratch : tmp && *tmp ? tmp : "/var/tmp",
		.cache_bytes = record->cache_bytes,
		.streams = (enum image_fs_streams)record->streams,
		.unix_data = record->unix_data,
		.ignore_case = record->ignore_case,
		.origin = record->writable ? mount_origin(record) : NULL,
		.uid = geteuid(),
		.gid = getegid(),
		.umask = mask,
		.damaged = log_damage,
		.slow = mount_loop_pass_turn,
	}, err);
}

/* Waits until the server has mounted or says why it has not. */
static int hear(int reply, struct err *err)
{
	struct err why;
	ssize_t n;

	do
		n = read(reply, &why, sizeof(why));
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(why))
		return err_set(err, ERR_IO, "the server ended without a word");
	if (why.kind == ERR_NONE)
		return 0;
	if (err)
		*err = why;
	return -1;
}

/* Takes fs over. The lock on the record goes to the server. */
static int start_server(struct image_fs *fs, struct mount_record *record, struct err *err)
{
	CLEANUP(close_fdp) int lock = mount_lock_server(record, err);
	CLEANUP(close_fdp) int hearing = -1;
	int ends[2] = { -1, -1 };
	int done = -1;
	pid_t pid = -1;

	if (lock >= 0 && pipe2(ends, O_CLOEXEC) == 0) {
		fflush(NULL);
		pid = fork();
		if (pid == 0) {
			close(ends[0]);
			server_process(fs, record, ends[1]);
		}
		hearing = ends[0];
		close(ends[1]);
	}
	if (pid > 0) {
		record->server = pid;
		done = hear(hearing, err);
	} else if (lock >= 0) {
		err_errno(err, errno, "cannot start the server");
	}
	if (pid > 0 && done < 0)
		waitpid(pid, NULL, 0);
	image_fs_closep(&fs);
	return done;
}

/* ---- both layers ---- */

static void stop(const struct mount_record *record)
{
	CLEANUP(freep) char *lower = mount_path(record, "lower");

	if (record->writable)
		(void)mount_take_away(lower, true, NULL);
	else
		(void)mount_take_away(record->mountpoint, true, NULL);
	(void)mount_wait_for_end(record);
}

static int see_image(const char *folder, struct err *err)
{
	struct stat st;

	if (stat(folder, &st) < 0)
		return err_errno(err, errno, "the server started but the image is not there");
	mount_server_read_ahead(folder);
	return 0;
}

static int show(struct image_fs *fs, struct mount_record *record, struct err *err)
{
	CLEANUP(freep) char *lower = mount_path(record, "lower");

	if (start_server(fs, record, err) < 0)
		return -1;
	if (see_image(record->writable ? lower : record->mountpoint, err) == 0 &&
	    (!record->writable || mount_overlay_start(record, err) == 0) && mount_record_save(record, err) == 0)
		return 0;
	stop(record);
	return -1;
}

/* ---- a new one ---- */

static int fill_staging(struct mount_record *record, struct err *err)
{
	if (!record->writable)
		return 0;
	if (!record->scratch) {
		record->staging = mount_path(record, "staging");
		return mkdir(record->staging, 0700) < 0 ? err_errno(err, errno, "%s", record->staging) : 0;
	}
	record->staging = path_join(record->scratch, "goldwim-XXXXXX");
	if (mkdtemp(record->staging))
		return 0;
	err_errno(err, errno, "--staging-dir=%s", record->scratch);
	free(record->staging);
	record->staging = NULL;
	return -1;
}

static int save_base(const struct mount_record *record, const struct wim_tree *tree, struct err *err)
{
	CLEANUP(freep) char *path = mount_path(record, "base");

	assert(tree); /* what is mounted for changes has been read */
	return atomic_file_replace(path, tree->data.data, tree->data.len, err);
}

/* Changes of one image in two places could not both be committed; nor while another program is writing. */
static int check_alone(const struct mount_record *record, struct err *err)
{
	struct mount_records records = { 0 };
	int fd;
	int done = 0;

	if (mount_records_load(&records, err) < 0)
		return -1;
	for (size_t i = 0; i < records.len && done == 0; i++) {
		const struct mount_record *other = &records.items[i];

		if (other->writable && other->image == record->image && strcmp(other->wim, record->wim) == 0)
			done = err_set(err, ERR_BUSY, "image %u is mounted for changes on %s already", record->image,
				       other->mountpoint);
	}
	mount_records_release(&records);
	if (done < 0)
		return -1;
	fd = image_open_locked(record->wim, err);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/* A remount may come from another folder. */
static int keep_refs(const struct cli_list *refs, struct mount_record *record, struct err *err)
{
	CLEANUP(freep) char *here = realpath(".", NULL);

	for (size_t i = 0; i < refs->len; i++) {
		const char *pattern = refs->items[i];

		if (!here && *pattern != '/')
			return err_errno(err, errno, "the current folder");
		cli_list_add(&record->refs, *pattern == '/' ? xstrdup(pattern) : path_join(here, pattern));
	}
	return 0;
}

static int find_scratch(const char *folder, struct mount_record *record, struct err *err)
{
	if (!folder)
		return 0;
	record->scratch = realpath(folder, NULL);
	if (!record->scratch)
		return err_errno(err, errno, "--staging-dir=%s", folder);
	if (!text_is_utf8(record->scratch, strlen(record->scratch)))
		return err_set(err, ERR_UNSUPPORTED, "--staging-dir=%s: is no UTF-8", folder);
	return path_is_dir(record->scratch) ? 0 : err_set(err, ERR_REFUSED, "--staging-dir=%s: is no folder", folder);
}

static int fill_record(const struct mount_request *r, struct image_file *file, struct mount_record *record,
		       struct err *err)
{
	record->wim = realpath(r->wim, NULL);
	record->mountpoint = mount_real_path(r->folder, err);
	if (!record->wim || !record->mountpoint)
		return record->wim ? err_context(err, "%s", r->folder) : err_errno(err, errno, "%s", r->wim);
	if (!text_is_utf8(record->wim, strlen(record->wim)) ||
	    !text_is_utf8(record->mountpoint, strlen(record->mountpoint)))
		return err_set(err, ERR_UNSUPPORTED, "paths that are no UTF-8 cannot be kept in the record of the mount");
	if (find_scratch(r->staging, record, err) < 0)
		return -1;
	if (check_mount_point(r->folder, record->mountpoint, err) < 0)
		return err_context(err, "%s", r->folder);
	if (image_select(file, r->image, &record->image, err) < 0)
		return err_context(err, "%s", r->wim);
	if (r->writable && check_alone(record, err) < 0)
		return err_context(err, "%s", r->wim);
	record->guid = file->header.guid;
	record->writable = r->writable;
	record->by_user = geteuid() != 0;
	record->unix_data = r->unix_data;
	record->ignore_case = r->ignore_case;
	record->allow_other = r->allow_other;
	record->streams = r->streams;
	record->cache_bytes = r->cache_bytes;
	record->started = filetime_now();
	return keep_refs(r->refs, record, err);
}

static int check_integrity(const struct image_file *file, struct err *err)
{
	if (wim_integrity_compare(file->fd, file->file_bytes, &file->header, err) < 0)
		return -1;
	for (size_t i = 1; i < file->n_parts; i++)
		if (wim_integrity_compare(file->parts[i].fd, file->parts[i].file_bytes, &file->parts[i].header, err) < 0)
			return -1;
	return 0;
}

static int prepare(const struct mount_request *r, struct image_file **file, struct wim_tree **tree,
		   struct mount_record *record, struct err *err)
{
	*file = image_file_open_parts(r->wim, r->refs->items, r->refs->len, err);
	if (!*file)
		return -1;
	if (!image_is_whole(*file)) {
		err_set(err, ERR_NOT_FOUND, "%s: other parts of this split WIM are wanted", r->wim);
		return err_hint(err, "name them: --ref='install*.swm'");
	}
	if (r->check && check_integrity(*file, err) < 0)
		return err_context(err, "%s", r->wim);
	if (r->writable && image_check_can_change(*file, err) < 0)
		return err_context(err, "%s", r->wim);
	if (fill_record(r, *file, record, err) < 0)
		return -1;
	*tree = image_load_tree((*file)->reader, *file, record->image, err);
	if (!*tree)
		return err_context(err, "%s", r->wim);
	memcpy(record->base, (*file)->blobs.metadata[record->image - 1].hash, sizeof(record->base));
	memcpy(record->committed, record->base, sizeof(record->committed));
	return need_fuse_device(err) < 0 ? err_context(err, "%s", r->wim) : 0;
}

static int start_new(const struct mount_request *r, struct image_file **file, struct wim_tree **tree,
		     struct mount_record *record, struct err *err)
{
	CLEANUP(close_fdp) int lock = -1;
	struct image_fs *fs;

	if (mount_record_new(record, err) < 0)
		return -1;
	lock = mount_lock(record, err);
	if (lock < 0 || fill_staging(record, err) < 0 ||
	    (r->writable &&
	     (mount_overlay_prepare(record, err) < 0 || save_base(record, *tree, err) < 0)) ||
	    mount_record_save(record, err) < 0)
		return -1;
	fs = open_fs(record, *file, *tree, err);
	*file = NULL;
	*tree = NULL;
	return fs ? show(fs, record, err) : -1;
}

int mount_start(const struct mount_request *r, struct mount_started *ret, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = NULL;
	CLEANUP(image_free_treep) struct wim_tree *tree = NULL;
	struct mount_record record = { 0 };

	if (prepare(r, &file, &tree, &record, err) == 0 && start_new(r, &file, &tree, &record, err) == 0) {
		*ret = (struct mount_started){ .record = record, .server = record.server };
		return 0;
	}
	if (record.folder)
		(void)mount_record_remove(&record, NULL);
	mount_record_release(&record);
	return -1;
}

/* ---- again ---- */

static struct wim_tree *load_base(const struct mount_record *record, struct err *err)
{
	CLEANUP(freep) char *path = mount_path(record, "base");
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	struct wim_tree *tree;

	if (file_read_all(path, WIM_METADATA_MAX, &data, err) < 0) {
		err_context(err, "%s", path);
		return NULL;
	}
	tree = xcalloc(1, sizeof(*tree));
	if (wim_tree_parse(&data, tree, err) < 0) {
		err_context(err, "%s", path);
		image_free_treep(&tree);
	}
	return tree;
}

/* What is still mounted of it goes; the changes are on the disk. */
static void clear_remains(const struct mount_record *record)
{
	CLEANUP(freep) char *lower = mount_path(record, "lower");

	if (mount_is_mounted(record->mountpoint, NULL))
		(void)mount_take_away(record->mountpoint, true, NULL);
	if (record->writable && mount_is_mounted(lower, NULL))
		(void)mount_take_away(lower, true, NULL);
	(void)mount_wait_for_end(record);
}

int mount_start_again(struct mount_record *record, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = NULL;
	CLEANUP(image_free_treep) struct wim_tree *tree = NULL;
	struct image_fs *fs;

	if (need_fuse_device(err) < 0)
		return -1;
	clear_remains(record);
	if (need_no_entries(record->mountpoint, err) < 0)
		return err_context(err, "%s", record->mountpoint);
	file = image_file_open_parts(record->wim, record->refs.items, record->refs.len, err);
	if (!file)
		return -1;
	if (record->writable) {
		tree = load_base(record, err);
		if (!tree)
			return -1;
	}
	fs = open_fs(record, file, tree, err);
	file = NULL;
	tree = NULL;
	return fs ? show(fs, record, err) : -1;
}

/* ---- staying ---- */

static volatile sig_atomic_t told_to_end;

static void on_signal(int number UNUSED)
{
	told_to_end = 1;
}

void mount_stay(const struct mount_started *started)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	while (waitpid((pid_t)started->server, NULL, 0) < 0 && errno == EINTR)
		if (told_to_end)
			kill((pid_t)started->server, SIGTERM);
}
