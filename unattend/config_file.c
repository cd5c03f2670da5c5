/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/config_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "unattend/config_yaml.h"

#define GLOB_MAX 512

/* ---- globs ----------------------------------------------------------------- */

/*
 * reach[i] says that the glob read so far can end at path[i]. One line of the
 * table a glob character: never more than glob times path steps.
 */
static void step_star(bool *reach, const char *path, size_t len, bool over_slash)
{
	for (size_t i = 0; i < len; i++)
		if (reach[i] && (over_slash || path[i] != '/'))
			reach[i + 1] = true;
}

static void step_char(bool *reach, const char *path, size_t len, char c)
{
	for (size_t i = len + 1; i-- > 1;)
		reach[i] = reach[i - 1] && (c == '?' ? path[i - 1] != '/' : path[i - 1] == c);
	reach[0] = false;
}

/* "**" with the "/" behind it stands for no folder as well. */
static void step_folders(bool *reach, const char *path, size_t len)
{
	bool before = false;

	for (size_t i = 0; i <= len; i++) {
		bool here = reach[i];

		reach[i] = here || (before && path[i - 1] == '/');
		before = before || here;
	}
}

static bool whole_path_matches(const char *glob, const char *path)
{
	size_t len = strlen(path);
	bool reach[GLOB_MAX + PATH_MAX + 2];

	if (len > GLOB_MAX + PATH_MAX)
		return false;
	memset(reach, 0, sizeof(reach));
	reach[0] = true;
	for (; *glob; glob++) {
		if (strncmp(glob, "**/", 3) == 0) {
			step_folders(reach, path, len);
			glob += 2;
		} else if (strncmp(glob, "**", 2) == 0) {
			step_star(reach, path, len, true);
			glob++;
		} else if (*glob == '*') {
			step_star(reach, path, len, false);
		} else {
			step_char(reach, path, len, *glob);
		}
	}
	/* a folder stands for all that is in it */
	for (size_t i = 1; i <= len; i++)
		if (reach[i] && (path[i] == '\0' || path[i] == '/'))
			return true;
	return false;
}

static bool any_name_matches(const char *glob, const char *path)
{
	while (path) {
		if (whole_path_matches(glob, path))
			return true;
		path = strchr(path, '/');
		path = path ? path + 1 : NULL;
	}
	return false;
}

bool config_glob_matches(const char *glob, const char *path)
{
	size_t len = strlen(glob);
	CLEANUP(freep) char *plain = NULL;

	if (len > GLOB_MAX)
		return false;
	plain = xstrndup(glob, len > 1 && glob[len - 1] == '/' ? len - 1 : len);
	if (strncmp(plain, "./", 2) == 0)
		return whole_path_matches(plain + 2, path);
	if (*plain == '/')
		return whole_path_matches(plain + 1, path);
	return strchr(plain, '/') ? whole_path_matches(plain, path) : any_name_matches(plain, path);
}

static bool globs_match(const struct config_globs *globs, const char *path)
{
	for (size_t i = 0; i < globs->list.len; i++)
		if (config_glob_matches(globs->list.items[i], path))
			return true;
	return false;
}

/* ---- where a file stands ---------------------------------------------------- */

/* The real path of the folder of a file; for "-" and what does not exist the current folder. */
static char *real_folder(const char *file)
{
	CLEANUP(freep) char *folder = path_folder(file);
	char *real = realpath(folder, NULL);

	return real ? real : realpath(".", NULL);
}

/* The path of file below the folder of config; the name alone when it is elsewhere. */
static char *relative_path(const struct config_file *config, const char *file)
{
	CLEANUP(freep) char *folder = real_folder(file);
	size_t len = strlen(config->folder);

	len -= len > 0 && config->folder[len - 1] == '/';
	if (!folder || strncmp(folder, config->folder, len) != 0)
		return xstrdup(path_name(file));
	if (folder[len] == '/' && folder[len + 1])
		return path_join(folder + len + 1, path_name(file));
	return xstrdup(path_name(file));
}

bool config_ignores(const struct config_file *config, const char *file)
{
	CLEANUP(freep) char *path = config ? relative_path(config, file) : NULL;

	return config && globs_match(&config->ignore, path);
}

/* ---- what holds for a file -------------------------------------------------- */

static void add_overrides(struct lint_options *ret, const struct severity_override *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*vec_add(&ret->overrides) = list[i];
}

static void apply_config(const struct config_file *config, const char *file, struct lint_options *ret)
{
	CLEANUP(freep) char *path = relative_path(config, file);

	add_overrides(ret, config->rules.items, config->rules.len);
	for (size_t i = 0; i < config->overrides.len; i++)
		if (globs_match(&config->overrides.items[i].paths, path))
			add_overrides(ret, config->overrides.items[i].rules.items, config->overrides.items[i].rules.len);
	if (!ret->target)
		ret->target = config->target;
	if (!ret->arch)
		ret->arch = config->arch;
	if (ret->role == ROLE_ANY)
		ret->role = config->role;
	if (!ret->pkeyconfig)
		ret->pkeyconfig = config->pkeyconfig;
	for (int mode = 0; ret->template_mode == TEMPLATE_AUTO && config->template_name && template_names[mode]; mode++)
		if (strcmp(config->template_name, template_names[mode]) == 0)
			ret->template_mode = (enum template_mode)mode;
}

/* Windows SIM refuses what Setup passes over: other case, a wrong pass, list items without their marks. */
static void add_strict(struct lint_options *ret)
{
	static const char *const ids[] = { "UA118", "UA123", "UA202", "UA207", "UA215", "UA216" };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		*vec_add(&ret->overrides) = (struct severity_override){ rule_find(ids[i]), SEVERITY_ERROR };
}

void config_options(const struct config_file *config, const char *file, const struct lint_options *base,
		    struct lint_options *ret)
{
	*ret = *base;
	ret->overrides.items = NULL;
	ret->overrides.len = ret->overrides.cap = 0;
	ret->strict_wsim = base->strict_wsim || (config && config->has_strict_wsim && config->strict_wsim);
	if (ret->strict_wsim)
		add_strict(ret);
	if (config)
		apply_config(config, file, ret);
	add_overrides(ret, base->overrides.items, base->overrides.len);
}

void config_options_release(struct lint_options *options)
{
	vec_release(&options->overrides);
}

/* ---- finding the file ------------------------------------------------------- */

static void globs_release(struct config_globs *globs)
{
	for (size_t i = 0; i < globs->list.len; i++)
		free(globs->list.items[i]);
	vec_release(&globs->list);
}

void config_freep(struct config_file **config)
{
	struct config_file *c = *config;

	if (!c)
		return;
	for (size_t i = 0; i < c->overrides.len; i++) {
		globs_release(&c->overrides.items[i].paths);
		vec_release(&c->overrides.items[i].rules);
	}
	vec_release(&c->overrides);
	vec_release(&c->rules);
	globs_release(&c->ignore);
	pkey_config_freep(&c->pkeyconfig);
	free(c->pkeyconfig_path);
	free(c->path);
	free(c->folder);
	free(c);
	*config = NULL;
}

struct config_file *config_parse(const char *name, const char *folder, struct bytes text, struct err *err)
{
	struct config_file *config = xcalloc(1, sizeof(*config));

	config->path = xstrdup(name);
	config->folder = xstrdup(folder);
	if (config_yaml_read(name, text, config, err) < 0)
		config_freep(&config);
	return config;
}

static int load_pkeyconfig(struct config_file *config, struct err *err)
{
	CLEANUP(freep) char *path = NULL;

	if (!config->pkeyconfig_path)
		return 0;
	path = *config->pkeyconfig_path == '/' ? xstrdup(config->pkeyconfig_path) :
						 path_join(config->folder, config->pkeyconfig_path);
	config->pkeyconfig = pkey_config_load(path, err);
	return config->pkeyconfig ? 0 : err_context(err, "%s: pkeyconfig", config->path);
}

static struct config_file *load(const char *path, const char *folder, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	struct config_file *config;

	if (file_read_all(path, CONFIG_MAX_BYTES, &raw, err) < 0) {
		err_context(err, "%s", path);
		return NULL;
	}
	config = config_parse(path, folder, bytes_of(strbuf_text(&raw), raw.len), err);
	if (config && load_pkeyconfig(config, err) < 0)
		config_freep(&config);
	return config;
}

/* A folder may be reached from several others: each file is read once. */
static int load_once(struct config_set *set, const char *folder, const struct config_file **ret, struct err *err)
{
	CLEANUP(freep) char *path = path_join(folder, CONFIG_FILE_NAME);
	struct config_file *config;

	for (size_t i = 0; i < set->files.len; i++)
		if (strcmp(set->files.items[i]->folder, folder) == 0) {
			*ret = set->files.items[i];
			return 1;
		}
	if (!path_exists(path))
		return 0;
	config = load(path, folder, err);
	if (!config)
		return -1;
	*vec_add(&set->files) = config;
	*ret = config;
	return 1;
}

static int search_upwards(struct config_set *set, const char *start, const struct config_file **ret, struct err *err)
{
	CLEANUP(freep) char *folder = xstrdup(start);

	for (;;) {
		int found = load_once(set, folder, ret, err);
		char *slash = strrchr(folder, '/');

		if (found)
			return found < 0 ? -1 : 0;
		if (!slash || !folder[1])
			return 0;
		slash[slash == folder] = '\0';
	}
}

int config_set_find(struct config_set *set, const char *file, const struct config_file **ret, struct err *err)
{
	CLEANUP(freep) char *folder = real_folder(file);
	const struct config_file *found = NULL;

	*ret = NULL;
	if (!folder)
		return 0;
	for (size_t i = set->folders.len; i-- > 0;)
		if (strcmp(set->folders.items[i].folder, folder) == 0) {
			*ret = set->folders.items[i].config;
			return 0;
		}
	if (search_upwards(set, folder, &found, err) < 0)
		return -1;
	(void)vec_add(&set->folders);
	set->folders.items[set->folders.len - 1].folder = xstrdup(folder);
	set->folders.items[set->folders.len - 1].config = (struct config_file *)found;
	*ret = found;
	return 0;
}

void config_set_release(struct config_set *set)
{
	for (size_t i = 0; i < set->files.len; i++)
		config_freep(&set->files.items[i]);
	for (size_t i = 0; i < set->folders.len; i++)
		free(set->folders.items[i].folder);
	vec_release(&set->files);
	vec_release(&set->folders);
}
