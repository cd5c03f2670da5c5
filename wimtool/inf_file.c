/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/inf_file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/utf16.h"

#define VALUE_MAX_LEN 1024

/* A line at a time, without blanks around it and without its comment. */
struct lines {
	const char *at, *end;
};

static bool next_line(struct lines *lines, const char **ret, size_t *ret_len)
{
	const char *start = lines->at, *stop;
	bool quoted = false;

	if (start >= lines->end)
		return false;
	stop = memchr(start, '\n', (size_t)(lines->end - start));
	if (!stop)
		stop = lines->end;
	lines->at = stop + 1;
	for (const char *c = start; c < stop; c++) {
		quoted ^= *c == '"';
		if (*c == ';' && !quoted)
			stop = c;
	}
	while (start < stop && (*start == ' ' || *start == '\t'))
		start++;
	while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
		stop--;
	*ret = start;
	*ret_len = (size_t)(stop - start);
	return true;
}

static bool is_section(const char *line, size_t len, const char *name)
{
	return len == strlen(name) + 2 && line[0] == '[' && line[len - 1] == ']' &&
	       strncasecmp(line + 1, name, len - 2) == 0;
}

/* "Key = value": the value without quotes around it. */
static bool take_value(const char *line, size_t len, const char *key, char **ret)
{
	size_t key_len = strlen(key);
	const char *value = line + key_len, *end = line + len;

	if (len <= key_len || strncasecmp(line, key, key_len) != 0)
		return false;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	if (value == end || *value++ != '=')
		return false;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	if (end - value >= 2 && *value == '"' && end[-1] == '"') {
		value++;
		end--;
	}
	free(*ret);
	*ret = xstrndup(value, MIN((size_t)(end - value), (size_t)VALUE_MAX_LEN));
	return true;
}

/* The value of a key in a section; NULL when there is none. */
static char *find(const struct strbuf *text, const char *section, const char *key)
{
	struct lines lines = { .at = strbuf_text(text), .end = strbuf_text(text) + text->len };
	bool inside = false;
	const char *line;
	char *ret = NULL;
	size_t len;

	while (next_line(&lines, &line, &len)) {
		if (len && *line == '[')
			inside = is_section(line, len, section);
		else if (inside && take_value(line, len, key, &ret))
			return ret;
	}
	return NULL;
}

/* %Name% becomes what [Strings] says of it; once only, so that nothing can go round. */
static char *resolve(const struct strbuf *text, char *value)
{
	size_t len = value ? strlen(value) : 0;
	char *string;

	if (len < 3 || value[0] != '%' || value[len - 1] != '%')
		return value;
	value[len - 1] = '\0';
	string = find(text, "Strings", value + 1);
	value[len - 1] = '%';
	if (!string)
		return value;
	free(value);
	return string;
}

static void decode(struct bytes raw, struct strbuf *ret)
{
	if (bytes_equal(raw, 0, "\xff\xfe", 2)) {
		utf16le_to_text(bytes_from(raw, 2), ret);
		return;
	}
	if (bytes_equal(raw, 0, "\xef\xbb\xbf", 3))
		raw = bytes_from(raw, 3);
	if (text_is_utf8((const char *)raw.data, raw.len)) {
		strbuf_add(ret, raw.data, raw.len);
		return;
	}
	for (size_t i = 0; i < raw.len; i++) /* Latin-1 is near enough for names */
		strbuf_add_codepoint(ret, raw.data[i]);
}

bool inf_version_read(struct bytes raw, struct inf_version *ret)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	char *comma, *driver;

	*ret = (struct inf_version){ .provider = NULL };
	decode(raw, &text);
	ret->provider = resolve(&text, find(&text, "Version", "Provider"));
	ret->class_name = resolve(&text, find(&text, "Version", "Class"));
	ret->class_guid = find(&text, "Version", "ClassGuid");
	ret->catalog = find(&text, "Version", "CatalogFile");
	driver = find(&text, "Version", "DriverVer");
	comma = driver ? strchr(driver, ',') : NULL;
	if (comma) {
		ret->version = xstrdup(comma + 1 + strspn(comma + 1, " \t"));
		driver[strcspn(driver, " \t,")] = '\0';
	}
	ret->date = driver;
	return ret->provider || ret->class_name || ret->date;
}

void inf_version_release(struct inf_version *version)
{
	free(version->provider);
	free(version->class_name);
	free(version->class_guid);
	free(version->catalog);
	free(version->date);
	free(version->version);
	*version = (struct inf_version){ .provider = NULL };
}
