/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/hive_builder.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <hivex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/strbuf.h"
#include "common/base/utf16.h"
#include "common/base/vec.h"

/* A value larger than this needs a db record, which libhivex does not write. */
#define VALUE_MAX 16344
#define BASE_BLOCK 4096

struct value {
	char *name;
	hive_type type;
	struct strbuf data;
};

struct build {
	hive_h *hive;
	hive_node_h key;
	VEC(struct value) values; /* of the current section */
	unsigned line;
	struct err *err;
};

static void drop_values(struct build *b)
{
	for (size_t i = 0; i < b->values.len; i++) {
		free(b->values.items[i].name);
		strbuf_release(&b->values.items[i].data);
	}
	b->values.len = 0;
}

static int wrong(struct build *b, const char *what)
{
	return err_set(b->err, ERR_FORMAT, "line %u: %s", b->line, what);
}

/* One escape behind the backslash at *at; texts go on as WTF-8. */
static int read_escape(struct build *b, const char **at, struct strbuf *ret)
{
	char c = *(*at)++;
	char digits[5] = "";

	if (c == 'n')
		strbuf_addc(ret, '\n');
	else if (c == '\\' || c == '"')
		strbuf_addc(ret, c);
	else if (c == 'u' && strlen(*at) >= 4 && strspn(*at, "0123456789abcdefABCDEF") >= 4) {
		memcpy(digits, *at, 4);
		strbuf_add_codepoint(ret, (uint32_t)strtoul(digits, NULL, 16));
		*at += 4;
	} else
		return wrong(b, "unknown escape in a text");
	return 0;
}

/* A text in quotes; *at moves behind it. */
static int read_quoted(struct build *b, const char **at, struct strbuf *ret)
{
	if (*(*at)++ != '"')
		return wrong(b, "a text in quotes is expected");
	while (**at != '"') {
		if (**at == '\0')
			return wrong(b, "a text does not end");
		if (**at != '\\') {
			strbuf_addc(ret, *(*at)++);
			continue;
		}
		++*at;
		if (read_escape(b, at, ret) < 0)
			return -1;
	}
	++*at;
	return 0;
}

static int read_text(struct build *b, const char **at, struct strbuf *ret)
{
	struct strbuf text = STRBUF_INIT;
	int result = read_quoted(b, at, &text);

	if (result == 0)
		result = text_to_utf16le(strbuf_text(&text), text.len, ret, b->err);
	if (result == 0)
		strbuf_add(ret, "\0", 2);
	strbuf_release(&text);
	return result;
}

static int read_texts(struct build *b, const char **at, struct strbuf *ret)
{
	while (**at == '"') {
		if (read_text(b, at, ret) < 0)
			return -1;
		if (**at != ',')
			break;
		++*at;
	}
	strbuf_add(ret, "\0", 2);
	return 0;
}

static int read_number(struct build *b, const char **at, size_t size, struct strbuf *ret)
{
	char *end;
	uint8_t raw[8];

	errno = 0;
	store_le64(raw, strtoull(*at, &end, 16));
	if (end == *at || errno)
		return wrong(b, "a hexadecimal number is expected");
	strbuf_add(ret, raw, size);
	*at = end;
	return 0;
}

static int read_hex(struct build *b, const char **at, struct strbuf *ret)
{
	while (isxdigit((unsigned char)**at)) {
		char *end;
		unsigned long byte = strtoul(*at, &end, 16);

		if (byte > 0xff)
			return wrong(b, "a byte larger than ff");
		strbuf_addc(ret, (char)byte);
		*at = end;
		if (**at != ',')
			break;
		++*at;
	}
	return 0;
}

static bool skip_word(const char **at, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

static int read_typed_hex(struct build *b, const char **at, struct value *ret)
{
	char *end;

	ret->type = (hive_type)strtoul(*at, &end, 16);
	*at = end;
	if (!skip_word(at, "):"))
		return wrong(b, "hex(TYPE): is expected");
	return read_hex(b, at, &ret->data);
}

static int read_data(struct build *b, const char **at, struct value *ret)
{
	ret->type = hive_t_REG_SZ;
	if (skip_word(at, "sz:"))
		return read_text(b, at, &ret->data);
	ret->type = hive_t_REG_EXPAND_SZ;
	if (skip_word(at, "expand:"))
		return read_text(b, at, &ret->data);
	ret->type = hive_t_REG_MULTI_SZ;
	if (skip_word(at, "multi:"))
		return read_texts(b, at, &ret->data);
	ret->type = hive_t_REG_DWORD;
	if (skip_word(at, "dword:"))
		return read_number(b, at, 4, &ret->data);
	ret->type = hive_t_REG_QWORD;
	if (skip_word(at, "qword:"))
		return read_number(b, at, 8, &ret->data);
	ret->type = hive_t_REG_BINARY;
	if (skip_word(at, "hex:"))
		return read_hex(b, at, &ret->data);
	if (skip_word(at, "hex("))
		return read_typed_hex(b, at, ret);
	return wrong(b, "unknown type of value");
}

static int read_value(struct build *b, const char *at)
{
	struct strbuf name = STRBUF_INIT;
	struct value *value;

	if (*at == '@')
		at++;
	else if (read_quoted(b, &at, &name) < 0) {
		strbuf_release(&name);
		return -1;
	}
	value = vec_add(&b->values);
	value->name = xstrdup(strbuf_text(&name));
	strbuf_release(&name);
	if (*at++ != '=')
		return wrong(b, "'=' is expected behind the name");
	if (read_data(b, &at, value) < 0)
		return -1;
	if (*at != '\0')
		return wrong(b, "something stands behind the value");
	if (value->data.len > VALUE_MAX)
		return wrong(b, "value larger than 16344 bytes");
	return 0;
}

/* Values that the key has already stay unless they are named again. */
static int store_values(struct build *b)
{
	size_t n = b->values.len;
	hive_set_value *sets;
	int result;

	if (n == 0)
		return 0;
	sets = xcalloc(n, sizeof *sets);
	for (size_t i = 0; i < n; i++) {
		const struct value *v = &b->values.items[i];

		sets[i] = (hive_set_value){ v->name, v->type, v->data.len, (char *)(uintptr_t)strbuf_text(&v->data) };
	}
	result = 0;
	if (hivex_node_nr_values(b->hive, b->key) == 0)
		result = hivex_node_set_values(b->hive, b->key, n, sets, 0);
	else
		for (size_t i = 0; i < n && result == 0; i++)
			result = hivex_node_set_value(b->hive, b->key, &sets[i], 0);
	free(sets);
	drop_values(b);
	return result < 0 ? err_errno(b->err, errno, "line %u: values of the key above", b->line) : 0;
}

static int open_key(struct build *b, char *path)
{
	char *save = NULL;

	b->key = hivex_root(b->hive);
	for (char *name = strtok_r(path, "\\", &save); name; name = strtok_r(NULL, "\\", &save)) {
		hive_node_h child = hivex_node_get_child(b->hive, b->key, name);

		if (child == 0)
			child = hivex_node_add_child(b->hive, b->key, name);
		if (child == 0)
			return err_errno(b->err, errno, "line %u: key %s", b->line, name);
		b->key = child;
	}
	return 0;
}

static int read_section(struct build *b, char *line)
{
	char *end = strrchr(line, ']');

	if (!end)
		return wrong(b, "']' is missing");
	*end = '\0';
	for (const char *c = line + 1; *c; c++)
		if ((unsigned char)*c >= 0x80)
			return wrong(b, "key names must be ASCII");
	return store_values(b) < 0 ? -1 : open_key(b, line + 1);
}

static int read_line(struct build *b, char *line)
{
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return 0;
	if (*line == '[')
		return read_section(b, line);
	if (*line == '"' || *line == '@')
		return read_value(b, line);
	return wrong(b, "neither a key nor a value");
}

/* Takes one line, joined with those that a backslash at its end announces. */
static const char *take_line(struct build *b, const char *at, struct strbuf *ret)
{
	strbuf_clear(ret);
	for (bool more = true; more && *at;) {
		size_t len;

		at += ret->len ? strspn(at, " \t") : 0;
		len = strcspn(at, "\n");
		more = len > 0 && at[len - 1] == '\\' && at[0] != '[' && at[0] != '#';
		strbuf_add(ret, at, more ? len - 1 : len);
		at += len + (at[len] == '\n');
		b->line++;
	}
	while (ret->len && isspace((unsigned char)ret->data[ret->len - 1]))
		ret->data[--ret->len] = '\0';
	return at;
}

static int fill(struct build *b, const char *text)
{
	struct strbuf line = STRBUF_INIT;
	int result = 0;

	b->key = hivex_root(b->hive);
	while (*text && result == 0) {
		text = take_line(b, text, &line);
		if (line.len)
			result = read_line(b, line.data);
	}
	strbuf_release(&line);
	return result < 0 ? -1 : store_values(b);
}

static int spoil(const char *path, unsigned flags, struct err *err)
{
	uint8_t base[BASE_BLOCK];
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool good = fd >= 0 && pread(fd, base, sizeof base, 0) == BASE_BLOCK;

	if (good && flags & HIVE_DIRTY) {
		store_le32(base + 4, load_le32(base + 4) + 1);
		hive_store_checksum(base);
	}
	if (good && flags & HIVE_BAD_CHECKSUM)
		base[0x1fc] ^= 1;
	good = good && pwrite(fd, base, sizeof base, 0) == BASE_BLOCK;
	if (!good)
		err_errno(err, errno, "%s", path);
	if (fd >= 0)
		close(fd);
	return good ? 0 : -1;
}

int hive_build_as(const char *out_path, const char *spec_text, const struct hive_options *options, struct err *err)
{
	struct build b = { .err = err };
	int result;

	if (hive_build_empty(out_path, options, err) < 0)
		return -1;
	b.hive = hivex_open(out_path, HIVEX_OPEN_WRITE);
	if (!b.hive)
		return err_errno(err, errno, "%s", out_path);
	result = fill(&b, spec_text);
	if (result == 0 && hivex_commit(b.hive, NULL, 0) < 0)
		result = err_errno(err, errno, "%s", out_path);
	drop_values(&b);
	vec_release(&b.values);
	hivex_close(b.hive);
	if (result < 0)
		unlink(out_path);
	return result == 0 && options && options->flags ? spoil(out_path, options->flags, err) : result;
}

int hive_build(const char *out_path, const char *spec_text, struct err *err)
{
	return hive_build_as(out_path, spec_text, NULL, err);
}
