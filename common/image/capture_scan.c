/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/capture_scan.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/base/names.h"
#include "common/base/utf16.h"
#include "common/image/wim_hash.h"
#include "common/image/wim_link.h"
#include "common/image/wim_node_edit.h"

#define DEPTH_MAX 1000 /* folders; PATH_MAX stops most trees long before, and links that are followed may lead in circles */
#define TAG_UNIX_DATA 0x337dd873u
#define TAG_XATTRS 0x00000002u
#define XATTR_VALUE_MAX 65535

/* A file with several names, by what the host knows it by. */
struct known_inode {
	dev_t device;
	ino_t inode;
	size_t file; /* index into files + 1; 0 for an empty one */
	struct wim_node *node;
};

struct scanner {
	const struct capture_rules *rules;
	struct capture_scan *scan;
	struct known_inode *inodes; /* open addressing */
	size_t n_inodes;
	size_t n_slots;
	uint64_t next_link_group;
	dev_t root_device;
	ino_t root_inode;
};

void capture_scan_release(struct capture_scan *scan)
{
	for (size_t i = 0; i < scan->files.len; i++) {
		free(scan->files.items[i].host_path);
		free(scan->files.items[i].data);
	}
	vec_release(&scan->files);
	if (scan->tree.root)
		wim_tree_release(&scan->tree);
}

static void note(const struct scanner *s, const char *path, const char *why)
{
	if (s->rules->note)
		s->rules->note(s->rules->context, path, why);
}

/* ---- hard links ---- */

static size_t inode_slot(const struct scanner *s, dev_t device, ino_t inode)
{
	size_t slot = (size_t)((inode ^ ((uint64_t)device << 40)) * 0x9e3779b97f4a7c15ULL >> 20) & (s->n_slots - 1);

	while (s->inodes[slot].node &&
	       (s->inodes[slot].device != device || s->inodes[slot].inode != inode))
		slot = (slot + 1) & (s->n_slots - 1);
	return slot;
}

static void grow_inodes(struct scanner *s)
{
	struct known_inode *old = s->inodes;
	size_t n_old = s->n_slots;

	s->n_slots = n_old ? n_old * 2 : 256;
	s->inodes = xcalloc(s->n_slots, sizeof(*s->inodes));
	for (size_t i = 0; i < n_old; i++)
		if (old[i].node)
			s->inodes[inode_slot(s, old[i].device, old[i].inode)] = old[i];
	free(old);
}

/* The entry of what this file was seen as before; NULL node: it is new and now known. */
static struct known_inode *know_inode(struct scanner *s, const struct stat *st, struct wim_node *node, bool *ret_new)
{
	struct known_inode *known;

	if (s->n_inodes * 2 >= s->n_slots)
		grow_inodes(s);
	known = &s->inodes[inode_slot(s, st->st_dev, st->st_ino)];
	*ret_new = !known->node;
	if (*ret_new) {
		*known = (struct known_inode){ .device = st->st_dev, .inode = st->st_ino, .node = node };
		s->n_inodes++;
	}
	return known;
}

static void join_links(struct scanner *s, struct wim_node *first, struct wim_node *node)
{
	if (wim_node_link_group(first) == 0)
		store_le64(first->raw + DENTRY_LINK_GROUP, ++s->next_link_group);
	store_le64(node->raw + DENTRY_LINK_GROUP, wim_node_link_group(first));
	wim_node_link(first, node);
}

/* ---- what is kept of an entry ---- */

static void add_tagged(struct strbuf *ret, uint32_t tag, const void *data, size_t len)
{
	uint8_t head[8];

	store_le32(head, tag);
	store_le32(head + 4, (uint32_t)len);
	strbuf_add(ret, head, sizeof(head));
	strbuf_add(ret, data, len);
	strbuf_add_fill(ret, '\0', (size_t)round_up(len, 8) - len);
}

static void add_unix_data(const struct stat *st, struct strbuf *ret)
{
	uint8_t data[16];

	store_le32(data, st->st_uid);
	store_le32(data + 4, st->st_gid);
	store_le32(data + 8, st->st_mode);
	store_le32(data + 12, S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode) ? (uint32_t)st->st_rdev : 0);
	add_tagged(ret, TAG_UNIX_DATA, data, sizeof(data));
}

/* Length of the value (2), of the name (1), flags (1), name, NUL, value. */
static int add_xattr(const char *path, const char *name, struct strbuf *ret, struct err *err)
{
	size_t name_len = strlen(name);
	char *value = xmalloc(XATTR_VALUE_MAX);
	ssize_t len = lgetxattr(path, name, value, XATTR_VALUE_MAX);
	uint8_t head[4];

	if (len < 0 || name_len > UINT8_MAX) {
		int failed = len < 0 ? errno : E2BIG;

		free(value);
		/* it went away, or belongs to a security system that keeps it to itself */
		if (failed == ENODATA || failed == EOPNOTSUPP || failed == EPERM || failed == EACCES)
			return 0;
		err_errno(err, failed, "extended attribute %.100s", name);
		return err_context(err, "%s", path);
	}
	store_le16(head, (uint16_t)len);
	head[2] = (uint8_t)name_len;
	head[3] = 0;
	strbuf_add(ret, head, sizeof(head));
	strbuf_add(ret, name, name_len + 1);
	strbuf_add(ret, value, (size_t)len);
	free(value);
	return 0;
}

static int add_xattrs(const char *path, struct strbuf *ret, struct err *err)
{
	CLEANUP(names_release) struct names list = { 0 };
	CLEANUP(strbuf_release) struct strbuf items = STRBUF_INIT;
	CLEANUP(freep) char *names = NULL;
	ssize_t len = llistxattr(path, NULL, 0);

	if (len <= 0)
		return 0;
	names = xmalloc((size_t)len);
	len = llistxattr(path, names, (size_t)len);
	for (const char *name = names; len > 0 && name < names + len; name += strlen(name) + 1)
		names_add(&list, name);
	names_sort(&list, names_by_bytes);
	for (size_t i = 0; i < list.len; i++)
		if (add_xattr(path, list.items[i], &items, err) < 0)
			return -1;
	if (items.len)
		add_tagged(ret, TAG_XATTRS, items.data, items.len);
	return 0;
}

int capture_unix_data(const char *path, const struct stat *st, struct strbuf *ret, struct err *err)
{
	add_unix_data(st, ret);
	return add_xattrs(path, ret, err);
}

static uint64_t clamp(const struct scanner *s, struct timespec time)
{
	uint64_t filetime = filetime_from_timespec(time);

	return s->rules->latest ? MIN(filetime, s->rules->latest) : filetime;
}

bool capture_has_holes(const struct stat *st)
{
	return (uint64_t)st->st_blocks * 512 < (uint64_t)st->st_size;
}

static uint32_t attributes_of(const struct scanner *s, const struct stat *st, bool to_dir)
{
	if (S_ISDIR(st->st_mode))
		return WIM_ATTR_DIRECTORY;
	if (S_ISLNK(st->st_mode))
		return WIM_ATTR_REPARSE | (to_dir ? WIM_ATTR_DIRECTORY : 0);
	if (!S_ISREG(st->st_mode))
		return 0;
	/* how a file lies on its disk is no steady thing */
	return capture_has_holes(st) && !s->rules->steady ? WIM_ATTR_SPARSE : WIM_ATTR_NORMAL;
}

/* ---- links ---- */

/* The part of an absolute target behind the root of the capture ("" for the root); NULL when it leads elsewhere. */
static const char *inside_root(const struct scanner *s, const char *target)
{
	const char *at = target;

	do {
		size_t len = strcspn(at + 1, "/");
		CLEANUP(freep) char *folder = xstrndup(target, (size_t)(at + 1 + len - target));
		struct stat st;

		at += 1 + len;
		if (stat(folder, &st) < 0)
			return NULL;
		if (st.st_dev == s->root_device && st.st_ino == s->root_inode)
			return at;
	} while (*at);
	return NULL;
}

struct link_data {
	struct strbuf data;
	uint8_t hash[WIM_HASH_LEN];
	bool to_dir;
	bool fixed;
};

static void link_data_release(struct link_data *link)
{
	strbuf_release(&link->data);
}

static int read_link(const struct scanner *s, const char *path, struct link_data *ret, struct err *err)
{
	char target[PATH_MAX];
	const char *kept = target;
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len < 0)
		return err_errno(err, errno, "%s", path);
	target[len] = '\0';
	ret->to_dir = path_is_dir(path);
	if (s->rules->fix_links && target[0] == '/') {
		kept = inside_root(s, target);
		ret->fixed = kept;
		if (kept)
			note(s, path, "absolute link into the captured folder: made relative to the image");
		else
			kept = target;
	}
	if (wim_link_build(kept, &ret->data, err) < 0)
		return err_context(err, "%s", path);
	wim_sha1(ret->data.data, ret->data.len, ret->hash);
	return 0;
}

/* ---- entries ---- */

static size_t add_file(struct scanner *s, const char *host_path, struct strbuf *data, uint64_t size,
		       struct wim_node *node)
{
	struct capture_file *file = vec_add(&s->scan->files);

	*file = (struct capture_file){ .host_path = xstrdup(host_path), .size = size, .node = node, .n_links = 1 };
	if (data)
		file->data = strbuf_detach(data);
	return s->scan->files.len;
}

static void count_entry(struct scanner *s, const struct stat *st, uint64_t bytes, bool extra_link)
{
	struct capture_scan *scan = s->scan;
	uint64_t changed = filetime_from_timespec(st->st_mtim);

	if (S_ISDIR(st->st_mode))
		scan->dirs++;
	else
		scan->entries++;
	scan->bytes += bytes;
	if (extra_link)
		scan->hard_link_bytes += bytes;
	scan->newest = MAX(scan->newest, changed);
}

static void take_contents(struct scanner *s, const char *host_path, const struct stat *st, struct link_data *link,
			  struct wim_node *node)
{
	uint64_t size = S_ISLNK(st->st_mode) ? link->data.len : S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
	bool is_new = true;

	/* when links are followed, one file may be met on several ways */
	if (!S_ISDIR(st->st_mode) && !S_ISLNK(st->st_mode) && (st->st_nlink > 1 || s->rules->dereference)) {
		struct known_inode *known = know_inode(s, st, node, &is_new);

		if (!is_new) {
			join_links(s, known->node, node);
			if (known->file)
				s->scan->files.items[known->file - 1].n_links++;
		} else if (size) {
			known->file = add_file(s, host_path, NULL, size, node);
		}
	} else if (size) {
		add_file(s, host_path, S_ISLNK(st->st_mode) ? &link->data : NULL, size, node);
	}
	count_entry(s, st, size, !is_new);
}

static int make_node(struct scanner *s, const char *host_path, const char *name, size_t len, const struct stat *st,
		     struct wim_node *dir, struct wim_node **ret, struct err *err)
{
	CLEANUP(link_data_release) struct link_data link = { .to_dir = false };
	CLEANUP(strbuf_release) struct strbuf tagged = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	uint64_t written = clamp(s, st->st_mtim);
	struct wim_new_node what = { .security_id = -1, .created = written, .written = written };

	if (text_to_utf16le(name, len, &units, err) < 0 || units.len > 255 * 2) {
		err_set(err, ERR_UNSUPPORTED, "its name is no UTF-8, or longer than 255 units of UTF-16");
		return err_context(err, "%s", host_path);
	}
	if (S_ISLNK(st->st_mode) && read_link(s, host_path, &link, err) < 0)
		return -1;
	if (s->rules->unix_data) {
		if (capture_unix_data(host_path, st, &tagged, err) < 0)
			return -1;
		what.tagged = &tagged;
	}
	what.attributes = attributes_of(s, st, link.to_dir);
	what.accessed = s->rules->steady ? written : clamp(s, st->st_atim);
	if (S_ISLNK(st->st_mode)) {
		what.hash = link.hash;
		what.as_streams = true;
		what.reparse_tag = WIM_TAG_SYMLINK;
		what.reparse_flags = (uint16_t)(link.fixed ? 0 : WIM_REPARSE_NOT_FIXED);
	}
	*ret = wim_node_new(&s->scan->tree, name, len, &what);
	if (dir)
		wim_node_attach(&s->scan->tree, dir, *ret);
	take_contents(s, host_path, st, &link, *ret);
	return 0;
}

static const char *why_unsupported(const struct scanner *s, const struct stat *st)
{
	if (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) || S_ISLNK(st->st_mode) || s->rules->unix_data)
		return NULL;
	return "left out: a WIM cannot hold this kind of file";
}

static int look(const struct scanner *s, const char *path, struct stat *st, struct err *err)
{
	if ((s->rules->dereference ? stat(path, st) : lstat(path, st)) == 0)
		return 0;
	/* a link to nothing stays a link */
	if (s->rules->dereference && errno == ENOENT && lstat(path, st) == 0)
		return 0;
	return err_errno(err, errno, "%s", path);
}

static int scan_dir(struct scanner *s, const char *host_path, const char *path, struct wim_node *dir,
		    enum capture_verdict verdict, unsigned depth, struct err *err);

static int scan_child(struct scanner *s, const char *host_dir, const char *dir_path, const char *name,
		      struct wim_node *dir, enum capture_verdict above, unsigned depth, struct err *err)
{
	CLEANUP(freep) char *host_path = path_join(host_dir, name);
	CLEANUP(freep) char *path = xasprintf("%s/%s", dir_path, name);
	enum capture_verdict verdict = CAPTURE_TAKE;
	struct wim_node *node = NULL;
	struct stat st;
	const char *why;

	if (s->rules->config)
		verdict = capture_config_judge(s->rules->config, path, above);
	if (look(s, host_path, &st, err) < 0)
		return -1;
	why = why_unsupported(s, &st);
	if (verdict == CAPTURE_LEAVE || why || (verdict == CAPTURE_PASS && !S_ISDIR(st.st_mode))) {
		s->scan->excluded++;
		note(s, host_path, why);
		return 0;
	}
	if (make_node(s, host_path, name, strlen(name), &st, dir, &node, err) < 0)
		return -1;
	return S_ISDIR(st.st_mode) ? scan_dir(s, host_path, path, node, verdict, depth + 1, err) : 0;
}

static int scan_dir(struct scanner *s, const char *host_path, const char *path, struct wim_node *dir,
		    enum capture_verdict verdict, unsigned depth, struct err *err)
{
	CLEANUP(names_release) struct names list = { 0 };

	if (depth > DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "%s: nested more than %d deep", host_path, DEPTH_MAX);
	if (names_of_folder(host_path, names_by_letters, &list, err) < 0)
		return err_context(err, "%s", host_path);
	for (size_t i = 0; i < list.len; i++)
		if (scan_child(s, host_path, path, list.items[i], dir, verdict, depth, err) < 0)
			return -1;
	return 0;
}

/* ---- all ---- */

static void begin_tree(struct wim_tree *tree)
{
	uint8_t no_security[8] = { 8 };

	strbuf_add(&tree->data, no_security, sizeof(no_security));
	tree->root_at = sizeof(no_security);
}

int capture_scan(const char *source, const struct capture_rules *rules, struct capture_scan *ret, struct err *err)
{
	struct scanner s = { .rules = rules, .scan = ret };
	struct stat st;
	int done;

	begin_tree(&ret->tree);
	if (stat(source, &st) < 0)
		return err_errno(err, errno, "%s", source);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_FORMAT, "%s: is no folder", source);
	s.root_device = st.st_dev;
	s.root_inode = st.st_ino;
	done = make_node(&s, source, "", 0, &st, NULL, &ret->tree.root, err);
	if (done == 0)
		done = scan_dir(&s, source, "", ret->tree.root, CAPTURE_TAKE, 0, err);
	free(s.inodes);
	return done;
}
