/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where Windows looks for a DLL that a program names without a folder, behind the
 * folder of the program: System32, System, the Windows folder, then the PATH. (Safe
 * search order, the default since XP SP2; the current folder is left out.)
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/winroot.h"
#include "wimtool/doctor.h"

#define FOLDERS_MAX 256
#define VARIABLE_MAX 64

struct search {
	struct doctor *doctor;
	struct regf *system;
	char *environment; /* key of the variables of the machine; NULL: none */
};

static size_t library_in(const struct doctor *doctor, const char *folder)
{
	for (size_t i = 0; i < doctor->files.len; i++) {
		const struct doctor_file *file = &doctor->files.items[i];

		if (doctor_is_library(file) && doctor_in_folder(file, folder))
			return i;
	}
	return DOCTOR_NONE;
}

static void add_folder(struct doctor *doctor, enum doctor_found from, const char *text, const char *path)
{
	struct doctor_folder *folder;

	if (doctor->search.len >= FOLDERS_MAX)
		return;
	folder = vec_add(&doctor->search);
	*folder = (struct doctor_folder){
		.from = from,
		.text = xstrdup(text),
		.path = path ? xstrdup(path) : NULL,
		.file = path ? library_in(doctor, path) : DOCTOR_NONE,
	};
	if (doctor->first == DOCTOR_NONE)
		doctor->first = folder->file;
}

static char *environment_key(struct regf *system)
{
	regf_key select = regf_find(system, regf_root(system), "Select");
	uint32_t current = 1;

	if (select)
		(void)regf_get_u32(system, select, "Current", &current);
	return xasprintf("ControlSet%03u\\Control\\Session Manager\\Environment", current);
}

static bool variable(const struct search *s, const char *name, struct strbuf *ret)
{
	regf_key key = s->environment ? regf_find(s->system, regf_root(s->system), s->environment) : 0;

	return key && regf_get_text(s->system, key, name, ret);
}

/* %NAME% of those that are known without a running Windows; others stay as they are. */
static void expand_one(const struct search *s, const char *name, struct strbuf *ret)
{
	static const char *const fixed[][2] = {
		{ "SystemDrive", "C:" },
		{ "ProgramFiles", "C:\\Program Files" },
		{ "ProgramW6432", "C:\\Program Files" },
		{ "ProgramFiles(x86)", "C:\\Program Files (x86)" },
		{ "ProgramData", "C:\\ProgramData" },
	};

	if (text_equal_nocase(name, "SystemRoot") || text_equal_nocase(name, "windir")) {
		strbuf_addf(ret, "C:\\%s", s->doctor->windows);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (text_equal_nocase(name, fixed[i][0])) {
			strbuf_adds(ret, fixed[i][1]);
			return;
		}
	if (!variable(s, name, ret))
		strbuf_addf(ret, "%%%s%%", name);
}

static void expand(const struct search *s, const char *text, struct strbuf *ret)
{
	while (*text) {
		const char *end = *text == '%' ? strchr(text + 1, '%') : NULL;

		if (end && end - text > 1 && end - text < VARIABLE_MAX) {
			CLEANUP(freep) char *name = xstrndup(text + 1, (size_t)(end - text - 1));

			expand_one(s, name, ret);
			text = end + 1;
		} else {
			strbuf_addc(ret, *text++);
		}
	}
}

/* "C:\Windows\System32\" becomes "Windows\System32"; NULL for another drive or a share. */
static char *below_root(const char *path)
{
	char *ret;
	size_t len;

	if ((path[0] == 'C' || path[0] == 'c') && path[1] == ':')
		path += 2;
	else if (path[0] != '\\' && path[0] != '/')
		return NULL;
	if ((path[0] == '\\' || path[0] == '/') && (path[1] == '\\' || path[1] == '/'))
		return NULL;
	ret = xstrdup(path + strspn(path, "\\/"));
	for (char *c = ret; *c; c++)
		if (*c == '/')
			*c = '\\';
	len = strlen(ret);
	while (len && ret[len - 1] == '\\')
		ret[--len] = '\0';
	return ret;
}

static void add_path_folder(const struct search *s, const char *text, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf expanded = STRBUF_INIT;
	CLEANUP(freep) char *path = NULL;
	CLEANUP(freep) char *plain = NULL;

	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	if (!len)
		return;
	plain = xstrndup(text, len);
	expand(s, plain, &expanded);
	path = below_root(strbuf_text(&expanded));
	for (size_t i = 0; path && i < s->doctor->search.len; i++)
		if (s->doctor->search.items[i].path && text_equal_nocase(s->doctor->search.items[i].path, path))
			return;
	add_folder(s->doctor, DOCTOR_FROM_PATH, plain, path);
}

static void add_path(const struct search *s)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	const char *text;

	if (!variable(s, "Path", &value))
		return;
	for (text = strbuf_text(&value); *text;) {
		size_t len = strcspn(text, ";");

		add_path_folder(s, text, len);
		text += len + (text[len] == ';');
	}
}

int doctor_find_search_order(struct doctor *doctor, struct err *err)
{
	CLEANUP(winroot_freep) struct winroot *root = NULL;
	static const char *const system_folders[] = { "\\System32", "\\System", "" };
	struct search search = { .doctor = doctor };

	if (!doctor->has_windows)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(system_folders); i++) {
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

		strbuf_adds(&path, doctor->windows);
		strbuf_adds(&path, system_folders[i]);
		add_folder(doctor, DOCTOR_FROM_SYSTEM, strbuf_text(&path), strbuf_text(&path));
	}
	root = winroot_open(doctor->target, NULL);
	if (!root)
		return 0;
	winroot_accept_dirty(root);
	if (winroot_hive(root, HIVE_SYSTEM, &search.system, err) < 0)
		return -1;
	search.environment = environment_key(search.system);
	add_path(&search);
	free(search.environment);
	return 0;
}
