/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/capture_config.h"

#include <string.h>
#include <strings.h>

#include "common/base/file.h"
#include "common/base/utf16.h"
#include "common/image/wim_metadata.h"

#define CONFIG_MAX (4u << 20)

enum section { SECTION_NONE, SECTION_EXCLUSIONS, SECTION_EXCEPTIONS, SECTION_OTHER };

static const char *const usual[] = {
	"/$ntfs.log", "/hiberfil.sys", "/pagefile.sys", "/swapfile.sys", "/System Volume Information",
	"/RECYCLER", "/$RECYCLE.BIN", "/$Recycle.Bin", "/Windows/CSC",
};

void capture_config_usual(struct capture_config *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		*vec_add(&ret->exclusions) = xstrdup(usual[i]);
}

void capture_config_release(struct capture_config *config)
{
	for (size_t i = 0; i < config->exclusions.len; i++)
		free(config->exclusions.items[i]);
	for (size_t i = 0; i < config->exceptions.len; i++)
		free(config->exceptions.items[i]);
	vec_release(&config->exclusions);
	vec_release(&config->exceptions);
}

/* ---- reading ---- */

static enum section find_section(const char *name)
{
	static const struct {
		const char *name;
		enum section section;
	} rows[] = {
		{ "[ExclusionList]", SECTION_EXCLUSIONS },
		{ "[ExclusionException]", SECTION_EXCEPTIONS },
		{ "[CompressionExclusionList]", SECTION_OTHER },
		{ "[CompressionFolderList]", SECTION_OTHER },
		{ "[AlignmentList]", SECTION_OTHER },
		{ "[PrepopulateList]", SECTION_OTHER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcasecmp(rows[i].name, name) == 0)
			return rows[i].section;
	return SECTION_NONE;
}

/* Without quotes and drive letter, with / and without one at the end. */
static char *clean_pattern(const char *text, size_t len)
{
	char *pattern;

	if (len >= 2 && (*text == '"' || *text == '\'') && text[len - 1] == *text) {
		text++;
		len -= 2;
	}
	if (len > 2 && text[1] == ':' && (text[2] == '\\' || text[2] == '/')) {
		text += 2;
		len -= 2;
	}
	pattern = xstrndup(text, len);
	for (char *p = pattern; *p; p++)
		if (*p == '\\')
			*p = '/';
	for (len = strlen(pattern); len > 1 && pattern[len - 1] == '/'; len--)
		pattern[len - 1] = '\0';
	return pattern;
}

static int take_line(struct capture_config *config, enum section *section, const char *line, size_t len,
		     struct err *err)
{
	while (len && strchr(" \t\r", line[len - 1]))
		len--;
	while (len && strchr(" \t", *line)) {
		line++;
		len--;
	}
	if (!len || *line == '#' || *line == ';')
		return 0;
	if (memchr(line, '\0', len))
		return err_set(err, ERR_FORMAT, "there is a NUL character");
	if (*line == '[') {
		CLEANUP(freep) char *name = xstrndup(line, len);

		*section = find_section(name);
		if (*section == SECTION_NONE)
			return err_set(err, ERR_FORMAT, "unknown section %.100s", name);
		return 0;
	}
	if (*section == SECTION_NONE)
		return err_set(err, ERR_FORMAT, "a pattern before the first section");
	if (*section == SECTION_EXCLUSIONS)
		*vec_add(&config->exclusions) = clean_pattern(line, len);
	else if (*section == SECTION_EXCEPTIONS)
		*vec_add(&config->exceptions) = clean_pattern(line, len);
	return 0;
}

int capture_config_parse(struct bytes text, struct capture_config *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf utf8 = STRBUF_INIT;
	enum section section = SECTION_NONE;
	const char *at, *end;
	unsigned line = 1;

	if (bytes_equal(text, 0, "\xff\xfe", 2))
		utf16le_to_text(bytes_from(text, 2), &utf8);
	else if (bytes_equal(text, 0, "\xef\xbb\xbf", 3))
		strbuf_add(&utf8, text.data + 3, text.len - 3);
	else
		strbuf_add(&utf8, text.data, text.len);
	at = strbuf_text(&utf8);
	end = at + utf8.len;
	for (; at < end; line++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);

		if (take_line(ret, &section, at, len, err) < 0)
			return err_context(err, "line %u", line);
		at += len + 1;
	}
	return 0;
}

int capture_config_load(const char *path, struct capture_config *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	ret->exact = wim_has_exact_names();
	if (!path) {
		capture_config_usual(ret);
		return 0;
	}
	if (strcmp(path, "/dev/null") == 0) /* nothing is left out */
		return 0;
	if (file_read_all(path, CONFIG_MAX, &text, err) < 0 ||
	    capture_config_parse(bytes_of(strbuf_text(&text), text.len), ret, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

/* ---- matching ---- */

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static bool same_letter(char a, char b, bool exact)
{
	return exact ? a == b : upper(a) == upper(b);
}

/* One part of a pattern against one part of a path: the last * is the only place to come back to. */
static bool match_part(const char *pattern, size_t pattern_len, const char *name, size_t name_len, bool exact)
{
	const char *pattern_end = pattern + pattern_len, *name_end = name + name_len;
	const char *star = NULL, *retry = NULL;

	while (name < name_end) {
		if (pattern < pattern_end && *pattern == '*') {
			star = ++pattern;
			retry = name;
		} else if (pattern < pattern_end && *pattern == '?') {
			uint32_t ignored;
			size_t len = text_codepoint(name, (size_t)(name_end - name), &ignored);

			name += len ? len : 1;
			pattern++;
		} else if (pattern < pattern_end && same_letter(*pattern, *name, exact)) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (pattern < pattern_end && *pattern == '*')
		pattern++;
	return pattern == pattern_end;
}

enum relation { UNRELATED, ABOVE, SAME, BELOW };

/* Where path lies as seen from an absolute pattern. */
static enum relation compare_paths(const char *pattern, const char *path, bool exact)
{
	for (;;) {
		size_t pattern_len, path_len;

		pattern += strspn(pattern, "/");
		path += strspn(path, "/");
		if (!*pattern)
			return *path ? BELOW : SAME;
		if (!*path)
			return ABOVE;
		pattern_len = strcspn(pattern, "/");
		path_len = strcspn(path, "/");
		if (!match_part(pattern, pattern_len, path, path_len, exact))
			return UNRELATED;
		pattern += pattern_len;
		path += path_len;
	}
}

/* Most patterns of a long list are told apart by their first letter. */
static bool begins_otherwise(const char *pattern, const char *text)
{
	return *pattern && *text && *pattern != '*' && *pattern != '?' && upper(*pattern) != upper(*text);
}

/* name is the last part of path. */
static enum relation relate(const char *pattern, const char *path, const char *name, bool exact)
{
	bool is_path = *pattern == '/' || strchr(pattern, '/');

	if (begins_otherwise(pattern + strspn(pattern, "/"), is_path ? path + strspn(path, "/") : name))
		return UNRELATED;
	if (is_path)
		return compare_paths(pattern, path, exact);
	return match_part(pattern, strlen(pattern), name, strlen(name), exact) ? SAME : UNRELATED;
}

enum capture_verdict capture_config_judge(const struct capture_config *config, const char *path,
					  enum capture_verdict parent)
{
	bool left = parent == CAPTURE_PASS, leads = false;
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (parent == CAPTURE_TAKE_ALL)
		return CAPTURE_TAKE_ALL;
	for (size_t i = 0; i < config->exclusions.len && !left; i++) {
		enum relation relation = relate(config->exclusions.items[i], path, name, config->exact);

		left = relation == SAME || relation == BELOW;
	}
	for (size_t i = 0; i < config->exceptions.len; i++) {
		enum relation relation = relate(config->exceptions.items[i], path, name, config->exact);

		if (relation == SAME || relation == BELOW)
			return CAPTURE_TAKE_ALL;
		leads = leads || relation == ABOVE;
	}
	if (!left)
		return CAPTURE_TAKE;
	return leads ? CAPTURE_PASS : CAPTURE_LEAVE;
}
