/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A startup script of the local Group Policy: Machine\Scripts\scripts.ini names it,
 * gpt.ini names the extension that runs scripts and carries a version that must rise.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/rearm.h"

#define INI_MAX (4u << 20)
#define BACKUP "scripts.ini.goldwim"

/* Client-side extension "Scripts" and its startup part. */
#define SCRIPTS_EXTENSION "{42B5FAAE-6536-11D2-AE5A-0000F87571E3}"
#define SCRIPTS_ENTRY "[" SCRIPTS_EXTENSION "{40B6664F-4972-11D1-A7CA-0000F87571E3}]"

/* The old scripts.ini comes back, or goes when there was none. */
#define CLEAN_UP                                                                                   \
	"attrib -h \"%~dp0..\\scripts.ini\"\r\n"                                                   \
	"if exist \"%~dp0..\\" BACKUP "\" (\r\n"                                                   \
	"\tmove /y \"%~dp0..\\" BACKUP "\" \"%~dp0..\\scripts.ini\" >nul\r\n"                      \
	") else (\r\n"                                                                             \
	"\tdel \"%~dp0..\\scripts.ini\"\r\n"                                                       \
	")\r\n"

/* Start of the line behind at. */
static const char *next_line(const char *at)
{
	at += strcspn(at, "\n");
	return *at ? at + 1 : at;
}

/* The first line behind "[section]", or NULL. */
static const char *find_section(const char *text, const char *section)
{
	for (const char *at = text; *at; at = next_line(at)) {
		const char *p = at + strspn(at, " \t");

		if (*p == '[' && strncasecmp(p + 1, section, strlen(section)) == 0 && p[1 + strlen(section)] == ']')
			return next_line(at);
	}
	return NULL;
}

/* The line "key=..." of the section that begins at at, or NULL; *end is where the section's last text ends. */
static const char *find_key(const char *at, const char *key, const char **end)
{
	const char *found = NULL;
	size_t len = strlen(key);

	*end = at;
	for (; *at; at = next_line(at)) {
		const char *p = at + strspn(at, " \t");

		if (*p == '[')
			break;
		if (*p != '\r' && *p != '\n' && *p)
			*end = next_line(at);
		if (!found && strncasecmp(p, key, len) == 0 && p[len + strspn(p + len, " \t")] == '=')
			found = at;
	}
	return found;
}

static void end_line(struct strbuf *ret)
{
	if (ret->len && ret->data[ret->len - 1] != '\n')
		strbuf_adds(ret, "\r\n");
}

void policy_scripts_ini(const char *old, struct strbuf *ret)
{
	const char *section = find_section(old, "Startup");
	const char *end;
	char key[32];
	unsigned number = 0;

	if (strcasestr(old, REARM_SCRIPT)) {
		strbuf_adds(ret, old);
		return;
	}
	if (!section) {
		strbuf_adds(ret, old);
		end_line(ret);
		strbuf_adds(ret, "[Startup]\r\n0CmdLine=" REARM_SCRIPT "\r\n0Parameters=\r\n");
		return;
	}
	do
		snprintf(key, sizeof(key), "%uCmdLine", number++);
	while (number < 10000 && find_key(section, key, &end));
	strbuf_add(ret, old, (size_t)(end - old));
	end_line(ret);
	strbuf_addf(ret, "%uCmdLine=" REARM_SCRIPT "\r\n%uParameters=\r\n", number - 1, number - 1);
	strbuf_adds(ret, end);
}

/* Windows keeps the entries in the order of their GUIDs. */
static void add_extension(const char *value, size_t len, struct strbuf *ret)
{
	size_t at = 0;

	while (at < len && value[at] == '[' && strncasecmp(value + at + 1, SCRIPTS_EXTENSION, GUID_BRACED_LEN) < 0) {
		const char *close = memchr(value + at, ']', len - at);

		at = close ? (size_t)(close - value) + 1 : len;
	}
	strbuf_add(ret, value, at);
	strbuf_adds(ret, SCRIPTS_ENTRY);
	strbuf_add(ret, value + at, len - at);
}

static const char *value_of(const char *line, size_t *len)
{
	const char *value = line + strcspn(line, "=\n");

	if (*value == '=')
		value++;
	*len = strcspn(value, "\r\n");
	return value;
}

/* The low word of Version counts the changes of the machine part. */
static void add_line(const char *line, const char *extensions, const char *version, struct strbuf *ret)
{
	size_t len;
	const char *value = value_of(line, &len);
	unsigned long number;

	if (line != extensions && line != version) {
		strbuf_add(ret, line, (size_t)(next_line(line) - line));
		return;
	}
	strbuf_add(ret, line, (size_t)(value - line));
	if (line == version) {
		number = strtoul(value, NULL, 10);
		strbuf_addf(ret, "%lu", (number & 0xffff0000ul) | ((number + 1) & 0xffffu));
	} else if (memmem(value, len, SCRIPTS_EXTENSION, GUID_BRACED_LEN)) {
		strbuf_add(ret, value, len);
	} else {
		add_extension(value, len, ret);
	}
	strbuf_add(ret, value + len, (size_t)(next_line(line) - (value + len)));
}

void policy_gpt_ini(const char *old, struct strbuf *ret)
{
	const char *section = find_section(old, "General");
	const char *extensions, *version, *end;

	if (!section) {
		strbuf_adds(ret, "[General]\r\ngPCMachineExtensionNames=" SCRIPTS_ENTRY "\r\nVersion=1\r\n");
		strbuf_adds(ret, old);
		return;
	}
	extensions = find_key(section, "gPCMachineExtensionNames", &end);
	version = find_key(section, "Version", &end);
	for (const char *at = old; *at; at = next_line(at)) {
		add_line(at, extensions, version, ret);
		if (next_line(at) != end)
			continue;
		end_line(ret);
		if (!extensions)
			strbuf_adds(ret, "gPCMachineExtensionNames=" SCRIPTS_ENTRY "\r\n");
		if (!version)
			strbuf_adds(ret, "Version=1\r\n");
	}
}

struct ini {
	struct strbuf bytes; /* as in the file */
	struct strbuf text;
	bool is_utf16;
};

static int read_ini(struct winroot *root, const char *path, struct ini *ret, struct err *err)
{
	struct target *target = winroot_target(root);

	if (!target_has(target, path))
		return 0;
	if (target_read(target, path, INI_MAX, &ret->bytes, err) < 0)
		return -1;
	ret->is_utf16 = ret->bytes.len >= 2 && memcmp(ret->bytes.data, "\xff\xfe", 2) == 0;
	if (ret->is_utf16)
		utf16le_to_text(bytes_of(ret->bytes.data + 2, ret->bytes.len - 2), &ret->text);
	else
		strbuf_add(&ret->text, ret->bytes.data, ret->bytes.len);
	if (strlen(strbuf_text(&ret->text)) != ret->text.len)
		return err_set(err, ERR_UNSUPPORTED, "%s: not a text file", path);
	return 0;
}

static void release_ini(struct ini *ini)
{
	strbuf_release(&ini->bytes);
	strbuf_release(&ini->text);
}

static int plan_ini(struct plan *plan, struct winroot *root, const struct op_row *row, const char *path,
		    const struct strbuf *text, bool is_utf16, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;

	if (!is_utf16)
		return plan_add_file(plan, root, row, path, text->data, text->len, err);
	strbuf_add(&bytes, "\xff\xfe", 2);
	if (text_to_utf16le(text->data, text->len, &bytes, err) < 0)
		return err_context(err, "%s", path);
	return plan_add_file(plan, root, row, path, bytes.data, bytes.len, err);
}

static int plan_scripts_ini(struct plan *plan, struct winroot *root, const struct op_row *row, struct err *err)
{
	CLEANUP(release_ini) struct ini old = { 0 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(freep) char *path = winroot_path(root, POLICY_SCRIPTS "scripts.ini");
	CLEANUP(freep) char *backup = winroot_path(root, POLICY_SCRIPTS BACKUP);

	if (read_ini(root, path, &old, err) < 0)
		return -1;
	policy_scripts_ini(strbuf_text(&old.text), &text);
	if (old.bytes.len && strcmp(strbuf_text(&old.text), strbuf_text(&text)) != 0 &&
	    plan_add_file(plan, root, row, backup, old.bytes.data, old.bytes.len, err) < 0)
		return -1;
	return plan_ini(plan, root, row, path, &text, old.is_utf16 || !old.bytes.len, err);
}

static int plan_gpt_ini(struct plan *plan, struct winroot *root, const struct op_row *row, struct err *err)
{
	CLEANUP(release_ini) struct ini old = { 0 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(freep) char *path = winroot_path(root, POLICY "gpt.ini");

	if (read_ini(root, path, &old, err) < 0)
		return -1;
	policy_gpt_ini(strbuf_text(&old.text), &text);
	return plan_ini(plan, root, row, path, &text, old.is_utf16, err);
}

int plan_startup_script(struct plan *plan, struct winroot *root, const struct op_row *row, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf script = STRBUF_INIT;
	CLEANUP(freep) char *path = winroot_path(root, POLICY_STARTUP REARM_SCRIPT);

	if (target_has(winroot_target(root), path))
		return 0;
	if (rearm_script(root, CLEAN_UP, &script, err) < 0 ||
	    plan_add_file(plan, root, row, path, script.data, script.len, err) < 0 ||
	    plan_scripts_ini(plan, root, row, err) < 0)
		return -1;
	return plan_gpt_ini(plan, root, row, err);
}
