/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/winroot.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/glob.h"

struct hive_place {
	const char *name;
	const char *path; /* behind the Windows folder; with a backslash in front: behind the root */
};

static const struct hive_place places[HIVE_COUNT] = {
	[HIVE_SYSTEM] = { "SYSTEM", "System32\\config\\SYSTEM" },
	[HIVE_SOFTWARE] = { "SOFTWARE", "System32\\config\\SOFTWARE" },
	[HIVE_SAM] = { "SAM", "System32\\config\\SAM" },
	[HIVE_SECURITY] = { "SECURITY", "System32\\config\\SECURITY" },
	[HIVE_DEFAULT] = { "DEFAULT", "System32\\config\\DEFAULT" },
	[HIVE_NETWORK_SERVICE] = { "S-1-5-20", "ServiceProfiles\\NetworkService\\NTUSER.DAT" },
	[HIVE_LOCAL_SERVICE] = { "S-1-5-19", "ServiceProfiles\\LocalService\\NTUSER.DAT" },
	[HIVE_DEFAULT_USER] = { "DefaultUser", "\\Users\\Default\\NTUSER.DAT" },
	[HIVE_BCD] = { "BCD", "\\Boot\\BCD" },
	[HIVE_BCD_EFI] = { "BCD-EFI", "\\EFI\\Microsoft\\Boot\\BCD" },
};

#define OLD_DEFAULT_USER "Documents and Settings\\Default User\\NTUSER.DAT" /* 2000 to 2003 */

struct loaded_hive {
	bool tried;
	bool incomplete; /* dirty, and no log completes it */
	struct err why;  /* of that */
	char *path;
	struct regf *regf;
};

struct winroot {
	struct target *target;
	const char *folder;
	bool accept_dirty;
	struct loaded_hive hives[HIVE_COUNT];
};

const char *hive_name(enum hive_id id)
{
	static const char *const others[] = { "file", "User", "UserClasses" };

	return id < HIVE_COUNT ? places[id].name : others[id - HIVE_FILE];
}

enum hive_id hive_by_name(const char *name, size_t len)
{
	unsigned id = 0;

	while (id < HIVE_COUNT && (strlen(places[id].name) != len || strncasecmp(places[id].name, name, len) != 0))
		id++;
	return id;
}

static char *path_in(const char *folder, const char *path)
{
	return *path == '\\' ? xstrdup(path + 1) : xasprintf("%s\\%s", folder, path);
}

char *hive_default_path(enum hive_id id)
{
	return path_in("Windows", places[id].path);
}

static void place_hives(struct winroot *root)
{
	for (unsigned id = 0; id < HIVE_COUNT; id++)
		root->hives[id].path = path_in(root->folder, places[id].path);
	if (!target_has(root->target, root->hives[HIVE_DEFAULT_USER].path) &&
	    target_has(root->target, OLD_DEFAULT_USER)) {
		free(root->hives[HIVE_DEFAULT_USER].path);
		root->hives[HIVE_DEFAULT_USER].path = xstrdup(OLD_DEFAULT_USER);
	}
}

struct winroot *winroot_open(struct target *target, struct err *err)
{
	static const char *const folders[] = { "Windows", "WINNT" };
	struct winroot *root;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		CLEANUP(freep) char *path = xasprintf("%s\\%s", folders[i], places[HIVE_SYSTEM].path);

		if (!target_has(target, path))
			continue;
		root = xcalloc(1, sizeof(*root));
		root->target = target;
		root->folder = folders[i];
		place_hives(root);
		return root;
	}
	err_set(err, ERR_NOT_FOUND, "%s: no Windows here: there is no Windows/System32/config/SYSTEM",
		target_name(target));
	err_hint(err, "name the folder (or image) that holds the Windows folder");
	return NULL;
}

void winroot_freep(struct winroot **root)
{
	struct winroot *r = *root;

	*root = NULL;
	if (!r)
		return;
	for (unsigned id = 0; id < HIVE_COUNT; id++) {
		regf_freep(&r->hives[id].regf);
		free(r->hives[id].path);
	}
	free(r);
}

struct target *winroot_target(struct winroot *root)
{
	return root->target;
}

const char *winroot_hive_path(struct winroot *root, enum hive_id id)
{
	return root->hives[id].path;
}

static int read_log(struct winroot *root, const char *hive, const char *suffix, struct strbuf *ret, struct err *err)
{
	CLEANUP(freep) char *path = xasprintf("%s%s", hive, suffix);
	struct target_entry entry;

	if (!target_stat(root->target, path, &entry) || entry.is_dir || entry.is_link || !entry.size)
		return 0;
	return target_read(root->target, path, HIVE_BYTES_MAX, ret, err);
}

void winroot_accept_dirty(struct winroot *root)
{
	root->accept_dirty = true;
}

bool winroot_is_incomplete(const struct winroot *root, enum hive_id id)
{
	return root->hives[id].incomplete;
}

int winroot_require_complete(const struct winroot *root, struct err *err)
{
	for (unsigned id = 0; id < HIVE_COUNT; id++) {
		if (!root->hives[id].incomplete)
			continue;
		if (err)
			*err = root->hives[id].why;
		return err_context(err, "%s: %s", target_name(root->target), root->hives[id].path);
	}
	return 0;
}

/* A hive as it lies in the target, with its logs. */
struct hive_files {
	struct strbuf hive, log, log1, log2;
};

static void hive_files_release(struct hive_files *files)
{
	strbuf_release(&files->hive);
	strbuf_release(&files->log);
	strbuf_release(&files->log1);
	strbuf_release(&files->log2);
}

static int read_files(struct winroot *root, const char *path, struct hive_files *ret, struct err *err)
{
	if (target_read(root->target, path, HIVE_BYTES_MAX, &ret->hive, err) < 0 ||
	    read_log(root, path, ".LOG", &ret->log, err) < 0 || read_log(root, path, ".LOG1", &ret->log1, err) < 0)
		return -1;
	return read_log(root, path, ".LOG2", &ret->log2, err);
}

static struct regf_logs logs_of(const struct hive_files *files)
{
	return (struct regf_logs){
		.log = bytes_of(files->log.data, files->log.len),
		.log1 = bytes_of(files->log1.data, files->log1.len),
		.log2 = bytes_of(files->log2.data, files->log2.len),
	};
}

struct regf *winroot_open_to_read(struct winroot *root, const char *path, struct err *err)
{
	CLEANUP(hive_files_release) struct hive_files files = { 0 };
	struct regf_logs logs;

	if (read_files(root, path, &files, err) < 0)
		return NULL;
	logs = logs_of(&files);
	return regf_open_to_read(bytes_of(strbuf_text(&files.hive), files.hive.len), &logs, err);
}

static int load(struct winroot *root, enum hive_id id, struct regf **ret, struct err *err)
{
	CLEANUP(hive_files_release) struct hive_files files = { 0 };
	struct strbuf *data = &files.hive;
	struct regf_logs logs;
	struct err why = { 0 };

	if (read_files(root, root->hives[id].path, &files, err) < 0)
		return -1;
	logs = logs_of(&files);
	*ret = regf_open_own(data, &logs, &why);
	if (!*ret && why.kind == ERR_REFUSED && root->accept_dirty) {
		root->hives[id].incomplete = true;
		root->hives[id].why = why;
		if (target_read(root->target, root->hives[id].path, HIVE_BYTES_MAX, data, err) < 0)
			return -1;
		*ret = regf_open_to_read(bytes_of(data->data, data->len), NULL, &why);
	}
	if (!*ret && err)
		*err = why;
	return *ret ? 0 : err_context(err, "%s", root->hives[id].path);
}

int winroot_hive(struct winroot *root, enum hive_id id, struct regf **ret, struct err *err)
{
	struct loaded_hive *hive = &root->hives[id];

	if (!hive->tried && target_has(root->target, hive->path) && load(root, id, &hive->regf, err) < 0)
		return err_context(err, "%s", target_name(root->target));
	hive->tried = true;
	*ret = hive->regf;
	return 0;
}

struct regf *winroot_loaded_hive(const struct winroot *root, enum hive_id id)
{
	return root->hives[id].regf;
}

char *winroot_path(struct winroot *root, const char *path)
{
	static const char first[] = "Windows\\";

	if (strncmp(path, first, sizeof(first) - 1) == 0)
		return xasprintf("%s\\%s", root->folder, path + sizeof(first) - 1);
	return xstrdup(path);
}

struct walk {
	struct regf *hive;
	hive_key_fn fn;
	void *context;
	struct strbuf path;
};

static int walk(struct walk *w, regf_key key, const char *pattern, unsigned depth);

static int walk_child(struct walk *w, regf_key child, const char *name, const char *rest, unsigned depth)
{
	size_t len = w->path.len;
	int status;

	if (len)
		strbuf_addc(&w->path, '\\');
	strbuf_adds(&w->path, name);
	status = walk(w, child, rest, depth + 1);
	w->path.len = len;
	w->path.data[len] = '\0';
	return status;
}

/* Every child whose name matches part (NULL: every one). */
static int walk_children(struct walk *w, regf_key key, const char *part, const char *rest, unsigned depth)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	size_t n = regf_child_count(w->hive, key);
	int status = 0;

	for (size_t i = 0; i < n && status == 0; i++) {
		regf_key child = regf_child_at(w->hive, key, i);

		if (!child)
			continue;
		strbuf_clear(&name);
		regf_key_name(w->hive, child, &name);
		if (!part || glob_match(part, strbuf_text(&name)))
			status = walk_child(w, child, strbuf_text(&name), rest, depth);
	}
	return status;
}

static int walk(struct walk *w, regf_key key, const char *pattern, unsigned depth)
{
	CLEANUP(strbuf_release) struct strbuf part = STRBUF_INIT;
	const char *rest;
	int status;
	regf_key child;

	if (!pattern)
		return w->fn(w->context, w->hive, key, strbuf_text(&w->path));
	if (depth > GLOB_DEPTH_MAX)
		return 0;
	rest = glob_next_part(pattern, &part);
	if (strcmp(strbuf_text(&part), "**") == 0) {
		status = walk(w, key, rest, depth);
		return status ? status : walk_children(w, key, NULL, pattern, depth);
	}
	if (glob_is_wild(strbuf_text(&part)))
		return walk_children(w, key, strbuf_text(&part), rest, depth);
	child = regf_child(w->hive, key, strbuf_text(&part));
	return child ? walk_child(w, child, strbuf_text(&part), rest, depth) : 0;
}

int hive_match(struct regf *hive, const char *pattern, hive_key_fn fn, void *context)
{
	struct walk w = { .hive = hive, .fn = fn, .context = context };
	int status;

	strbuf_reserve(&w.path, 64);
	strbuf_clear(&w.path);
	status = walk(&w, regf_root(hive), *pattern ? pattern : NULL, 0);
	strbuf_release(&w.path);
	return status;
}
