/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What reglookup and regfexport print of a hive, compared line by line with the model: paths, times,
 * owners and classes of keys; names, types, sizes and (of types that they print as bytes) data of values.
 */
#pragma once

#include <stdio.h>
#include <time.h>

#include "tests/support/run_command.h"
#include "tests/unit/sysprep-lite/regf_raw.h"

struct outside {
	struct strbuf text; /* of the program */
	char *next;
	struct strbuf path;
};

static inline char *outside_line(struct outside *o)
{
	char *line = strsep(&o->next, "\n");

	if (!line)
		fail_msg("the program prints less than the model has, behind %s", strbuf_text(&o->path));
	return line;
}

static inline void outside_run(struct outside *o, const char *program, const char *path)
{
	*o = (struct outside){ 0 };
	(void)run_command(&o->text, "%s %s 2>/dev/null", program, path); /* odd data of a value make some of them fail at the end */
	for (size_t i = 0; i < o->text.len; i++)
		if (!o->text.data[i])
			o->text.data[i] = ' ';
	o->next = o->text.data;
}

static inline void outside_release(struct outside *o)
{
	strbuf_release(&o->text);
	strbuf_release(&o->path);
}

/* ---- reglookup ---- */

/* %XX in place; returns the length. */
static inline size_t outside_unquote(char *text)
{
	char *to = text;
	unsigned byte;

	for (const char *from = text; *from; to++)
		if (*from == '%' && sscanf(from + 1, "%2x", &byte) == 1) {
			*to = (char)byte;
			from += 3;
		} else {
			*to = *from++;
		}
	return (size_t)(to - text);
}

/* A name as reglookup prints it where only ASCII can be shown: else the bytes that are stored. */
static inline void outside_stored_name(const char *name, struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	bool narrow = true;

	(void)text_to_utf16le(name, strlen(name), &units, NULL);
	for (size_t i = 0; i < units.len; i += 2)
		narrow &= units.data[i + 1] == 0;
	for (size_t i = 0; i < units.len; i += narrow ? 2 : 1)
		strbuf_addc(ret, units.data[i]);
}

static inline void outside_field_is(struct outside *o, char **line, const void *expect, size_t len, const char *what)
{
	char *field = strsep(line, ",");
	size_t got = field ? outside_unquote(field) : 0;

	if (!field || got != len || memcmp(field, expect, len) != 0)
		fail_msg("reglookup: %s of %s differs: '%.80s' is not '%.80s'", what, strbuf_text(&o->path),
			 field ? field : "", (const char *)expect);
}

static inline void outside_text_is(struct outside *o, char **line, const char *expect, const char *what)
{
	outside_field_is(o, line, expect, strlen(expect), what);
}

static inline void outside_reglookup_value(struct outside *o, const struct model_value *value)
{
	static const char *const types[] = { "NONE", "SZ", "EXPAND_SZ", "BINARY", "DWORD", "DWORD_BE", "LINK",
					     "MULTI_SZ", "RSRC_LIST", "RSRC_DESC", "RSRC_REQ_LIST", "QWORD" };
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	char *line = outside_line(o);

	strbuf_add(&path, o->path.len ? o->path.data : "/", MAX(o->path.len, 1));
	strbuf_addc(&path, '/');
	outside_stored_name(value->name, &path);
	outside_field_is(o, &line, path.data, path.len, "the name of a value");
	outside_text_is(o, &line, types[value->type], "the type of a value");
	if (value->type == 3 && value->len > 0 && value->len <= 16344) /* longer data it puts together in the order of the file, not of the list */
		outside_field_is(o, &line, value->data, value->len, "the data of a value");
}

static inline void outside_reglookup_key(struct outside *o, const struct model_key *key, const struct model_key *root)
{
	size_t len = o->path.len;
	char *line = outside_line(o);
	char when[32], owner[32];
	time_t seconds = (time_t)(key->time / 10000000 - 11644473600ULL);
	struct tm tm;

	if (key->parent) {
		strbuf_addc(&o->path, '/');
		outside_stored_name(key->name, &o->path);
	}
	outside_field_is(o, &line, key->parent ? o->path.data : "/", key->parent ? o->path.len : 1, "the path");
	outside_text_is(o, &line, "KEY", "the type");
	(void)strsep(&line, ",");
	(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", gmtime_r(&seconds, &tm));
	if (key->time)
		outside_text_is(o, &line, when, "the time");
	else
		(void)strsep(&line, ",");
	if (root->descriptors.len) {
		(void)snprintf(owner, sizeof(owner), "S-1-5-32-%u", 544 + key->security);
		outside_text_is(o, &line, owner, "the owner");
		outside_text_is(o, &line, owner, "the group");
		(void)strsep(&line, ",");
		(void)strsep(&line, ",");
		if (!key->class || (uint8_t)*key->class < 0x80)
			outside_text_is(o, &line, key->class ? key->class : "", "the class");
	}
	for (size_t i = 0; i < key->values.len; i++)
		outside_reglookup_value(o, &key->values.items[i]);
	for (size_t i = 0; i < key->children.len; i++)
		outside_reglookup_key(o, key->children.items[i], root);
	o->path.len = len;
	if (o->path.data)
		o->path.data[len] = '\0';
}

static inline void assert_reglookup(const char *path, const struct model_key *root)
{
	struct outside o;

	outside_run(&o, "TZ=UTC reglookup -s -H", path);
	outside_reglookup_key(&o, root, root);
	if (o.next && *o.next)
		fail_msg("reglookup prints more: %s", o.next);
	outside_release(&o);
}

/* ---- regfexport ---- */

static inline void outside_line_is(struct outside *o, const char *expect)
{
	const char *line = outside_line(o);

	if (strcmp(line, expect) != 0)
		fail_msg("regfexport prints '%s', expected '%s'", line, expect);
}

static inline void outside_dump_is(struct outside *o, const struct model_value *value)
{
	for (size_t at = 0; at < value->len; at += 16) {
		char *line = outside_line(o), *end;

		assert_int_equal(strtoul(line, &end, 16), at);
		assert_int_equal(*end++, ':');
		for (size_t i = at; i < MIN(at + 16, value->len); i++)
			if (strtoul(end, &end, 16) != value->data[i])
				fail_msg("regfexport: data of %s differ at %zu", value->name, i);
	}
}

static inline bool outside_begins(const struct outside *o, const char *text)
{
	return o->next && strncmp(o->next, text, strlen(text)) == 0;
}

/* What a value of another type than binary is printed as is up to the program. */
static inline void outside_skip_data(struct outside *o)
{
	while (o->next && !outside_begins(o, "Value: ") && !outside_begins(o, "Key path: "))
		(void)outside_line(o);
}

static inline void outside_regfexport_value(struct outside *o, const struct model_value *value, size_t i)
{
	CLEANUP(freep) char *head = xasprintf("Value: %zu %s", i, *value->name ? value->name : "(default)");
	CLEANUP(freep) char *size = xasprintf("Data size: %zu", value->len);
	const char *type;

	outside_line_is(o, head);
	type = outside_line(o);
	if (value->type == 3 && !strstr(type, "(REG_BINARY)"))
		fail_msg("regfexport: %s is of '%s'", value->name, type);
	if (value->type == 3)
		outside_line_is(o, size); /* of texts it tells the length that they should have */
	if (value->type == 3 && value->len > 4) { /* it misreads data that lie in the value itself */
		outside_line_is(o, "Data:");
		outside_dump_is(o, value);
	}
	outside_skip_data(o);
}

static inline void outside_regfexport_key(struct outside *o, const struct model_key *key)
{
	size_t len = o->path.len;

	if (key->parent)
		strbuf_addc(&o->path, '\\');
	strbuf_adds(&o->path, key->name);
	{
		CLEANUP(freep) char *path = xasprintf("Key path: %s", o->path.data);
		CLEANUP(freep) char *name = xasprintf("Key: %s", key->name);

		outside_line_is(o, path);
		outside_line_is(o, name);
	}
	while (o->next && !outside_begins(o, "Value: ") && !outside_begins(o, "Key path: "))
		(void)outside_line(o); /* class, time */
	for (size_t i = 0; i < key->values.len; i++)
		outside_regfexport_value(o, &key->values.items[i], i);
	for (size_t i = 0; i < key->children.len; i++)
		outside_regfexport_key(o, key->children.items[i]);
	o->path.len = len;
	o->path.data[len] = '\0';
}

static inline void assert_regfexport(const char *path, const struct model_key *root)
{
	struct outside o;

	outside_run(&o, getenv("REGFEXPORT") ? getenv("REGFEXPORT") : "regfexport", path);
	(void)outside_line(&o); /* its version */
	outside_line_is(&o, "");
	outside_regfexport_key(&o, root);
	outside_release(&o);
}
