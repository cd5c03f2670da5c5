/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/glob.h"

#include <string.h>

#include "common/base/guid.h"
#include "common/base/utf16.h"

#define GUID_TOKEN "<GUID>"

/* Length in bytes of the UTF-8 character at s. */
static size_t char_len(const char *s)
{
	size_t n = 1;

	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static bool starts_with_guid(const char *name)
{
	struct guid guid;

	return name[0] == '{' && strnlen(name, GUID_BRACED_LEN) == GUID_BRACED_LEN && guid_parse(name + 1, &guid) &&
	       name[GUID_BRACED_LEN - 1] == '}';
}

/* How many bytes of pattern and name one step takes; false when the step does not match. */
static bool match_step(const char *pattern, const char *name, size_t *pattern_len, size_t *name_len)
{
	if (strncmp(pattern, GUID_TOKEN, strlen(GUID_TOKEN)) == 0) {
		*pattern_len = strlen(GUID_TOKEN);
		*name_len = GUID_BRACED_LEN;
		return starts_with_guid(name);
	}
	if (!*name)
		return false;
	*pattern_len = char_len(pattern);
	*name_len = char_len(name);
	return *pattern == '?' || text_compare_nocase(pattern, *pattern_len, name, *name_len) == 0;
}

/* Iterative, with one point to come back to, so that hostile names cost no more than pattern times name. */
static bool match_span(const char *pattern, size_t len, const char *name)
{
	const char *end = pattern + len;
	const char *star = NULL;
	const char *star_name = NULL;

	while (*name || pattern < end) {
		size_t p = 0, n = 0;

		if (pattern < end && *pattern == '*') {
			star = ++pattern;
			star_name = name;
			continue;
		}
		if (pattern < end && match_step(pattern, name, &p, &n)) {
			pattern += p;
			name += n;
			continue;
		}
		if (!star || !*star_name)
			return false;
		star_name += char_len(star_name);
		name = star_name;
		pattern = star;
	}
	return true;
}

bool glob_match(const char *pattern, const char *name)
{
	return match_span(pattern, strlen(pattern), name);
}

bool glob_match_list(const char *list, const char *name)
{
	for (;;) {
		size_t len = strcspn(list, "|");

		if (match_span(list, len, name))
			return true;
		if (!list[len])
			return false;
		list += len + 1;
	}
}

const char *glob_next_part(const char *pattern, struct strbuf *ret)
{
	size_t len = strcspn(pattern, "\\");

	strbuf_clear(ret);
	strbuf_add(ret, pattern, len);
	return pattern[len] ? pattern + len + 1 : NULL;
}

bool glob_is_wild(const char *part)
{
	return strpbrk(part, "*?<") != NULL;
}

static bool match_parts(const char *pattern, const char *path, unsigned depth)
{
	CLEANUP(strbuf_release) struct strbuf part = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	const char *rest;

	if (!pattern || !*pattern)
		return !path || !*path;
	if (depth > GLOB_DEPTH_MAX)
		return false;
	rest = glob_next_part(pattern, &part);
	if (strcmp(strbuf_text(&part), "**") == 0) {
		for (; path && *path; path = glob_next_part(path, &name))
			if (match_parts(rest, path, depth + 1))
				return true;
		return match_parts(rest, NULL, depth + 1);
	}
	if (!path || !*path)
		return false;
	path = glob_next_part(path, &name);
	return glob_match(strbuf_text(&part), strbuf_text(&name)) && match_parts(rest, path, depth + 1);
}

bool glob_match_path(const char *pattern, const char *path)
{
	return match_parts(pattern, path, 0);
}
