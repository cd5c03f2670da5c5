/* SPDX-License-Identifier: GPL-3.0-or-later */
#define FUSE_USE_VERSION 314
#include "wimtool/mount_server.h"

#include <errno.h>
#include <fuse3/fuse_lowlevel.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "wimtool/mount_loop.h"

#define FOREVER 86400.0  /* seconds that the kernel may keep what it heard */
#define READ_MAX (256u << 10) /* one request: small enough that two threads share a large file */
#define READAHEAD_KIB 1024
#define THREADS_MAX 16

struct serving {
	const struct mount_server *server;
	const struct image_fs *fs;
	bool no_open; /* the kernel can do without open and opendir */
};

static struct serving *serving_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static void init(void *userdata, struct fuse_conn_info *conn)
{
	struct serving *s = userdata;
	unsigned both = FUSE_CAP_NO_OPEN_SUPPORT | FUSE_CAP_NO_OPENDIR_SUPPORT;

	s->no_open = (conn->capable & both) == both;
	conn->want |= conn->capable & (FUSE_CAP_EXPORT_SUPPORT | FUSE_CAP_ASYNC_READ | FUSE_CAP_PARALLEL_DIROPS |
				       FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_READDIRPLUS);
	conn->want &= ~(unsigned)FUSE_CAP_READDIRPLUS_AUTO;
	conn->max_write = READ_MAX; /* libfuse makes the size of all requests of it */
}

static int entry_of(const struct serving *s, uint64_t id, struct fuse_entry_param *ret)
{
	*ret = (struct fuse_entry_param){ .ino = id, .attr_timeout = FOREVER, .entry_timeout = FOREVER };
	return image_fs_stat(s->fs, id, &ret->attr);
}

static void lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	const struct serving *s = serving_of(req);
	struct fuse_entry_param entry;
	uint64_t id = parent;
	int done = 0;

	/* "." and ".." are asked for by number alone, after the kernel has forgotten the entry */
	if (strcmp(name, "..") == 0)
		id = image_fs_parent(s->fs, parent);
	else if (strcmp(name, ".") != 0)
		done = image_fs_lookup(s->fs, parent, name, &id);
	if (done == 0)
		done = entry_of(s, id, &entry);
	else if (done == -ENOENT)
		done = 0, entry = (struct fuse_entry_param){ .entry_timeout = FOREVER }; /* is not there, and never will be */
	if (done < 0)
		fuse_reply_err(req, -done);
	else
		fuse_reply_entry(req, &entry);
}

static void forget(fuse_req_t req, fuse_ino_t id UNUSED, uint64_t n UNUSED)
{
	fuse_reply_none(req);
}

static void forget_multi(fuse_req_t req, size_t n UNUSED, struct fuse_forget_data *forgets UNUSED)
{
	fuse_reply_none(req);
}

static void get_attr(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *fi UNUSED)
{
	struct stat st;
	int done = image_fs_stat(serving_of(req)->fs, id, &st);

	if (done < 0)
		fuse_reply_err(req, -done);
	else
		fuse_reply_attr(req, &st, FOREVER);
}

static void read_link(fuse_req_t req, fuse_ino_t id)
{
	const char *target = NULL;
	int done = image_fs_readlink(serving_of(req)->fs, id, &target);

	if (done < 0)
		fuse_reply_err(req, -done);
	else
		fuse_reply_readlink(req, target);
}

static void open_file(fuse_req_t req, fuse_ino_t id UNUSED, struct fuse_file_info *fi)
{
	if ((fi->flags & O_ACCMODE) != O_RDONLY) {
		fuse_reply_err(req, EROFS);
		return;
	}
	if (serving_of(req)->no_open) {
		fuse_reply_err(req, ENOSYS); /* and never asks again */
		return;
	}
	fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

static void open_dir(fuse_req_t req, fuse_ino_t id UNUSED, struct fuse_file_info *fi)
{
	if (serving_of(req)->no_open) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	fi->keep_cache = 1;
	fi->cache_readdir = 1;
	fuse_reply_open(req, fi);
}

static void close_any(fuse_req_t req, fuse_ino_t id UNUSED, struct fuse_file_info *fi UNUSED)
{
	fuse_reply_err(req, 0);
}

static void read_file(fuse_req_t req, fuse_ino_t id, size_t size, off_t offset, struct fuse_file_info *fi UNUSED)
{
	CLEANUP(freep) char *data = malloc(size ? size : 1);
	size_t n = 0;
	int done = data ? image_fs_read(serving_of(req)->fs, id, (uint64_t)offset, size, data, &n) : -ENOMEM;

	if (done < 0)
		fuse_reply_err(req, -done);
	else
		fuse_reply_buf(req, data, n);
}

/* Position 0 is ".", 1 is "..", then the entries of the folder. */
static int dir_item(const struct serving *s, uint64_t dir, uint64_t position, const char **name, uint64_t *id)
{
	if (position >= 2)
		return image_fs_child(s->fs, dir, position - 2, name, id);
	*name = position == 0 ? "." : "..";
	*id = position == 0 ? dir : image_fs_parent(s->fs, dir);
	return 0;
}

/* The length that an entry takes; more than room when it did not fit. 0 when it cannot be told. */
static size_t add_item(fuse_req_t req, char *to, size_t room, bool plus, const char *name, uint64_t id, off_t next)
{
	struct fuse_entry_param entry;

	if (entry_of(serving_of(req), id, &entry) < 0)
		return 0;
	if (!plus)
		return fuse_add_direntry(req, to, room, name, &entry.attr, next);
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		entry = (struct fuse_entry_param){ .attr = { .st_ino = id, .st_mode = S_IFDIR } };
	return fuse_add_direntry_plus(req, to, room, name, &entry, next);
}

static void list_dir(fuse_req_t req, uint64_t dir, size_t size, off_t offset, bool plus)
{
	const struct serving *s = serving_of(req);
	CLEANUP(freep) char *data = xmalloc(size); /* the kernel asks for some pages */
	const char *name;
	uint64_t id;
	size_t len = 0;
	int done = dir_item(s, dir, (uint64_t)offset, &name, &id);

	while (done == 0) {
		size_t n = add_item(req, data + len, size - len, plus, name, id, ++offset);

		if (n > size - len)
			break;
		len += n;
		done = dir_item(s, dir, (uint64_t)offset, &name, &id);
	}
	if (done < 0 && done != -ENOENT)
		fuse_reply_err(req, -done);
	else
		fuse_reply_buf(req, data, len);
}

static void read_dir(fuse_req_t req, fuse_ino_t dir, size_t size, off_t offset, struct fuse_file_info *fi UNUSED)
{
	list_dir(req, dir, size, offset, false);
}

static void read_dir_plus(fuse_req_t req, fuse_ino_t dir, size_t size, off_t offset, struct fuse_file_info *fi UNUSED)
{
	list_dir(req, dir, size, offset, true);
}

static void stat_fs(fuse_req_t req, fuse_ino_t id UNUSED)
{
	struct image_fs_totals totals;
	struct statvfs fs = { .f_bsize = 4096, .f_frsize = 512, .f_namemax = 255, .f_flag = ST_RDONLY };

	image_fs_totals(serving_of(req)->fs, &totals);
	fs.f_blocks = (totals.bytes + 511) / 512;
	fs.f_files = totals.entries;
	fuse_reply_statfs(req, &fs);
}

/* size 0 asks for the length alone. */
static void reply_value(fuse_req_t req, int done, const struct strbuf *value, size_t size)
{
	if (done < 0)
		fuse_reply_err(req, -done);
	else if (size == 0)
		fuse_reply_xattr(req, value->len);
	else if (value->len > size)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, value->data, value->len);
}

static void get_xattr(fuse_req_t req, fuse_ino_t id, const char *name, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

	reply_value(req, image_fs_get_xattr(serving_of(req)->fs, id, name, &value), &value, size);
}

static void list_xattr(fuse_req_t req, fuse_ino_t id, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

	reply_value(req, image_fs_list_xattrs(serving_of(req)->fs, id, &value), &value, size);
}

static const struct fuse_lowlevel_ops operations = {
	.init = init,
	.lookup = lookup,
	.forget = forget,
	.forget_multi = forget_multi,
	.getattr = get_attr,
	.readlink = read_link,
	.open = open_file,
	.release = close_any,
	.read = read_file,
	.opendir = open_dir,
	.releasedir = close_any,
	.readdir = read_dir,
	.readdirplus = read_dir_plus,
	.statfs = stat_fs,
	.getxattr = get_xattr,
	.listxattr = list_xattr,
};

void mount_server_read_ahead(const char *folder)
{
	CLEANUP(freep) char *path = NULL;
	struct stat st;
	FILE *file;

	if (geteuid() != 0 || stat(folder, &st) < 0)
		return;
	path = xasprintf("/sys/class/bdi/%u:%u/read_ahead_kb", major(st.st_dev), minor(st.st_dev));
	file = fopen(path, "we");
	if (!file)
		return;
	fprintf(file, "%d\n", READAHEAD_KIB);
	fclose(file);
}

static int loop(struct fuse_session *session, const struct mount_server *server, struct err *err)
{
	server->ready(server->context);
	return mount_loop_run(session, err);
}

/* A comma would end the option; fuse takes a backslash before it. */
static char *mount_options(const struct mount_server *server)
{
	CLEANUP(strbuf_release) struct strbuf source = STRBUF_INIT;

	for (const char *p = server->source; *p; p++) {
		if (*p == ',' || *p == '\\')
			strbuf_addc(&source, '\\');
		strbuf_addc(&source, *p);
	}
	return xasprintf("ro,nosuid,nodev,default_permissions,subtype=wimtool,fsname=%s%s", strbuf_text(&source),
			 server->allow_other ? ",allow_other" : "");
}

int mount_server_run(const struct mount_server *server, struct err *err)
{
	struct serving serving = { .server = server, .fs = server->fs };
	CLEANUP(freep) char *options = mount_options(server);
	char *argv[] = { (char *)"wimtool", (char *)"-o", options, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(3, argv);
	struct fuse_session *session = fuse_session_new(&args, &operations, sizeof(operations), &serving);
	int done = -1;

	fuse_opt_free_args(&args);
	if (!session)
		return err_set(err, ERR_IO, "libfuse does not start");
	if (fuse_session_mount(session, server->folder) != 0) {
		err_set(err, ERR_PERMISSION, "%s: the system does not let us mount here", server->folder);
		if (server->allow_other && geteuid() != 0)
			err_hint(err, "--allow-other of users wants the line user_allow_other in /etc/fuse.conf");
	} else {
		done = loop(session, server, err);
		fuse_session_unmount(session);
	}
	fuse_session_destroy(session);
	return done;
}

const char *mount_server_library(void)
{
	static char text[32];

	snprintf(text, sizeof(text), "fuse3 %s", fuse_pkgversion());
	return text;
}
