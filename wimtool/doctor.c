/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/doctor.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/utf16.h"
#include "sysprep-lite/glob.h"

#define DEPTH_MAX 128 /* folders of Windows lie at most about 30 deep */

/* The imaging library, its server and driver, and the programs that come with a copy of their own. */
static const char *const wanted[] = {
	"wimgapi.dll", "wimserv.exe", "wimmount.sys", "wimfltr.sys", "imagex.exe", "dism.exe", "dism*.dll",
};

struct walk {
	struct doctor *doctor;
	const char *const *names;
	const char *folder;
	unsigned depth;
	struct err *err;
};

static bool is_wanted(const struct walk *walk, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (glob_match(wanted[i], name))
			return true;
	for (size_t i = 0; walk->names && walk->names[i]; i++)
		if (text_equal_nocase(walk->names[i], name))
			return true;
	return false;
}

static bool has_part(const char *path, const char *part)
{
	CLEANUP(freep) char *pattern = xasprintf("**\\%s\\**", part);

	return glob_match_path(pattern, path);
}

static enum doctor_place place_of(const char *path)
{
	static const char *const stores[] = {
		"WinSxS", "$NtUninstall*", "$hf_mig$", "ServicePackFiles", "dllcache", "$NtServicePackUninstall*",
		"SoftwareDistribution", "Windows.old", "servicing", "Driver Cache",
	};

	for (size_t i = 0; i < ARRAY_SIZE(stores); i++)
		if (has_part(path, stores[i]))
			return DOCTOR_STORE;
	if (has_part(path, "SysWOW64"))
		return DOCTOR_WOW;
	if (glob_match_path("Windows\\System32\\*", path) || glob_match_path("WINNT\\System32\\*", path) ||
	    glob_match_path("*\\System32\\drivers\\*", path) || glob_match_path("*\\System32\\Dism\\*", path))
		return DOCTOR_SYSTEM;
	if (glob_match_path("Program Files\\**", path) || glob_match_path("Program Files (*)\\**", path))
		return DOCTOR_PROGRAMS;
	return DOCTOR_OTHER;
}

static void load_file(struct target *target, struct doctor_file *file)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	struct err err = { 0 };

	if (target_read(target, file->path, PE_BYTES_MAX, &data, &err) == 0 &&
	    pe_version_load(bytes_of(strbuf_text(&data), data.len), &file->info, &err) == 0)
		file->readable = true;
	else
		file->problem = xstrdup(err.text);
}

static struct doctor_file *add_file(struct doctor *doctor, const char *path, uint64_t size)
{
	struct doctor_file *file = vec_add(&doctor->files);
	const char *slash;

	file->path = xstrdup(path);
	slash = strrchr(file->path, '\\');
	file->name = slash ? slash + 1 : file->path;
	file->place = place_of(path);
	file->size = size;
	load_file(doctor->target, file);
	return file;
}

static int walk_folder(struct walk *walk);

static int visit(void *context, const char *name, const struct target_entry *entry)
{
	struct walk *walk = context;
	CLEANUP(freep) char *path =
		*walk->folder ? xasprintf("%s\\%s", walk->folder, name) : xstrdup(name);
	struct walk below = *walk;

	walk->doctor->n_entries++;
	if (entry->is_link)
		return 0;
	if (!entry->is_dir) {
		if (is_wanted(walk, name))
			add_file(walk->doctor, path, entry->size);
		return 0;
	}
	below.folder = path;
	below.depth++;
	return walk_folder(&below);
}

static int walk_folder(struct walk *walk)
{
	if (walk->depth > DEPTH_MAX)
		return err_set(walk->err, ERR_LIMIT, "%s: folders nested more than %d deep", walk->folder, DEPTH_MAX);
	return target_list(walk->doctor->target, walk->folder, visit, walk, walk->err) < 0 ? -1 : 0;
}

/* The version of Windows is that of its kernel. */
static void find_windows(struct doctor *doctor)
{
	static const char *const folders[] = { "Windows", "WINNT" };

	for (size_t i = 0; i < ARRAY_SIZE(folders) && !doctor->has_windows; i++) {
		CLEANUP(freep) char *hive = xasprintf("%s\\System32\\config\\SYSTEM", folders[i]);
		CLEANUP(freep) char *kernel = xasprintf("%s\\System32\\ntoskrnl.exe", folders[i]);
		struct target_entry entry;

		if (!target_has(doctor->target, hive) && !target_has(doctor->target, kernel))
			continue;
		doctor->has_windows = true;
		doctor->windows = xstrdup(folders[i]);
		if (!target_stat(doctor->target, kernel, &entry) || entry.is_dir || entry.is_link)
			return;
		for (size_t f = 0; f < doctor->files.len; f++)
			if (text_equal_nocase(doctor->files.items[f].path, kernel))
				doctor->kernel = f;
		if (doctor->kernel == DOCTOR_NONE) {
			add_file(doctor, kernel, entry.size);
			doctor->kernel = doctor->files.len - 1;
		}
	}
}

static int by_place(const void *a, const void *b)
{
	const struct doctor_file *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return text_compare_nocase(x->path, strlen(x->path), y->path, strlen(y->path));
}

int doctor_scan(const char *spec, const char *const *names, struct doctor *ret, struct err *err)
{
	struct walk walk = { .doctor = ret, .names = names, .folder = "", .err = err };

	*ret = (struct doctor){ .kernel = DOCTOR_NONE, .first = DOCTOR_NONE };
	ret->target = target_open(spec, false, err);
	if (!ret->target)
		return -1;
	if (walk_folder(&walk) < 0)
		return err_context(err, "%s", spec);
	if (ret->files.len)
		qsort(ret->files.items, ret->files.len, sizeof(*ret->files.items), by_place);
	find_windows(ret);
	return doctor_find_search_order(ret, err);
}

void doctor_release(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->files.len; i++) {
		free(doctor->files.items[i].path);
		free(doctor->files.items[i].problem);
		pe_info_release(&doctor->files.items[i].info);
	}
	for (size_t i = 0; i < doctor->search.len; i++) {
		free(doctor->search.items[i].text);
		free(doctor->search.items[i].path);
	}
	vec_release(&doctor->files);
	vec_release(&doctor->search);
	free(doctor->windows);
	target_freep(&doctor->target);
}

bool doctor_is_library(const struct doctor_file *file)
{
	return text_equal_nocase(file->name, "wimgapi.dll");
}

bool doctor_in_folder(const struct doctor_file *file, const char *folder)
{
	size_t len = strlen(folder);

	return strlen(file->path) > len && file->path[len] == '\\' && file->name == file->path + len + 1 &&
	       text_compare_nocase(file->path, len, folder, len) == 0;
}
