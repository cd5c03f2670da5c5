/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/filetime.h"
#include "common/image/apply_private.h"

static void times_of(const struct wim_node *node, struct timespec ret[2])
{
	ret[0] = filetime_to_timespec(load_le64(node->raw + DENTRY_ACCESSED));
	ret[1] = filetime_to_timespec(load_le64(node->raw + DENTRY_WRITTEN));
}

static void left_out(struct image_apply_plan *plan, const struct apply_item *item, const char *what)
{
	CLEANUP(freep) char *text = xasprintf("%s: %s", what, strerrordesc_np(errno));

	pthread_mutex_lock(&plan->lock);
	plan->troubles.owners_left_out++;
	pthread_mutex_unlock(&plan->lock);
	apply_warn(plan, item, text);
}

/* path is used where fd is -1. */
static int set_xattrs(struct image_apply_plan *plan, const struct apply_item *item, int fd, const char *path, struct err *err)
{
	struct wim_xattr xattr;
	size_t at = 0;
	int more;

	while ((more = wim_node_next_xattr(item->node, &at, &xattr, err)) > 0) {
		int result = fd >= 0 ? fsetxattr(fd, xattr.name, xattr.value.data, xattr.value.len, 0)
				     : lsetxattr(path, xattr.name, xattr.value.data, xattr.value.len, 0);

		if (result < 0)
			left_out(plan, item, "an extended attribute cannot be set");
	}
	if (more < 0) {
		CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

		apply_path(plan, item, &name);
		return err_context(err, "%.600s", strbuf_text(&name));
	}
	return 0;
}

int apply_metadata(struct image_apply_plan *plan, const struct apply_item *item, int fd, struct err *err)
{
	struct wim_unix_data data;
	struct timespec times[2];

	if (plan->request->unix_data) {
		bool known = wim_node_unix_data(item->node, &data);

		if (known && fchown(fd, data.uid, data.gid) < 0)
			left_out(plan, item, "its owner cannot be set");
		if (set_xattrs(plan, item, fd, NULL, err) < 0)
			return -1;
		if (known && fchmod(fd, data.mode & 07777) < 0)
			left_out(plan, item, "its mode cannot be set");
	}
	times_of(item->node, times);
	if (futimens(fd, times) < 0)
		return apply_failed(plan, item, "setting its times", err);
	return 0;
}

int apply_metadata_at(struct image_apply_plan *plan, const struct apply_item *item, int dir, const char *name, struct err *err)
{
	struct wim_unix_data data;
	struct timespec times[2];

	if (plan->request->unix_data) {
		bool known = wim_node_unix_data(item->node, &data);
		CLEANUP(freep) char *path = xasprintf("/proc/self/fd/%d/%s", dir, name);

		if (known && fchownat(dir, name, data.uid, data.gid, AT_SYMLINK_NOFOLLOW) < 0)
			left_out(plan, item, "its owner cannot be set");
		if (set_xattrs(plan, item, -1, path, err) < 0)
			return -1;
		/* a link has no mode; mknod was given that of a device, without the umask's bits */
		if (known && item->kind != ITEM_LINK && fchmodat(dir, name, data.mode & 07777, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno != EOPNOTSUPP)
			left_out(plan, item, "its mode cannot be set");
	}
	times_of(item->node, times);
	if (utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return apply_failed(plan, item, "setting its times", err);
	return 0;
}
