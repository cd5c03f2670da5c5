/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/source_list.h"

#include <string.h>

#include "common/base/file.h"
#include "common/base/utf16.h"
#include "wimtool/words.h"

#define LIST_MAX (64u << 20)

void source_list_release(struct source_list *list)
{
	for (size_t i = 0; i < list->items.len; i++) {
		free(list->items.items[i].host_path);
		free(list->items.items[i].path);
	}
	vec_release(&list->items);
}

static int take_line(struct source_list *list, const char *at, const char *end, struct err *err)
{
	CLEANUP(words_release) struct words words = { .n = 0 };
	struct session_source *source;

	while (at < end && word_is_blank(*at))
		at++;
	if (at == end || *at == '#')
		return 0;
	if (words_split(at, end, &words, err) < 0)
		return -1;
	if (words.n > 2)
		return err_set(err, ERR_FORMAT, "wanted: SOURCE [TARGET]");
	source = vec_add(&list->items);
	source->host_path = xstrdup(words.items[0]);
	source->path = xstrdup(words.items[words.n - 1]);
	return 0;
}

static int read_lines(struct source_list *list, const struct strbuf *text, struct err *err)
{
	const char *at = strbuf_text(text), *end = at + text->len;

	for (unsigned line = 1; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (take_line(list, at, newline ? newline : end, err) < 0)
			return err_context(err, "line %u", line);
		at = newline ? newline + 1 : end;
	}
	return list->items.len ? 0 : err_set(err, ERR_FORMAT, "names no files");
}

int source_list_read(const char *path, struct source_list *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct bytes bytes;

	if (file_read_all(path, LIST_MAX, &raw, err) < 0)
		return err_context(err, "%s", path);
	bytes = bytes_of(strbuf_text(&raw), raw.len);
	if (bytes_equal(bytes, 0, "\xff\xfe", 2))
		utf16le_to_text(bytes_from(bytes, 2), &text);
	else if (bytes_equal(bytes, 0, "\xef\xbb\xbf", 3))
		strbuf_add(&text, raw.data + 3, raw.len - 3);
	else
		strbuf_add(&text, raw.data, raw.len);
	return read_lines(ret, &text, err) < 0 ? err_context(err, "%s", path) : 0;
}
